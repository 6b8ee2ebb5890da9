"""The page of rules is what the rules say."""

import subprocess
import sys
from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs"


def test_the_page_of_rules_is_not_stale(tmp_path: Path) -> None:
    script = tmp_path / "build.py"
    script.write_bytes((DOCS / "build.py").read_bytes())
    subprocess.run([sys.executable, script], check=True, capture_output=True)
    built = (tmp_path / "rules.md").read_text("utf-8")
    assert built == (DOCS / "rules.md").read_text("utf-8"), "run `make docs`"
