"""The commands of the README and of the page of pictures run, and print what stands there."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from ectgraph.rules import RULES

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
PAGES = README + (ROOT / "docs" / "pictures.md").read_text("utf-8")
COMMANDS = [
    (command, output)
    for block in re.findall(r"```console\n(.*?)```", PAGES, re.DOTALL)
    for command, output in re.findall(
        r"^\$ ((?:.*\\\n)*.+)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE
    )
    if "ectgraph" in command
]
SCRIPTS = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the commands are for a POSIX shell")


def run(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    (folder / "sample_ledgers").symlink_to(ROOT / "sample_ledgers")
    scripts = Path(sys.executable).parent  # where `ectgraph` was installed with this Python
    return subprocess.run(
        ["/bin/sh", "-c", f"set -e\n{command}"],
        cwd=folder,
        env=os.environ | {"PATH": f"{scripts}:{os.environ['PATH']}", "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.strip("\n").splitlines() if line.strip()]


def test_the_readme_knows_how_many_rules_there_are() -> None:
    assert f"judges them by {len(RULES)} rules" in README


def test_the_readme_shows_commands() -> None:
    assert len(COMMANDS) >= 5
    assert len(SCRIPTS) >= 1


@pytest.mark.parametrize(("command", "output"), COMMANDS, ids=[c for c, _ in COMMANDS])
def test_a_command_prints_what_the_page_says(command: str, output: str, tmp_path: Path) -> None:
    done = run(command, tmp_path)

    assert lines(done.stdout + done.stderr) == lines(output)


@pytest.mark.parametrize("script", SCRIPTS)
def test_commands_that_follow_each_other_do_their_work(script: str, tmp_path: Path) -> None:
    done = run(script, tmp_path)

    assert done.returncode == 0, done.stderr
    assert "All signatures verified" not in done.stderr
    assert "The signature verified" in done.stdout
