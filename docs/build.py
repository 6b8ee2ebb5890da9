"""Write what follows from the code: the page of rules, and the JSON Schemas of the files.

A test fails when one of them is stale.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from ectgraph import examples, policy, settings
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


def _json(schema: Callable[[], object]) -> Callable[[], str]:
    return lambda: json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


FILES: dict[str, Callable[[], str]] = {
    "rules.md": rules,
    "policy.schema.json": _json(policy.schema),
    "settings.schema.json": _json(settings.schema),
}
"""What is written, and what it is made by."""


if __name__ == "__main__":
    for name, make in FILES.items():
        (FOLDER / name).write_text(make(), encoding="utf-8")
        print(name)
