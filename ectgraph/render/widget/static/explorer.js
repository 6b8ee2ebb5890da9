// Explore a picture of a workflow: zoom, search, walk from task to task.
//
// The library, `cytoscape`, and looks.js stand before this text in one module; see front.py. A
// picture is a document of the format ectgraph-diagram/1. Its text was written by somebody else: it
// reaches the page by `visible` and text nodes, or as what a canvas draws, and never as markup.

const MOST = 200; // buttons of one list
const FAR = 0.3; // below this zoom, lines are drawn thicker
const VEIL = 400; // points by which the veil is larger than the picture

/** An element with a class, text and children; the only way that anything gets onto the page. */
function make(tag, name = "", text = "", ...children) {
  const made = document.createElement(tag);
  if (name) made.className = `ectgraph-${name}`;
  if (text) made.append(document.createTextNode(visible(text)));
  made.append(...children);
  return made;
}

function button(text, label, act, name = "button") {
  const made = make("button", name, text);
  made.type = "button";
  if (label) made.setAttribute("aria-label", visible(label));
  made.addEventListener("click", act);
  return made;
}

/** The lines of the legend; each look beside its words. */
function legend(picture) {
  const rows = picture.legend.map((row) => {
    const sample = make("span", `sample ectgraph-look-${row.look.replace(/\W/g, "-")}`);
    if (row.colour) sample.style.setProperty("--sample", colour(row.colour));
    const count = row.count === null ? "" : row.count.toLocaleString("en");
    return make("li", "", "", sample, make("span", "words", row.words), make("span", "count", count));
  });
  return make("details", "legend", "", make("summary", "", "Legend"), make("ul", "", "", ...rows));
}

/**
 * Show a picture in an element, and let people walk through it.
 *
 * `onSelect(task, box)` hears the first task of a box that was chosen, and its position, or nulls.
 * With `beside`, that is told beside the picture, and there is no panel in it. Gives
 * `select(task)`, which chooses the box of a task, and `destroy()`.
 */
