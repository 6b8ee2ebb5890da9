"""Write `rules.md` from the rules themselves; a test fails when the page is stale."""

from __future__ import annotations

from pathlib import Path

from ectgraph.labels import fit
from ectgraph.rule import Rule
from ectgraph.rules import RULES

PAGE = Path(__file__).parent / "rules.md"

HEAD = """\
# The rules

Every finding of `ectgraph lint` has one of these codes. A *token* rule looks at one record, a
*link* rule at a task and one of its parents, a *ledger* rule at all of them together. *gate* is the
[step of the live gate](agents.md#the-gate) at which the same rule refuses a token.

**fatal**: the tool itself failed; **error**: a MUST is broken; **warning**: a SHOULD or a limit of
the policy is broken, or the evidence is weakened; **note**: worth knowing. The examples are ledgers
in the language of `ectgraph.testing.sketch`, and each is run as a test.

*Made by `make docs` from `ectgraph/rules/`; change the rules, not this page.*
"""


def page() -> str:
    """The whole page."""
    rows = "\n".join(
        f"| [{rule.code}](#{rule.code.lower()}-{rule.name}) | {rule.name} | {rule.severity} |"
        f" {rule.kind} | {rule.step or ''} |"
        for rule in RULES.values()
    )
    table = f"| code | name | severity | kind | gate |\n|---|---|---|---|---|\n{rows}\n"
    return "\n".join([HEAD, table, *map(section, RULES.values())])


def section(rule: Rule) -> str:
    """What there is to say about one rule."""
    examples = "\n".join(
        f"* {kind}: `{fit(example, 90) or ' '}`"
        for kind, some in (("good", rule.good), ("bad", rule.bad))
        for example in some
    )
    return (
        f"## {rule.code} {rule.name}\n\n"
        f"*{rule.severity}, {rule.kind} rule; {rule.cites}*\n\n"
        f"{rule.doc}\n\n**What to do:** {rule.advice}\n\n{examples}\n"
    )


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"{PAGE.name}: {len(RULES)} rules")
