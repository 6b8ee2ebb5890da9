// Explore a picture of a workflow: zoom, search, walk from task to task.
//
// The library, `cytoscape`, stands before this text in one module; see front.py. A picture is a
// document of the schema ectgraph/diagram/1. Its text was written by somebody else: it reaches the
// page by `visible` and `textContent`, or as what a canvas draws, and never as markup.

const MOST = 200; // buttons of one list
const LONG = 2000; // characters of one text
const VEIL = 400; // points by which the veil is larger than the picture
const FAR = 0.3; // below this zoom, lines are drawn thicker
const MANY = 1500; // boxes above which moving is drawn coarsely

/** Text as it can be seen: what is not printable becomes an escape, as everywhere in ectgraph. */
export function visible(text) {
  const cut = String(text).slice(0, LONG);
  const seen = cut.replace(/(?! )[\p{C}\p{Z}]/gu, (char) => {
    const code = char.codePointAt(0);
    const [mark, digits] = code < 0x100 ? ["x", 2] : code < 0x10000 ? ["u", 4] : ["U", 8];
    return `\\${mark}${code.toString(16).padStart(digits, "0")}`;
  });
  return text.length > LONG ? `${seen}…` : seen;
}

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

const colour = (value, otherwise = "#888888") => (/^#[0-9a-f]{6}$/i.test(value) ? value : otherwise);

/** What is written on a box, in a size that fits. */
function words(box) {
  const said = [...box.lines, ...box.states, box.ends.join(" · "), box.badges.join("  ")];
  const rows = said.filter(Boolean).map(visible);
  const widest = Math.max(...rows.map((row) => row.length));
  const size = Math.min(10, (box.height - 4) / (1.27 * rows.length), (box.width - 6) / (0.5 * widest));
  return { label: rows.join("\n"), size: Math.max(2, size) };
}

const NAMES = { fatal: "error", error: "error", warning: "warning", note: "note" };

/** How a box looks: shape and line tell what is known of it, never the colour alone. */
function looks(box) {
  const records = box.size - (box.trust.missing ?? 0);
  return [
    records === 0 && "missing",
    records > (box.trust.verified ?? 0) && "unverified",
    box.duplicates > 0 && "duplicate",
    box.size > 1 && "group",
    NAMES[box.severity],
  ].filter(Boolean);
}

/** The way of an arrow around boxes, as Graphviz found it, for Cytoscape's segments. */
function bends({ points }, from, to) {
  const inside = (x, y, box) => Math.abs(x - box.x) < box.width / 2 + 3 && Math.abs(y - box.y) < box.height / 2 + 3;
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const square = dx * dx + dy * dy;
  if (points.length < 4 || square === 0) return null;
  const found = { weights: [], distances: [] };
  for (let i = 0; i + 3 < points.length; i += 3) {
    for (const t of i ? [0, 0.33, 0.67] : [0.33, 0.67]) {
      const at = (axis) =>
        (1 - t) ** 3 * points[i][axis] + 3 * (1 - t) ** 2 * t * points[i + 1][axis] +
        3 * (1 - t) * t * t * points[i + 2][axis] + t ** 3 * points[i + 3][axis];
      if (inside(at(0), at(1), from) || inside(at(0), at(1), to)) continue;
      const [x, y] = [at(0) - from.x, at(1) - from.y];
      found.weights.push((x * dx + y * dy) / square);
      found.distances.push((y * dx - x * dy) / Math.sqrt(square));
    }
  }
  return found.weights.length ? found : null;
}

/** The middle and the size of all that is drawn; Graphviz' own has room for a legend as well. */
function bounds(picture) {
  const rooms = [...picture.boxes, ...picture.frames.map((frame) => frame.place).filter(Boolean)];
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const { x, y, width, height } of rooms) {
    [left, right] = [Math.min(left, x - width / 2), Math.max(right, x + width / 2)];
    [top, bottom] = [Math.min(top, y - height / 2), Math.max(bottom, y + height / 2)];
  }
  return rooms.length ? { x: (left + right) / 2, y: (top + bottom) / 2, w: right - left, h: bottom - top } : { x: 0, y: 0, w: 1, h: 1 };
}

/** The picture for Cytoscape: frames below, then arrows, then boxes. */
function elements(picture) {
  const many = picture.boxes.length > MANY;
  const frames = picture.frames.flatMap(({ place, ...frame }, i) => {
    if (!place) return [];
    const label = visible(frame.label || `circle of ${frame.tasks} tasks`).slice(0, 80);
    const corner = { x: place.x - place.width / 2 + 8, y: place.y - place.height / 2 + 11 };
    const round = frame.kind === "circle" ? "round" : "";
    return [
      { data: { id: `f${i}`, w: place.width, h: place.height }, position: { x: place.x, y: place.y }, classes: `frame ${round}` },
      { data: { id: `t${i}`, label }, position: corner, classes: `title ${round}` },
    ];
  });
  const boxes = picture.boxes.map((box, i) => ({
    data: { id: `n${i}`, i, ...words(box), w: box.width, h: box.height, fill: colour(box.colour) },
    position: { x: box.x, y: box.y },
    classes: ["box", ...looks(box)].join(" "),
  }));
  const links = picture.links.map((link, i) => {
    const bent = bends(link, picture.boxes[link.parent], picture.boxes[link.child]);
    const kinds = ["data", "crossing", "circle", "back"].filter((kind) => link[kind]);
    return {
      data: { id: `l${i}`, source: `n${link.parent}`, target: `n${link.child}`, label: visible(link.words), width: (many ? 2 : 1.2) + Math.log10(link.count), ...bent },
      classes: ["link", link.kind === "data" && "only", bent && "bent", ...kinds].filter(Boolean).join(" "),
    };
  });
  return [...frames, ...boxes, ...links];
}

