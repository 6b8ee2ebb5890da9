// How a picture looks on a canvas: what `cytoscape` is told of boxes, arrows and frames.

const LONG = 2000; // characters of one text
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
