// The panel at the side: all that is known of one task, or of one finding.

const NEAR = 200; // parents or children that are listed
const SHAPES = { bad: "bad", doubt: "doubt", good: "good" };

/** What the panel shows; `go(place)` opens something else: `{ task }`, `{ finding }` or nothing. */
function panel(element, known, go) {
  const { tasks, findings } = known;
  let turn = 0; // details that come late are of another task

  function part(title, ...children) {
    return make("section", "part", "", make("h3", "", title), ...children);
  }

  function facts(pairs) {
    const list = make("dl", "facts");
    for (const [name, value, look = ""] of pairs) {
      if (value !== null && value !== undefined) list.append(make("dt", "", name), make("dd", look, "", ...[value].flat()));
    }
    return list;
  }

  const text = (value) => document.createTextNode(visible(String(value)));
  const plain = (pairs) => facts(pairs.filter(([, value]) => value !== null && value !== undefined && value !== "").map(([name, value, look]) => [name, text(value), look]));

  /** One finding: what it says, what to do, and what it rests on. */
  function findingPart(row, { alone = false } = {}) {
    const get = (name) => findings.get(row, name);
    const state = get("state") === "counts" ? "" : [get("state"), get("reason")].filter(Boolean).join(": ");
    const head = make("p", "finding-head", "", marked(get("severity")), make("code", "", `${get("code")}`), make("span", "", get("name")));
    const evidence = get("evidence");
    const more = make("details", "more", "", make("summary", "", "Rule, place, evidence"), plain([
      ["rule", known.rules[get("code")]?.doc], ["cites", get("cites")], ["place", get("place"), "mono"], ["fingerprint", get("fingerprint"), "mono"],
    ]), evidence && evidence !== "{}" ? make("pre", "json", "", document.createTextNode(lines(readable(evidence)))) : "");
    more.open = alone;
    return make("div", `finding ectgraph-${SHAPES[MARKS[get("severity")]?.[1]] ?? "remark"}-line`, "", head,
      make("p", "message", get("message")), make("p", "advice", get("advice") ?? ""), state ? make("p", "state", `Does not count: ${state}`) : "", more);
  }

  function near(title, rows) {
    if (!rows.length) return "";
    const items = rows.slice(0, NEAR).map((row) => {
      const worst = SEVERITIES.find((severity) => known.findingsOf[row].some((one) => findings.get(one, "severity") === severity && findings.get(one, "state") === "counts"));
      const one = button(taskWords(known, row), "", () => go({ task: row }), "walk");
      if (worst) one.append(" ", marked(worst));
      return make("li", "", "", one);
    });
    const more = rows.length > NEAR ? [make("li", "also", `and ${COUNT.format(rows.length - NEAR)} more`)] : [];
    return part(`${title} (${COUNT.format(rows.length)})`, make("ul", "near", "", ...items, ...more));
  }

  function recordParts(record, number, count) {
    const cut = new Set(record.cut ?? []);
    const claims = (of, values) => facts(Object.entries(values ?? {}).map(([name, value]) => [name,
      [...claim(name, value), cut.has(`${of}.${name}`) ? make("span", "also", "cut, or too large a number: this is its JSON text") : ""], "claim"]));
    const steps = (record.checks ?? []).map((step) => make("li", "", "", make("span", "number", String(step.number)), marked(step.outcome),
      make("span", "title", step.title), step.detail ? make("p", "also", step.detail) : ""));
    const passed = (record.checks ?? []).filter((step) => step.outcome === "passed").length;
    const names = Object.entries(record.entry ?? {}).filter(([, value]) => value !== null);
    return [
      ...(count > 1 ? [make("h3", "record", `Record ${number + 1} of ${COUNT.format(count)}: ${record.place}`)] : []),
      part("Claims", claims("claims", record.claims)),
      part(`Checks (${passed} of ${steps.length} passed)`, make("ol", "checks", "", ...steps)),
      part("Header", claims("header", record.header)),
      part("Record", plain([["trust", String(record.trust).replaceAll("_", " ")], ["source", record.source], ["line", record.line], ["index", record.index],
        ["offset", record.offset], ["length", record.length], ["SHA-256", record.sha256, "mono"]]),
      names.length ? claims("entry", Object.fromEntries(names)) : ""),
      make("details", "more", "", make("summary", "", "The record as it was found"), make("pre", "json", "", document.createTextNode(lines(record.raw ?? "")))),
    ];
  }

  function head(kind, title, states) {
    const close = button("×", "Close", () => go(null), "close");
    const name = make("h2", "", short(title, 80));
    name.id = "panel-title";
    element.setAttribute("aria-label", visible(`${kind}: ${short(title, 80)}`));
    return make("div", "panel-head", "", close, make("p", "kind", kind), name, make("p", "states", "", ...states));
  }

  async function showTask(row) {
    const mine = (turn += 1);
    const get = (name) => tasks.get(row, name);
    const status = get("status");
    const states = [get("trust") && marked(get("trust")), status !== "present" && marked(status), get("level") && make("span", "mark", `level ${get("level")}`)];
    const found = known.findingsOf[row];
    const when = moment(get("iat"));
    const rest = make("div", "rest", "Unpacking …");
    element.replaceChildren(
      head("Task", get("exec_act") ?? get("task"), states.filter(Boolean)),
      plain([["task", get("task"), "mono"], ["agent", get("iss"), "mono"], ["issued", get("iat") === null ? null : when ? `${when} UTC (iat ${get("iat")})` : `iat ${get("iat")}`], ["workflow", get("wid"), "mono"]]),
      found.length ? part(`Findings (${COUNT.format(found.length)})`, ...found.slice(0, NEAR).map((one) => findingPart(one))) : "",
      near("Parents", known.parents[row]), near("Children", known.children[row]), rest);
    open();
    const detail = await known.detail(row).catch(() => undefined);
    if (mine !== turn) return;
    const records = detail?.records ?? [];
    const more = detail?.more ? [make("p", "also", `and ${counted(detail.more, "record")} more, which this page leaves out`)] : [];
    const why = detail === undefined ? "The details could not be unpacked: this browser is too old." : "No record of this task is in the ledger: others name it as a parent.";
    rest.replaceChildren(...(records.length ? records.flatMap((record, i) => recordParts(record, i, records.length + (detail.more ?? 0))) : [make("p", "also", why)]), ...more);
  }

  function showFinding(row) {
    const task = findings.get(row, "task");
    turn += 1;
    element.replaceChildren(head("Finding", `${findings.get(row, "code")} ${findings.get(row, "name")}`, []),
      part("What was found", findingPart(row, { alone: true })),
      task === null ? make("p", "also", "It is about the ledger, not about one task.") : near("Task", [task]));
    open();
  }

  /** A box of a diagram that stands for several tasks. */
  function showBox(box) {
    turn += 1;
    const rows = box.tasks.map((task) => known.rowOf.get(task)).filter((row) => row !== undefined);
    element.replaceChildren(head("Box of the diagram", box.lines.join(" · "), []), near("Tasks", rows),
      box.size > rows.length ? make("p", "also", `It stands for ${COUNT.format(box.size)} tasks.`) : "");
    open();
  }

  function open() {
    element.hidden = false;
    element.scrollTop = 0;
    document.body.classList.add("beside");
  }

  return {
    showTask, showFinding, showBox,
    close: () => {
      turn += 1;
      element.hidden = true;
      element.replaceChildren();
      document.body.classList.remove("beside");
    },
  };
}

/** JSON text with its lines broken; what is none stays as it is. */
function readable(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return String(text);
  }
}
