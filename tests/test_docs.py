"""The pages are what the rules say."""

import re
import subprocess
import sys
from pathlib import Path

from ectgraph.agent.verdict import STEPS, step
from ectgraph.rule import Hit
from ectgraph.rules import RULES

DOCS = Path(__file__).parents[1] / "docs"


def test_the_page_of_rules_is_not_stale(tmp_path: Path) -> None:
    script = tmp_path / "build.py"
    script.write_bytes((DOCS / "build.py").read_bytes())
    subprocess.run([sys.executable, script], check=True, capture_output=True)
    built = (tmp_path / "rules.md").read_text("utf-8")
    assert built == (DOCS / "rules.md").read_text("utf-8"), "run `make docs`"


def test_the_table_of_steps_is_what_the_gate_does() -> None:
    page = (DOCS / "agents.md").read_text("utf-8")
    rows = re.findall(r"^\| (\d+) \| (.+) \| (.+) \|$", page, re.MULTILINE)
    codes: dict[int, list[str]] = {number: [] for number in STEPS}
    for code, rule in sorted(RULES.items()):
        if rule.step is not None:  # ECT408 stands in two steps, by what it is about
            for number in sorted({rule.step, step(code, Hit("", witness="iat"))}):
                codes[number].append(code)

    assert [int(number) for number, _, _ in rows] == list(STEPS)
    assert {int(number): title for number, title, _ in rows} == STEPS
    assert {int(number): told for number, _, told in rows} == {
        number: ", ".join(found) or "\N{EN DASH}" for number, found in codes.items()
    }
    assert [number for number, found in codes.items() if "ECT408" in found] == [9, 10]
