// A section with a table: what narrows it down, how many rows are left, and the table.

const CHOICES = 500; // of one list to choose from

/** A list to choose one value of a column from; `chosen()` is whether a row may stay. */
function facet(title, values, changed) {
  const counts = new Map();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  const known = [...counts.keys()].sort((a, b) => (a === null) - (b === null) || (a < b ? -1 : a > b ? 1 : 0));
  if (title === "severity") known.sort((a, b) => SEVERITIES.indexOf(a) - SEVERITIES.indexOf(b));
  const listed = known.slice(0, CHOICES);
  const element = make("select", "facet");
  element.setAttribute("aria-label", `Only rows of one ${title}`);
  element.append(new Option(`${title}: all`, ""));
  listed.forEach((value, i) => element.append(new Option(visible(`${short(value === null ? "(none)" : told(value), 60)} (${COUNT.format(counts.get(value))})`), i)));
  element.addEventListener("change", changed);
  return {
    element, useful: known.length > 1,
    fits: (row) => element.value === "" || values[row] === listed[element.value],
    set: (value) => { element.value = listed.includes(value) ? listed.indexOf(value) : ""; },
  };
}

/**
 * Fill a section. `facets` are names of columns, or [name, values]; `open` as for `grid`.
 *
 * Gives `search(words)`, which returns how many rows are left, `only(name, value)`, and the grid's
 * `mark` and `print`.
 */
function listing(section, thing, { columns, rows }, { facets = [], open, hint = "", paper }) {
  const table = grid(section.querySelector("h2").textContent, columns, rows, open);
  const count = make("output", "tally");
  let [wanted, haystack, left] = ["", null, rows.length];
  const choices = new Map(facets.flatMap((name) => {
    const [title, values] = Array.isArray(name) ? name : [name, rows.map((row) => row[columns.findIndex((column) => column.name === name)] ?? null)];
    const made = facet(title, values, () => narrow());
    return made.useful ? [[title, made]] : [];
  }));
  const clear = button("Show all", `Show all ${thing}s`, () => { for (const { set } of choices.values()) set(undefined); narrow(); });
  const bar = make("div", "narrow", "", ...[...choices.values()].map(({ element }) => element), clear, count);
  const onPaper = make("p", "on-paper");
  section.append(...(hint ? [make("p", "hint", hint)] : []), bar, table.element, onPaper);

  function narrow() {
    if (wanted) haystack ??= rows.map((row) => row.map((value, i) => told(value, columns[i].kind)).join("\n").toLowerCase());
    const found = [];
    for (let row = 0; row < rows.length; row += 1) {
      if (wanted && !haystack[row].includes(wanted)) continue;
      if ([...choices.values()].every(({ fits }) => fits(row))) found.push(row);
    }
    left = found.length;
    count.textContent = left === rows.length ? counted(left, thing) : `${COUNT.format(left)} of ${counted(rows.length, thing)}`;
    clear.hidden = [...choices.values()].every(({ element }) => element.value === "");
    table.show(found);
  }

  narrow();
  return {
    ...table,
    thing,
    search: (words) => {
      wanted = words;
      narrow();
      return left;
    },
    print: (yes) => {
      onPaper.textContent = left > paper ? `${paper ? `The first ${COUNT.format(paper)} are` : "None is"} printed; the page itself lists all.` : "";
      table.print(yes ? paper : null);
    },
    only: (name, value) => { choices.get(name)?.set(value); narrow(); },
  };
}