function styles(look, font, far) {
  const line = (name) => ({ "border-color": look[name], "border-width": 3 });
  return [
    { selector: ".box", style: { shape: "round-rectangle", width: "data(w)", height: "data(h)", "background-color": "data(fill)", "border-width": 1, "border-color": look.outline, label: "data(label)", color: look.text, "font-family": font, "font-size": "data(size)", "line-height": 1.25, "text-wrap": "wrap", "text-max-width": 10000, "text-valign": "center", "text-halign": "center", "min-zoomed-font-size": 5 } },
    { selector: ".missing", style: { "background-opacity": 0, "border-style": "dashed", "border-width": 1.5, color: look.ink } },
    { selector: ".duplicate", style: { shape: "cut-rectangle", "border-width": 2 } },
    { selector: ".group", style: { ghost: "yes", "ghost-offset-x": 5, "ghost-offset-y": 5, "ghost-opacity": 0.55 } },
    ...["note", "warning", "error"].map((name) => ({ selector: `.${name}`, style: line(name) })),
    { selector: ".unverified", style: { shape: "rectangle", "border-style": "double", "border-width": 5 } },
    { selector: ".unverified.duplicate", style: { shape: "cut-rectangle" } },
    { selector: ".frame", style: { shape: "round-rectangle", width: "data(w)", height: "data(h)", "background-color": look.frame, "border-width": 1, "border-color": look.line, "z-compound-depth": "bottom", events: "no" } },
    { selector: ".title", style: { width: 1, height: 1, "background-opacity": 0, label: "data(label)", color: look.ink, "font-family": font, "font-size": 12, "font-weight": "bold", "text-halign": "right", "text-valign": "center", "min-zoomed-font-size": 5, events: "no" } },
    { selector: ".round", style: { color: look.error } },
    { selector: ".frame.round", style: { "background-opacity": 0, "border-style": "dashed", "border-width": 2, "border-color": look.error } },
    { selector: ".link", style: { "curve-style": "straight", width: "data(width)", "line-color": look.line, "target-arrow-color": look.line, "source-arrow-color": look.line, "target-arrow-shape": "triangle", "arrow-scale": 0.9, label: "data(label)", color: look.ink, "font-family": font, "font-size": 9, "text-background-color": look.canvas, "text-background-opacity": 0.85, "text-background-padding": 2, "min-zoomed-font-size": 6, events: "no" } },
    { selector: ".bent", style: { "curve-style": "round-segments", "segment-radii": 40, "segment-weights": "data(weights)", "segment-distances": "data(distances)", "edge-distances": "node-position" } },
    { selector: "edge:loop", style: { "curve-style": "bezier" } },
    { selector: ".data", style: { "source-arrow-shape": "circle" } },
    { selector: ".crossing", style: { "line-style": "dashed" } },
    { selector: ".back, .circle", style: { "line-color": look.error, "target-arrow-color": look.error, "source-arrow-color": look.error, color: look.error } },
    { selector: ".circle", style: { width: 3.5 } },
    { selector: ".far", style: { width: far } },
    { selector: ".only", style: { "line-style": "dotted", "line-color": look.data, "target-arrow-color": look.data, "target-arrow-shape": "vee" } },
    { selector: "#veil", style: { shape: "rectangle", width: "data(w)", height: "data(h)", "background-color": look.canvas, "background-opacity": 0.82, events: "no", "z-compound-depth": "top", "z-index-compare": "manual", "z-index": 1 } },
    { selector: ".lit", style: { "z-compound-depth": "top", "z-index-compare": "manual", "z-index": 2 } },
    { selector: ".box.lit", style: { "z-index": 3 } },
    { selector: ".hit", style: { "underlay-color": look.note, "underlay-opacity": 0.5, "underlay-padding": 7 } },
    { selector: ".chosen", style: { "outline-color": look.ink, "outline-width": 3, "outline-offset": 4 } },
  ];
}

/** The lines of the legend; each look beside its words. */
function legend(picture) {
  const rows = picture.legend.map((row) => {
    const sample = make("span", `sample ectgraph-look-${row.look.replace(/\W/g, "-")}`);
    if (row.colour) sample.style.setProperty("--sample", colour(row.colour));
    const said = row.words.replace(/^solid body:/, "cut corners:");
    const count = row.count === null ? "" : row.count.toLocaleString("en");
    return make("li", "", "", sample, make("span", "words", said), make("span", "count", count));
  });
  return make("details", "legend", "", make("summary", "", "Legend"), make("ul", "", "", ...rows));
}

/**
 * Show a picture in an element, and let people walk through it.
 *
 * `onSelect(task, box)` hears the first task of a box that was chosen, and its position, or nulls.
 * Gives `select(task)`, which chooses the box of a task, and `destroy()`.
 */
export function explore(el, picture, { onSelect = () => {}, height = 600 } = {}) {
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
      button("−", "Zoom out", () => zoom(1 / 1.4)), button("+", "Zoom in", () => zoom(1.4)), button("Fit", "Show the whole picture", () => fit())),
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
    panel.hidden = i === null;
    if (i === null) return panel.replaceChildren();
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
