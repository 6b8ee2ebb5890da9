"""Write what follows from the code: pages of rules, frames, questions, and the JSON Schemas.

A test fails when one of them is stale.
"""

from __future__ import annotations

import json
import runpy
from collections.abc import Callable
from pathlib import Path

from ectgraph import examples, policy, settings
from ectgraph.frames.catalogue import COLUMNS, PLACES
from ectgraph.reports.rule import to_markdown
from ectgraph.rules import RULES

FOLDER = Path(__file__).parent

HEAD = """\
# The rules

Every finding of `ectgraph lint` has one of these codes; `ectgraph rule CODE` tells in a terminal
what is written here. A *token* rule looks at one record, a *link* rule at a task and one of its
parents, a *ledger* rule at all of them together. *gate* is the
[step of the live gate](agents.md#the-gate) at which the same rule refuses a token; what the
evidence itself rests on is never in a *baseline*.

**fatal**: the tool itself failed; **error**: a MUST is broken; **warning**: a SHOULD or a limit of
the policy is broken, or the evidence is weakened; **note**: worth knowing. The examples are ledgers
in the language of `ectgraph.testing.sketch`; each is run as a test, and under a bad one is what the
rules really say of it. You can add [rules of your own](rules-of-your-own.md).

*Made by `make docs` from `ectgraph/rules/`; change the rules, not this page.*

"""


def rules() -> str:
    """The page of rules."""
    return HEAD + to_markdown([(rule, examples.run(rule)) for rule in RULES.values()])


FRAMES_HEAD = """\
# Frames

A case hands its contents to pandas: `case.tasks`, `.edges`, `.findings`, `.records`, `.agents`,
`.workflows` and `.keys`. Every row leads back to bytes: `source`, `line`, `offset`, `index` and
`sha256` are the place of a record.

```python
>>> import ectgraph
>>> case = ectgraph.load("sample_ledgers/forged-approval.jsonl", "sample_ledgers/keys.json")
>>> forged = case.tasks[case.tasks.trust == "invalid"]
>>> print(forged[["exec_act", "trust", "line"]])
          exec_act    trust  line
3  approve_payment  invalid     4
>>> after = case.edges[case.edges.parent.isin(forged.task)]
>>> print(after[["parent_act", "child_act", "gap_s"]])
        parent_act        child_act  gap_s
4  approve_payment  release_payment   22.0

```

A frame has all its columns, with their types, also when it has no row:

| kind | type in pandas | absent |
| --- | --- | --- |
| text | `string` | `<NA>` |
| category | `category`, of `string`, in alphabetical order | `NaN` |
| integer | `Int64` | `<NA>` |
| number | `float64` | `NaN` |
| flag | `boolean` | `<NA>` |
| time | `datetime64[us, UTC]` | `NaT` |

Claims are in a frame as they were found; the writers make them safe. What a type cannot hold is
absent: a time that no calendar holds, an integer of more than 64 bits. In the graph and in the
entries it stays as it was found. Claims are claims: `trust` says what checking a signature came to,
and the figures of agents and workflows count what tokens state, verified or not.

pandas has an `iat` and an `index` of its own: read these columns as `case.tasks["iat"]`, and not as
`case.tasks.iat`.

## Into files

```python
>>> from ectgraph import frames
>>> print(frames.to_csv(forged[["exec_act", "trust"]]), end="")
exec_act,trust
approve_payment,invalid

```

`ectgraph table LEDGER tasks -o tasks.parquet` writes a table from the command line, in the form
that the suffix names:

* **CSV**, `.csv`, `to_csv(frame)`: text that a spreadsheet would run as a formula gets a `'` in
  front.
* **Parquet**, `.parquet`, `to_parquet(frame, path)`: `read_parquet(path)` makes the same frame of
  it. Needs `ectgraph[parquet]`.
* **Excel**, `.xlsx`, `to_excel(frame, title)`: no cell is a formula or a link. Texts over 32,767
  characters are cut, and it says so; more than 1,048,575 rows are refused. Needs `ectgraph[excel]`.
* **JSON**, `.json`, `to_json(frame)`: an object for each row, one a line; times as in RFC 3339.
* **Markdown**, `.md`, `to_markdown(frame)`: for a comment or a wiki.
* **HTML**, `.html`, `to_html(frame, title)`: a page without scripts, to be read and printed.

The name of a file may be no text in any encoding. In Parquet a column with such a name holds bytes,
which `read_parquet` makes the name of again; elsewhere the odd bytes are shown as escapes.

## Columns

*Made by `make docs` from `ectgraph/frames/catalogue.py`; change the catalogue, not this page.*
"""


def frames() -> str:
    """The page of frames: how to use them, and what each column holds."""
    lines = [FRAMES_HEAD]
    for name, columns in COLUMNS.items():
        lines += [f"### {name}", "", f"The place is that of {PLACES[name]}.", ""]
        lines += ["| column | kind | what it holds |", "| --- | --- | --- |"]
        lines += [f"| `{each.name}` | {each.kind} | {each.about} |" for each in columns]
        lines.append("")
    return "\n".join(lines)


def _json(schema: Callable[[], object]) -> Callable[[], str]:
    return lambda: json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


FILES: dict[str, Callable[[], str]] = {
    "rules.md": rules,
    "frames.md": frames,
    "questions.md": lambda: str(runpy.run_path(str(FOLDER / "questions.py"))["page"]()),
    "policy.schema.json": _json(policy.schema),
    "settings.schema.json": _json(settings.schema),
}
"""What is written, and what it is made by."""


if __name__ == "__main__":
    for name, make in FILES.items():
        (FOLDER / name).write_text(make(), encoding="utf-8")
        print(name)
