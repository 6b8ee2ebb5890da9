// How values are told: times, marks with their words, and what stands in a cell.
//
// Whatever a token says becomes a text node, or an attribute by `setAttribute`; never markup.

const SEVERITIES = ["fatal", "error", "warning", "note"]; // the worst first
const MARKS = {
  fatal: ["✖", "bad"], error: ["✖", "bad"], warning: ["▲", "doubt"], note: ["●", "remark"],
  verified: ["✓", "good"], invalid: ["✖", "bad"], unknown_key: ["?", "doubt"], unsupported: ["?", "doubt"],
  unsigned: ["?", "doubt"], unchecked: ["?", "doubt"],
  present: ["", ""], missing: ["✖", "bad"], duplicate: ["▲", "doubt"],
  passed: ["✓", "good"], failed: ["✖", "bad"], "not done": ["?", "doubt"],
};
const MARKED = new Set(["severity", "trust", "status"]);
const COUNT = new Intl.NumberFormat("en");
const TIMES = /^(iat|exp|nbf|auth_time|recorded_at)$/;

/** A moment in UTC, or null where no calendar has it. */
function moment(seconds) {
  if (typeof seconds !== "number") return null;
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.valueOf())) return null;
  const [day, time] = date.toISOString().split("T");
  return `${day} ${time.replace(/(\.000)?Z$/, "")}`;
}

/** A value as text: what is searched, sorted by eye, and written into a cell. */
function told(value, kind = "text") {
  if (value === null || value === undefined) return "";
  if (kind === "time") return moment(value) ?? String(value);
  if (kind === "flag") return value ? "yes" : "no";
  if (kind === "integer" && typeof value === "number") return COUNT.format(value);
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** A word with a mark before it, so that it is seen without its colour. */
function marked(word) {
  const [sign, look] = Object.hasOwn(MARKS, word) ? MARKS[word] : ["", ""];
  const icon = make("span", "icon", sign);
  icon.setAttribute("aria-hidden", "true");
  return make("span", `mark ectgraph-${look || "plain"}`, "", ...(sign ? [icon, " "] : []), document.createTextNode(visible(word)));
}

/** What stands in a cell of a table. */
function cell(value, { name, kind }) {
  if (typeof value === "string" && MARKED.has(name)) return marked(value);
  if (typeof value === "string" && name === "place") return document.createTextNode(visible(fileName(value)));
  const text = document.createTextNode(visible(told(value, kind)));
  const agent = name === "iss" && agentName(value);
  if (!agent || agent === value) return text;
  const whole = make("span", "also", "", text);
  return make("span", "", "", make("span", "agent", agent), whole);
}

/** A place without the folders of its file; the whole is in the panel, and told on pointing. */
const fileName = (place) => /[^/\\]*$/.exec(place)[0] || place;

/** The last part of an agent's name, by which people know it. */
const agentName = (iss) => (typeof iss === "string" ? /[^/:]*$/.exec(iss.slice(0, 400))[0] || iss : null);

/** A claim's value: text as it is, moments also as people read them, the rest as JSON. */
function claim(name, value) {
  if (typeof value === "string") return [document.createTextNode(visible(value))];
  if (typeof value !== "object" || value === null) {
    const when = TIMES.test(name) ? moment(value) : null;
    return [document.createTextNode(visible(JSON.stringify(value))), when ? make("span", "also", `${when} UTC`) : ""];
  }
  return [make("pre", "json", "", document.createTextNode(lines(JSON.stringify(value, null, 2))))];
}

/** Several lines, each made visible. */
function lines(text, most = 400) {
  const found = text.split("\n");
  const kept = found.slice(0, most).map(visible);
  return [...kept, ...(found.length > most ? [`… ${COUNT.format(found.length - most)} more lines`] : [])].join("\n");
}

/** What a task is called: its action and its agent, and the beginning of its name. */
function taskWords(known, row) {
  const get = (name) => known.tasks.get(row, name);
  const said = [get("exec_act"), agentName(get("iss")), short(get("task")), get("status") === "missing" && "no record"];
  return said.filter(Boolean).join(" · ");
}

const short = (text, most = 13) => (String(text ?? "").length > most ? `${String(text).slice(0, most - 1)}…` : String(text ?? ""));

const counted = (count, thing) => `${COUNT.format(count)} ${count === 1 ? thing : `${thing}s`}`;