export function explore(el, picture, { onSelect = () => {}, height = 600, beside = false } = {}) {
  const look = Object.fromEntries(Object.entries(picture.style).map(([name, value]) => [name, colour(value)]));
  const font = `${String(picture.style.font).replace(/[^\w ,-]/g, "")}, Arial, sans-serif`;
  const parents = picture.boxes.map(() => []);
  const children = picture.boxes.map(() => []);
  for (const link of picture.links) {
    parents[link.child].push([link.parent, link]);
    children[link.parent].push([link.child, link]);
  }
  const number = new Map(picture.boxes.flatMap((box, i) => box.tasks.map((task) => [task, i])));
  const haystack = picture.boxes.map((box) =>
    [box.jti, box.wid, box.iss, box.exec_act, ...box.tasks, ...box.lines, ...box.states, ...box.badges]
      .filter(Boolean).join("\n").toLowerCase());

  const root = make("div", "explorer");
  for (const [name, value] of Object.entries(look)) root.style.setProperty(`--${name}`, value);
  root.style.setProperty("--font", font);
  root.style.height = `${height}px`;
  const search = make("input", "search");
  Object.assign(search, { type: "search", placeholder: "Search: jti, action, agent, code", spellcheck: false });
  search.setAttribute("aria-label", "Search tasks; Enter goes to the next, Shift and Enter to the one before");
  const count = make("output", "hits");
  const canvas = make("div", "canvas");
  const panel = make("aside", "panel");
  panel.hidden = true;
  panel.setAttribute("aria-label", "The chosen box");
  canvas.tabIndex = 0;
  canvas.setAttribute("role", "group");
  canvas.setAttribute("aria-label", visible(`${picture.headline}. Left and right, up and down go from the chosen box to its first parent or child, Escape clears.`));
  root.append(
    make("div", "bar", "", search, button("‹", "The hit before", () => step(-1)), button("›", "The next hit", () => step(1)), count,
      button("−", "Zoom out", () => zoom(1 / 1.4)), button("+", "Zoom in", () => zoom(1.4)), button("Fit", "Fit the whole picture", () => fit())),
    make("div", "middle", "", canvas, panel),
    make("p", "headline", picture.headline), legend(picture),
  );
  el.replaceChildren(root);

  const many = picture.boxes.length > MANY;
  const area = bounds(picture);
  const far = Math.max(3, area.w / 2500, area.h / 1500);
  const cy = cytoscape({
    container: canvas, elements: elements(picture), style: styles(look, font, far), layout: { name: "preset", fit: false },
    minZoom: 0.01, maxZoom: 4, boxSelectionEnabled: false, autoungrabify: true, autounselectify: true,
    hideEdgesOnViewport: many, textureOnViewport: many, pixelRatio: many ? 1 : "auto",
  });
  let [chosen, lit, hits, at, seen, away] = [null, cy.collection(), [], -1, false, false];

  const veil = cy.add({ data: { id: "veil", w: area.w + 2 * VEIL, h: area.h + 2 * VEIL }, position: { x: area.x, y: area.y } });
  veil.remove(); // it lies over the picture while a box is chosen; the box and its neighbours are above it

  const zoom = (factor) => cy.zoom({ level: cy.zoom() * factor, renderedPosition: { x: cy.width() / 2, y: cy.height() / 2 } });
  const fit = () => { // cy.fit would measure every label
    const level = Math.min(cy.width() / (area.w + 32), cy.height() / (area.h + 32), 1.5);
    cy.viewport({ zoom: level, pan: { x: cy.width() / 2 - area.x * level, y: cy.height() / 2 - area.y * level } });
    return true;
  };
  const node = (i) => cy.getElementById(`n${i}`);

  function choose(i, { move = false, tell = true } = {}) {
    if (i === chosen) return;
    chosen = i;
    cy.batch(() => {
      lit.removeClass("lit chosen");
      lit = i === null ? cy.collection() : node(i).closedNeighborhood().addClass("lit");
      if (i !== null) node(i).addClass("chosen");
      if (i === null) veil.remove();
      else veil.restore();
    });
    describe(i);
    cy.resize(); // the panel takes its part
    if (i !== null && move) cy.zoom(Math.max(cy.zoom(), 0.8));
    if (i !== null && (move || node(i).renderedBoundingBox().x2 > cy.width())) cy.center(node(i));
    if (tell) onSelect(i === null ? null : picture.boxes[i].tasks[0], i);
  }

  function describe(i) {
    panel.hidden = beside || i === null;
    if (panel.hidden) return panel.replaceChildren();
    const box = picture.boxes[i];
    const facts = make("dl");
    const claims = box.claims.length ? box.claims : [["wid", box.wid], ["iss", box.iss], ["exec_act", box.exec_act]];
    for (const [name, value] of claims) if (value !== null) facts.append(make("dt", "", name), make("dd", "", value));
    const said = [...box.states, ...box.ends].map((state) => make("li", "", state));
    const codes = Object.entries(box.findings).map(([code, n]) => make("li", `badge ectgraph-${NAMES[box.severity]}`, n > 1 ? `${code} ×${n}` : code));
    const tasks = box.size > 1 ? [list(`Tasks`, box.size, box.tasks.map((task) => make("li", "", task)))] : [];
    panel.replaceChildren(
      button("×", "Close, and clear the choice", () => choose(null), "close"),
      make("h3", "", box.lines[0]), ...box.lines.slice(1).map((line) => make("p", "", line)),
      make("ul", "states", "", ...said), make("ul", "badges", "", ...codes),
      walk("Parents", parents[i], "parent"), walk("Children", children[i], "parent"),
      walk("Takes the output of, without a parent link", parents[i], "data"),
      walk("Gives its output to, without a parent link", children[i], "data"),
      facts, ...tasks,
    );
    panel.scrollTop = 0;
  }

  function list(title, size, items) {
    const more = size > items.length ? [make("li", "more", `and ${(size - items.length).toLocaleString("en")} more`)] : [];
    return make("section", "", "", make("h4", "", `${title} (${size.toLocaleString("en")})`), make("ul", "", "", ...items, ...more));
  }

  function walk(title, neighbours, kind) {
    const found = neighbours.filter(([, link]) => link.kind === kind);
    if (!found.length) return "";
    return list(title, found.length, found.slice(0, MOST).map(([i, link]) => {
      const marks = [link.words, link.circle && "part of a circle", link.crossing && "other workflow", link.kind === "parent" && link.data && "data"];
      const text = [...picture.boxes[i].lines, ...marks].filter(Boolean).join(" · ");
      return make("li", "", "", button(text, "", () => { choose(i, { move: true }); canvas.focus(); }, "walk"));
    }));
  }

  function look_for(text) {
    const wanted = text.trim().toLowerCase();
    hits = wanted ? haystack.flatMap((hay, i) => (hay.includes(wanted) ? [i] : [])) : [];
    at = -1;
    count.textContent = wanted ? (hits.length ? `${hits.length.toLocaleString("en")} found` : "nothing found") : "";
    cy.batch(() => {
      cy.elements(".hit").removeClass("hit");
      for (const i of hits) node(i).addClass("hit");
    });
  }

  function step(by) {
    if (!hits.length) return;
    at = at < 0 ? (by > 0 ? 0 : hits.length - 1) : (at + by + hits.length) % hits.length;
    count.textContent = `${(at + 1).toLocaleString("en")} of ${hits.length.toLocaleString("en")}`;
    choose(hits[at], { move: true });
  }

  search.addEventListener("input", () => look_for(search.value));
  search.addEventListener("keydown", (event) => event.key === "Enter" && step(event.shiftKey ? -1 : 1));
  canvas.addEventListener("keydown", (event) => {
    const way = { ArrowLeft: parents, ArrowUp: parents, ArrowRight: children, ArrowDown: children }[event.key];
    if (event.key === "+" || event.key === "-") zoom(event.key === "+" ? 1.4 : 1 / 1.4);
    if (!way) return;
    event.preventDefault();
    if (picture.boxes.length) choose(chosen === null ? 0 : way[chosen][0]?.[0] ?? chosen, { move: true });
  });
  root.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    if (search.value) look_for((search.value = ""));
    choose(null);
  });
  cy.on("tap", (event) => choose(event.target === cy ? null : event.target.data("i")));

  if (!many) cy.on("zoom", () => { // thin lines would vanish
    if (away !== (away = cy.zoom() < FAR)) cy.batch(() => cy.edges().toggleClass("far", away));
  });

  const watch = new ResizeObserver(() => {
    cy.resize();
    if (!seen && canvas.clientWidth) seen = Boolean(fit()); // it may start out of sight
  });
  watch.observe(canvas);
  return {
    cy,
    select: (task) => choose(task === null ? null : number.get(task) ?? chosen, { move: true, tell: false }),
    destroy: () => { watch.disconnect(); cy.destroy(); root.remove(); },
  };
}
