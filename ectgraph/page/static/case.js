// What the page knows: a document of the format ectgraph-page/1, and ways to find things in it.

const RECALLED = 8; // chunks of details that stay unpacked

/** Rows, and the values in them by the name of their column. */
function table({ columns = [], rows = [] } = {}) {
  const at = new Map(columns.map(({ name }, i) => [name, i]));
  return { columns, rows, has: (name) => at.has(name), get: (row, name) => rows[row]?.[at.get(name)] ?? null };
}

/** The case, out of its JSON text. Tasks and findings are told apart by the numbers of their rows. */
function readCase(text) {
  const found = JSON.parse(text);
  const [tasks, findings] = [table(found.tasks), table(found.findings)];
  const parents = tasks.rows.map(() => []);
  const children = tasks.rows.map(() => []);
  const findingsOf = tasks.rows.map(() => []);
  for (const [parent, child] of found.links) {
    parents[child].push(parent);
    children[parent].push(child);
  }
  findings.rows.forEach((_, row) => findingsOf[findings.get(row, "task")]?.push(row));
  const rowOf = new Map(tasks.rows.map((_, row) => [tasks.get(row, "task"), row]));
  const findingOf = new Map(findings.rows.map((_, row) => [findings.get(row, "fingerprint"), row]));
  return {
    tasks, findings, parents, children, findingsOf, rowOf, findingOf,
    detail: details(found.details),
    rules: found.rules ?? {}, diagram: found.diagram, timeline: found.timeline,
    others: { agents: table(found.agents), keys: table(found.keys), workflows: table(found.workflows) },
  };
}

/** How to get the detail of a task: many lie together, packed, and are unpacked when one is asked for. */
function details({ of, chunks }) {
  const unpacked = new Map();
  const unpack = async (number) => {
    const bytes = Uint8Array.from(atob(chunks[number]), (char) => char.charCodeAt(0));
    return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).json();
  };
  return async (row) => {
    const number = Math.floor(row / of);
    if (number >= chunks.length) return null;
    const chunk = unpacked.get(number) ?? unpack(number);
    unpacked.delete(number);
    unpacked.set(number, chunk); // the latest is last
    if (unpacked.size > RECALLED) unpacked.delete(unpacked.keys().next().value);
    return (await chunk)[row % of] ?? null;
  };
}
