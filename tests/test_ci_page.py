"""The jobs of docs/ci.md, and the hook for pre-commit: they can be read, and what they run works."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

yaml = pytest.importorskip("yaml")

ROOT = Path(__file__).parents[1]
SAMPLES = ROOT / "sample_ledgers"
PAGE = (ROOT / "docs/ci.md").read_text("utf-8")
JOBS = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
(HOOK,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the commands are for a POSIX shell")


def texts(value: Any) -> Iterator[str]:
    """All texts in a YAML document."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for each in value.values() if isinstance(value, dict) else value:
            yield from texts(each)


COMMANDS = [
    text for job in JOBS for text in texts(yaml.safe_load(job)) if text.startswith("ectgraph ")
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder as the jobs expect it: ledgers, good and bad, and keys."""
    (tmp_path / "ledgers").mkdir()
    for name in ("clinical-review.jsonl", "two-truths.jsonl"):
        shutil.copy(SAMPLES / name, tmp_path / "ledgers" / name)
    shutil.copy(SAMPLES / "keys.json", tmp_path / "keys.json")
    (tmp_path / "summary.md").touch()
    return tmp_path


def run(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "GITHUB_STEP_SUMMARY": "summary.md",
    }
    return subprocess.run(
        ["/bin/sh", "-c", command],
        cwd=folder,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def test_the_page_has_jobs_with_commands() -> None:
    assert len(JOBS) == 4
    assert len(COMMANDS) == 3


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_finds_what_there_is_and_writes_its_reports(command: str, folder: Path) -> None:
    done = run(command, folder)

    assert (done.returncode, done.stderr) == (1, "")
    assert "ECT302" in done.stdout
    words = shlex.split(command.replace("$GITHUB_STEP_SUMMARY", "summary.md"))
    files = [after for word, after in pairwise(words) if word == "-o"]
    for file in files:
        assert "ECT302" in (folder / file).read_text("utf-8")


@pytest.mark.parametrize("job", JOBS)
def test_files_that_a_job_hands_on_are_files_that_it_writes(job: str) -> None:
    written = set(re.findall(r"-o ([\w.-]+)", job))
    handed = set(re.findall(r"(?:sarif_file|codequality|junit): (\S+)", job))

    assert handed == written


def test_every_exit_code_is_told() -> None:
    assert re.findall(r"^\| (\d) \|", PAGE, re.MULTILINE) == ["0", "1", "2", "3"]


# The hook


def test_the_page_uses_the_hook_by_its_name() -> None:
    (config,) = (yaml.safe_load(job) for job in JOBS if "pre-commit" in job)

    assert [hook["id"] for hook in config["repos"][0]["hooks"]] == [HOOK["id"]]


@pytest.mark.parametrize(
    ("name", "is_ledger"),
    [
        ("trade-approvals.jws", True),
        ("ledger.jsonl", True),
        ("audit/payments-ledger-2026.jsonl", True),
        ("ledgers/metrics.jsonl", False),
        ("metrics.jsonl", False),
        ("notes.jws.md", False),
    ],
)
def test_the_hook_looks_at_what_is_called_a_ledger(name: str, is_ledger: bool) -> None:
    assert bool(re.search(HOOK["files"], name)) == is_ledger


def test_the_hook_judges_each_file_by_itself_with_the_keys_of_the_settings(folder: Path) -> None:
    (folder / "ectgraph.toml").write_text(
        re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)[-1], "utf-8"
    )
    shutil.move(folder / "ledgers/two-truths.jsonl", folder / "--config=x-ledger.jsonl")
    files = ["ledgers/clinical-review.jsonl", "--config=x-ledger.jsonl"]
    done = run(shlex.join([*HOOK["entry"].split(), *HOOK["args"], *files]), folder)

    assert done.returncode == 1
    assert "ECT302" in done.stdout
    assert "ECT204" not in done.stdout
