// The page: everything in its section, one search for all, and the address that keeps the place.

const known = readCase(document.getElementById("case").textContent);
const part = (id) => document.getElementById(id);
const search = part("search");
const dark = matchMedia("(prefers-color-scheme: dark)");
const isDark = () => (document.documentElement.dataset.theme ?? (dark.matches ? "dark" : "light")) === "dark";
const [ALL_FINDINGS, A_FEW] = [5000, 200]; // rows that are printed: findings, and others
let origin = null; // who had the focus before the panel

// Findings tell their task and its agent in words; the numbers of the rows stay the same.
const HIDDEN = new Set(["advice", "cites", "evidence", "fingerprint", "reason", "jti", "wid", "iss", "exec_act"]);
if (known.findings.rows.every((_, row) => known.findings.get(row, "state") === "counts")) HIDDEN.add("state");
const findingColumns = known.findings.columns.filter(({ name }) => !HIDDEN.has(name))
  .map((column) => (column.name === "task" ? { ...column, kind: "text" } : column));
const findingRows = known.findings.rows.map((_, row) => findingColumns.map(({ name }) => {
  const value = known.findings.get(row, name);
  return name === "task" && value !== null ? taskWords(known, value) : value;
}));
// A task is told by what it was first; its `jti` is mostly its name.
const FIRST = ["exec_act", "iss", "iat", "trust", "status", "severity", "findings", "task"];
const sameName = known.tasks.rows.every((_, row) => [null, known.tasks.get(row, "task")].includes(known.tasks.get(row, "jti")));
const taskColumns = [
  ...FIRST.flatMap((name) => known.tasks.columns.filter((column) => column.name === name)),
  ...known.tasks.columns.filter(({ name }) => !FIRST.includes(name) && !(sameName && name === "jti")),
];
const taskRows = known.tasks.rows.map((_, row) => taskColumns.map(({ name }) => known.tasks.get(row, name)));
const agentOf = known.findings.rows.map((_, row) => known.tasks.get(known.findings.get(row, "task"), "iss") ?? known.findings.get(row, "iss"));

const listings = {
  findings: listing(part("findings"), "finding", { columns: findingColumns, rows: findingRows }, {
    facets: ["severity", "code", ["agent", agentOf], "state"],
    open: (row, go) => show({ finding: row }, go),
    paper: ALL_FINDINGS,
  }),
  tasks: listing(part("tasks"), "task", { columns: taskColumns, rows: taskRows }, {
    facets: ["trust", "status", "iss", "exec_act", "wid", "kid", "severity"],
    open: (row, go) => show({ task: row }, go),
    paper: A_FEW,
  }),
};
for (const [name, thing, key] of [["agents", "agent", "iss"], ["keys", "key", "kid"], ["workflows", "workflow", "wid"]]) {
  const table = known.others[name];
  const used = name === "keys" ? table.rows.filter((_, row) => table.get(row, "tokens")).length : A_FEW; // they come first
  const tells = known.tasks.has(key) && table.has(key);
  listings[name] = listing(part(name), thing, table, {
    hint: tells ? `A click on a row shows its tasks, in the table of tasks.` : "",
    open: (row) => {
      if (!tells) return;
      listings.tasks.only(key, table.get(row, key));
      reveal("tasks");
    },
    paper: Math.min(used, A_FEW),
  });
}
const picture = diagram(part("diagram"), known.diagram, (box) => {
  if (box === null) show(null);
  else if (box.size > 1) side.showBox(box);
  else show({ task: known.rowOf.get(box.tasks[0]) });
});
const times = timeline(part("timeline"), known.timeline, isDark, (task) => show({ task: known.rowOf.get(task) }));
const side = panel(part("panel"), known, (place) => show(place, true));

/** Go to something: the address says what, so that "back" works. */
function show(place, focus = false) {
  if (place === null) {
    if (!part("panel").hidden && location.hash) history.pushState(null, "", "#");
    route();
    return;
  }
  const said = "task" in place ? ["task", known.tasks.get(place.task, "task")] : ["finding", known.findings.get(place.finding, "fingerprint")];
  if (said[1] === null) return;
  const hash = `#${said[0]}=${encodeURIComponent(said[1])}`;
  if (location.hash !== hash) history.pushState(null, "", hash);
  route(focus);
}

/** Show what the address says. */
function route(focus = false) {
  const [, kind, name] = /^#(task|finding)=(.*)$/s.exec(location.hash) ?? [];
  const row = name === undefined ? undefined : (kind === "task" ? known.rowOf : known.findingOf).get(unescaped(name));
  const task = row === undefined ? null : kind === "task" ? row : known.findings.get(row, "task");
  if (!part("panel").contains(document.activeElement)) origin = document.activeElement;
  if (row === undefined) {
    side.close();
    if (!document.activeElement || document.activeElement === document.body) origin?.isConnected && origin.focus({ preventScroll: true });
  } else {
    if (kind === "task") side.showTask(row);
    else side.showFinding(row);
    if (focus) part("panel").focus({ preventScroll: true });
  }
  listings.tasks.mark(task);
  listings.findings.mark(kind === "finding" ? row : null);
  picture.choose(task === null ? null : known.tasks.get(task, "task"));
}

function unescaped(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function reveal(id) {
  part(id).scrollIntoView();
  part(id).querySelector("h2").focus({ preventScroll: true });
}

function find() {
  const words = search.value.trim().toLowerCase();
  const left = Object.values(listings).map((one) => [one.search(words), one.thing]);
  part("hits").textContent = words ? left.filter(([count]) => count).map(([count, thing]) => counted(count, thing)).join(", ") || "nothing found" : "";
  picture.search(search.value.trim());
  times.search(words);
}

function renew() {
  picture.renew();
  times.renew();
}

for (const section of document.querySelectorAll("main section[id]")) {
  const title = section.querySelector("h2");
  if (!title) continue;
  title.tabIndex = -1;
  const link = make("a", "", title.textContent);
  link.setAttribute("href", `#${section.id}`);
  link.addEventListener("click", (event) => {
    event.preventDefault(); // the address is for the task that is open
    reveal(section.id);
  });
  part("contents").append(make("li", "", "", link));
}

new ResizeObserver(() => { // what is gone to is not to be under the header
  const sticks = getComputedStyle(part("top")).position === "sticky";
  document.documentElement.style.scrollPaddingTop = `${sticks ? part("top").offsetHeight + 8 : 8}px`;
}).observe(part("top"));
part("bar").hidden = false;
search.addEventListener("input", find);
addEventListener("popstate", () => route());
addEventListener("keydown", (event) => {
  const writing = event.target instanceof Element && event.target.closest("input, select, textarea");
  if (event.key === "/" && !writing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    search.focus();
    search.select();
  } else if (event.key === "Escape") {
    if (event.target === search && search.value) find((search.value = ""));
    else show(null);
  }
});
part("theme").addEventListener("click", () => {
  document.documentElement.dataset.theme = isDark() ? "light" : "dark";
  renew();
});
dark.addEventListener("change", renew);
for (const [name, yes] of [["beforeprint", true], ["afterprint", false]]) {
  addEventListener(name, () => Object.values(listings).forEach((one) => one.print(yes)));
}
route();
