// A table of any number of rows, of which only those in sight are on the page.

const ROW = 30; // pixels
const HEAD = 34;
const WIDTHS = { text: 220, category: 130, integer: 88, number: 104, flag: 72, time: 164 };
const WIDE = { severity: 96, code: 80, name: 150, status: 92, trust: 112, level: 64, alg: 76, task: 250, message: 310, place: 170, state: 80, iss: 240, exec_act: 172, draft: 70 };

/** Numbers of rows, sorted by a column; what is absent comes last, equal ones stay as they were. */
function ordered(numbers, rows, columns, { column, down }) {
  if (column === null) return numbers;
  const rank = columns[column].name === "severity" ? SEVERITIES : null;
  const key = (number) => {
    const value = rows[number][column] ?? null;
    return rank && value !== null ? rank.indexOf(value) : value;
  };
  const sign = down ? -1 : 1;
  return numbers.map((number) => [key(number), number]).sort(([a], [b]) => {
    if (a === null || b === null) return (a === null) - (b === null);
    if (typeof a !== typeof b) return sign * (typeof a === "number" ? -1 : 1);
    return sign * (a < b ? -1 : a > b ? 1 : 0);
  }).map(([, number]) => number);
}

/**
 * Show a table. `rows` are arrays of values, as many as there are `columns`; `open(number)` hears
 * which row was clicked, or chosen by Enter.
 *
 * Gives `element`, `show(numbers)` (the rows that are shown, before they are sorted), `mark(number)`
 * (the row that is open elsewhere) and `print(most)` (so many rows on the page, for paper; null: as usual).
 */
function grid(label, columns, rows, open) {
  let [numbers, order, sort, active, opened, printed] = [[], [], { column: null, down: false }, 0, null, null];
  const shown = new Map(); // position in `order` -> its row on the page
  const sizes = columns.map(({ name, kind }) => WIDE[name] ?? WIDTHS[kind] ?? WIDTHS.text);
  const wide = ["message", "iss", "place"].map((name) => columns.findIndex((column) => column.name === name)).find((i) => i >= 0) ?? columns.length - 1;

  const heads = columns.map((column, i) => {
    const act = button(column.name, "", () => arrange(i), "sort");
    act.title = visible(column.about);
    const head = make("th", `head ectgraph-${column.kind}`, "", act);
    head.setAttribute("role", "columnheader");
    head.scope = "col";
    return head;
  });
  const top = make("tr", "heads", "", ...heads);
  top.setAttribute("aria-rowindex", "1");
  const body = make("tbody");
  const element = make("table", "grid", "", make("thead", "", "", top), body);
  element.style.setProperty("--columns", sizes.map((size, i) => (i === wide ? `minmax(${size}px, 1fr)` : `${size}px`)).join(" "));
  element.style.minWidth = `${sizes.reduce((sum, size) => sum + size, 0)}px`;
  for (const [part, role] of [[element, "grid"], [body, "rowgroup"], [element.tHead, "rowgroup"], [top, "row"]]) part.setAttribute("role", role);
  element.setAttribute("aria-label", label);
  element.setAttribute("aria-colcount", columns.length);
  const nothing = make("p", "nothing", "Nothing here.");
  const scroller = make("div", "scroller", "", element, nothing);

  const sight = new virtual.Virtualizer({
    count: 0, overscan: 10, scrollPaddingEnd: HEAD,
    estimateSize: () => ROW, getScrollElement: () => scroller, onChange: () => draw(),
    observeElementRect: virtual.observeElementRect, observeElementOffset: virtual.observeElementOffset,
    scrollToFn: virtual.elementScroll,
  });
  sight._didMount();

  function line(index) {
    const number = order[index];
    const made = make("tr", "row", "", ...columns.map((column, i) => {
      const value = rows[number][i];
      const one = make("td", column.kind, "", cell(value, column));
      one.setAttribute("role", "gridcell");
      one.title = visible(column.kind === "time" && moment(value) ? `${told(value)} (seconds since 1970)` : told(value, column.kind));
      return one;
    }));
    made.setAttribute("role", "row");
    made.setAttribute("aria-rowindex", index + 2);
    made.dataset.index = index;
    made.style.setProperty("--top", `${index * ROW}px`);
    return made;
  }

  function draw() {
    const wanted = new Set(printed !== null ? order.slice(0, printed).keys() : sight.getVirtualItems().map((item) => item.index));
    if (order.length && printed === null) wanted.add(active); // it may have the focus
    for (const [index, row] of shown) {
      if (wanted.has(index)) continue;
      row.remove();
      shown.delete(index);
    }
    let next = body.firstElementChild; // rows are read aloud in their order
    for (const index of [...wanted].sort((a, b) => a - b)) {
      if (shown.has(index)) next = shown.get(index).nextElementSibling;
      else shown.set(index, body.insertBefore(line(index), next));
    }
    for (const [index, row] of shown) {
      row.tabIndex = index === active ? 0 : -1;
      row.setAttribute("aria-selected", order[index] === opened);
    }
  }

  function renew() {
    order = ordered(numbers, rows, columns, sort);
    active = 0;
    body.replaceChildren();
    shown.clear();
    body.style.setProperty("--height", `${order.length * ROW}px`);
    element.setAttribute("aria-rowcount", order.length + 1);
    nothing.hidden = order.length > 0;
    scroller.scrollTop = 0;
    scroller.style.height = `${Math.min(Math.max(order.length, 1), 16) * ROW + HEAD + 14}px`;
    sight.setOptions({ ...sight.options, count: order.length });
    sight._willUpdate();
    draw();
  }

  function arrange(column) {
    sort = sort.column !== column ? { column, down: false } : sort.down ? { column: null, down: false } : { column, down: true };
    for (const head of heads) head.removeAttribute("aria-sort");
    if (sort.column !== null) heads[column].setAttribute("aria-sort", sort.down ? "descending" : "ascending");
    renew();
  }

  function go(index, focus = true) {
    if (!order.length) return;
    active = Math.min(Math.max(index, 0), order.length - 1);
    sight.scrollToIndex(active);
    draw();
    if (focus) shown.get(active)?.focus({ preventScroll: true });
  }

  body.addEventListener("click", (event) => {
    const row = event.target.closest("[data-index]");
    if (!row || String(getSelection())) return; // somebody marks text
    go(Number(row.dataset.index));
    open(order[active]);
  });
  body.addEventListener("keydown", (event) => {
    const page = Math.max(1, Math.floor((scroller.clientHeight - HEAD) / ROW) - 1);
    const to = { ArrowDown: active + 1, ArrowUp: active - 1, PageDown: active + page, PageUp: active - page, Home: 0, End: order.length - 1 }[event.key];
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (to !== undefined) go(to);
    else if (event.key === "Enter" || event.key === " ") open(order[active], true);
    else return;
    event.preventDefault();
  });

  return {
    element: scroller,
    show: (found) => { numbers = found; renew(); },
    mark: (number) => { opened = number; draw(); },
    print: (most) => { printed = most; draw(); },
  };
}
