// Flowcharts, one JSON string a line -> what Mermaid's own parser holds of each, one JSON object a
// line. The packages are found from the folder that is the only argument.
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

const require = createRequire(pathToFileURL(`${process.argv[2]}/package.json`));
const { JSDOM } = require('jsdom');
const { window } = new JSDOM('');
Object.assign(globalThis, { window, document: window.document });
const { default: mermaid } = await import(
  pathToFileURL(`${process.argv[2]}/node_modules/mermaid/dist/mermaid.core.mjs`)
);
mermaid.initialize({ startOnLoad: false });
const { defaultConfig: defaults } = mermaid.mermaidAPI;

// What Mermaid writes in place of `&#` and `;` while it reads, changed back as it does itself.
const shown = (text) =>
  text
    .replace(/ﬂ°°/g, '&#')
    .replace(/ﬂ°/g, '&')
    .replace(/¶ß/g, ';')
    .replace(/&#(\d+);/g, (_, code) => String.fromCodePoint(code));
const lines = (text) => (text ?? '').split(/<br\s*\/?>/).map(shown);

async function read(text) {
  const { diagramType, config } = await mermaid.parse(text); // with front matter and directives
  const body = text.replace(/^---\n[\s\S]*?\n---\n/, '');
  const { db } = await mermaid.mermaidAPI.getDiagramFromText(body);
  return {
    type: diagramType,
    limits: { edges: defaults.maxEdges, characters: defaults.maxTextSize },
    config,
    direction: db.getDirection(),
    description: shown(db.getAccDescription()),
    nodes: [...db.getVertices().values()].map((node) => ({
      name: node.id,
      shape: node.type,
      lines: lines(node.text),
      classes: node.classes,
      label: node.labelType,
      more: [node.link, node.linkTarget, node.haveCallback, node.icon, node.img].filter(Boolean),
    })),
    links: db.getEdges().map((link) => ({
      ends: [link.start, link.end],
      line: link.stroke,
      head: link.type,
      words: shown(link.text),
      style: link.style ?? [],
    })),
    frames: db.getSubGraphs().map((frame) => ({
      name: frame.id,
      title: shown(frame.title),
      members: frame.nodes,
    })),
    looks: Object.fromEntries([...db.getClasses()].map(([name, look]) => [name, look.styles])),
  };
}

for await (const line of createInterface({ input: process.stdin })) {
  let found;
  try {
    found = await read(JSON.parse(line));
  } catch (error) {
    found = { error: String(error) };
  }
  process.stdout.write(`${JSON.stringify(found)}\n`);
}
