"""The page of questions: what each means, and what it says of a sample ledger.

`build.py` writes it, and a test fails when it is stale.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path

import ectgraph
from ectgraph.cli import input as given
from ectgraph.questions.asking import told, usage
from ectgraph.questions.question import QUESTIONS, Question
from ectgraph.reports.answer import as_text

ROOT = Path(__file__).parents[1]
SAMPLES = ROOT / "sample_ledgers"
ROWS = 6
"""Rows of an example's table."""

HEAD = """\
# The questions

What an investigator asks of a ledger. Each question is a word of `ectgraph analyze` in a terminal
and a method of `case.ask` in Python. Both give the same answer: a table, sentences that say what it
establishes (✓), and what it does not (?). Tasks are named by their `jti`, or by as much of it as is
needed.

```console
$ ectgraph analyze ledger.jsonl ancestors 975767c2 --keys agents.jwks.json --format csv
```

In Python an `Answer` has its rows in `.table`, a DataFrame with a type for each column, its
sentences in `.established` and `.not_established`, and the tasks that it is about in `.tasks`, so
that `case.draw(tasks=answer.tasks)` shows them. `answer.only("distance", "task")` is the same
answer with these columns alone, for a table to be read. `case.ask` lists the questions,
`help(case.ask.ancestors)` tells what is written here, and `case.ask("ancestors", "975767c2")` asks
by name.

`ectgraph taint` and `ectgraph diff` are commands of their own, `case.taint` and `case.diff` are
methods.

*Made by `make docs` from `ectgraph/questions/`; change the questions, not this page.*
"""

CLEAN = "forged-approval.jsonl"
ROUTINE = "routine/invoices.jsonl.gz"
EXAMPLES = {
    "after-rejection": "warehouse-restock.jsonl",
    "agents": CLEAN,
    "ancestors": f"{CLEAN} {{match_order}}",
    "bottlenecks": "document-pipeline.json",
    "bursts": ROUTINE,
    "clocks": "clock-trouble.jsonl",
    "common-ancestors": f"{CLEAN} {{check_account}} {{match_order}}",
    "conformance": ROUTINE,
    "critical-path": "recorded/montage.jsonl.gz",
    "data-flow": "document-pipeline.json",
    "decisions": "warehouse-restock.jsonl",
    "descendants": f"{CLEAN} {{approve_payment}}",
    "dominators": f"{CLEAN} {{book_payment}}",
    "gaps": ROUTINE,
    "generations": "circular-sign-off.jsonl",
    "hours": ROUTINE,
    "inputs-from-nowhere": "document-pipeline.json",
    "key-use": "old-archive.jsonl.gz",
    "partners": "document-pipeline.json",
    "paths": f"{CLEAN} {{register_invoice}} {{book_payment}}",
    "rare": ROUTINE,
    "revocation": "old-archive.jsonl.gz --kid auditor@solar.example --since 2025-01-01T00:00:00Z",
    "roots": "missing-evidence.jsonl",
    "shapes": ROUTINE,
    "siblings": f"{CLEAN} {{match_order}}",
    "silent": ROUTINE,
    "taint": f"{CLEAN} --jti {{approve_payment}}",
    "unused-outputs": "document-pipeline.json",
}
"""A ledger for each question and what is asked; `{action}` is the task that did that."""
KEYS = {
    "old-archive.jsonl.gz": "old-archive.keys.json",
    "recorded/montage.jsonl.gz": "recorded/montage.keys.json",
    ROUTINE: "routine/keys.json",
}
_TIMES = ("since",)


def page() -> str:
    """The whole page."""
    families: dict[str, list[Question]] = {}
    for each in QUESTIONS.values():
        families.setdefault(each.family, []).append(each)
    lines = [HEAD]
    for family, some in families.items():
        lines += [f"**{family}**", ""]
        lines += [f"- [{each.name}](#{each.name}): {each.title}" for each in some]
        lines += [""]
    for each in QUESTIONS.values():
        lines += _section(each)
    return "\n".join(lines)


def _section(asked: Question) -> Iterator[str]:
    """A heading, what is typed, what it means, and an example."""
    _, _, words = told(asked).partition("\n\n")
    yield from (f"## {asked.name}", "", f"`{usage(asked)}`", "", words, "")
    command, answer = _example(asked)
    if command:
        yield from ("```console", f"$ {command}", answer, "```", "")


def _example(asked: Question) -> tuple[str, str]:
    """A command line and what it says."""
    if asked.name == "artifacts":  # there are no files beside the samples
        return "", ""
    ledger, *words = shlex.split(EXAMPLES[asked.name])
    keys = KEYS.get(ledger, "keys.json")
    case = ectgraph.load(f"sample_ledgers/{ledger}", f"sample_ledgers/{keys}")
    tasks = {data.get("exec_act"): node for node, data in case.graph.nodes(data=True)}
    words = [tasks[word[1:-1]][:8] if word.startswith("{") else word for word in words]
    options = {}
    typed = " ".join(words)
    while len(words) > 1 and words[-2].startswith("--"):
        *words, name, value = words
        name = name.removeprefix("--")
        options[name] = given.since(value) if name in _TIMES else value
    answer = as_text(case.ask(asked.name, *words, **options), width=110, max_rows=ROWS)
    lines = (line.rstrip() for line in answer.splitlines())
    command = f"ectgraph analyze sample_ledgers/{ledger} {asked.name} {typed}".rstrip()
    return f"{command} \\\n    --keys sample_ledgers/{keys} --max-rows {ROWS}", "\n".join(lines)
