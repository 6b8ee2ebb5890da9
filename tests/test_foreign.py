"""Rules by others, whole: in a file, in a distribution, in worker processes, on the page."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest

import ectgraph
from ectgraph import examples, foreign, loader
from ectgraph.keys import KeyRing
from ectgraph.model import Basis
from ectgraph.reports.json import to_json
from ectgraph.rules import RULES
from ectgraph.testing import EPOCH, jwks, sketch, token

PAGE = Path(__file__).parents[1] / "docs" / "rules-of-your-own.md"
ACME = ["ACME001", "ACME002", "ACME003", "ACME004"]
BROKEN_ALL = "a@345600 recorded=345601 act=Write; b@345605<a act=review_it recorded=345606"


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of the page, which its readers copy."""
    name, text = re.findall(
        r"<!-- example: (.*) -->\n```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL
    )[0]
    path = tmp_path_factory.mktemp("acme") / name
    path.write_text(text, "utf-8")
    return path


def test_nothing_to_add_leaves_the_catalogue_as_it_is():
    assert foreign.load() is RULES
    assert foreign.load([], installed=False) is RULES


def test_the_example_of_the_page_has_a_rule_of_each_kind(acme: Path):
    rules = foreign.load([acme])

    assert [code for code in rules if code not in RULES] == ACME
    assert [rules[code].kind for code in ACME] == ["token", "token", "link", "ledger"]
    assert {code: rules[code] for code in RULES} == dict(RULES)


@pytest.mark.parametrize("code", ACME)
def test_the_examples_of_the_page_do_what_they_should(acme: Path, code: str):
    rule = foreign.load([acme])[code]

    assert [(each.codes, each.right) for each in examples.run(rule)] == [
        *[([], True)] * len(rule.good),
        *[([code], True)] * len(rule.bad),
    ]


@pytest.mark.parametrize(
    "text",
    [
        'a@0 entry={"recorded_at":1e308}; b@0 entry={"recorded_at":-1e308}',
        "a@0<c; b@0<a; c@0<b; d@0<d; e@0<nobody; a@1",
        "a@0 !no-exec_act; b@0<a act= !no-iss; c@0<b jti=; 'junk'; d@0<a !iat-true",
        "",
    ],
)
def test_the_rules_of_the_page_answer_for_anything(acme: Path, tmp_path: Path, text: str):
    (tmp_path / "ledger.jsonl").write_bytes(sketch(text).data)

    case = ectgraph.load(tmp_path / "ledger.jsonl", rules=foreign.load([acme]))

    assert "ECT901" not in {finding.code for finding in case.report.findings}


def test_findings_of_others_are_findings(acme: Path, tmp_path: Path):
    (tmp_path / "ledger.jsonl").write_bytes(sketch(BROKEN_ALL).data)
    rules = foreign.load([acme])
    case = ectgraph.load(tmp_path / "ledger.jsonl", KeyRing.from_jwks(jwks("agent-a")), rules=rules)

    found = {finding.code: finding for finding in case.report.findings}

    assert list(found) == ["ACME001", "ACME002", "ACME004", "ACME003"]
    assert found["ACME003"].name == "own-work-reviewed"
    assert found["ACME003"].places[0].line == 2
    known = case.lint(baseline={found["ACME003"].fingerprint}, ignore=rules.meant("ACME004"))
    assert [f.code for f in known.findings if f.counts] == ["ACME001", "ACME002", "ACME002"]


def test_the_basis_of_a_report_has_the_digest_of_what_was_run(acme: Path, tmp_path: Path):
    path = tmp_path / "rules.py"
    path.write_bytes(acme.read_bytes())
    rules = foreign.load([path])
    path.write_text("raise SystemExit", "utf-8")

    digest = sha256(acme.read_bytes()).hexdigest()
    assert foreign.basis(rules) == (Basis("rules", str(path), digest),)
    assert foreign.basis(RULES) == ()


def test_worker_processes_run_the_same_rules(acme: Path, tmp_path: Path, monkeypatch):
    """Worker processes start at 4 MiB of records, so the tokens are made heavy."""
    claims = {"iss": "spiffe://example.com/agent/a", "aud": "spiffe://example.com/ledger"}
    heavy = [
        token(
            {
                **claims,
                "iat": EPOCH + n,
                "exp": EPOCH + n + 600,
                "jti": f"t{n}",
                "exec_act": "Carry" if n % 5 else "carry",
                "par": [],
                "load": "x" * 250_000,
            },
            "agent-a",
            {"alg": "ES256", "typ": "wimse-exec+jwt", "kid": "agent-a"},
        )
        for n in range(18)
    ]
    ledger, path = tmp_path / "heavy.jws", tmp_path / "rules.py"
    ledger.write_bytes(b"\n".join(heavy))
    assert ledger.stat().st_size > 4 << 20
    path.write_bytes(acme.read_bytes())
    rules = foreign.load([path])
    path.unlink()  # the workers get the bytes that were read

    ring = KeyRing.from_jwks(jwks("agent-a"))
    one = ectgraph.load(ledger, ring, rules=rules, workers=1).report
    monkeypatch.delattr(loader, "_examine_here")
    two = ectgraph.load(ledger, ring, rules=rules, workers=2).report

    assert [finding.code for finding in two.findings].count("ACME001") == 14
    assert to_json(one) == to_json(two)


# A distribution, really installed


@pytest.fixture
def installed(acme: Path, tmp_path: Path):
    """Run ectgraph where a distribution with rules is installed."""
    site = tmp_path / "site"
    info = site / "acme_rules-1.2.dist-info"
    info.mkdir(parents=True)
    (site / "acme_rules.py").write_bytes(acme.read_bytes())
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-rules\nVersion: 1.2\n")
    (info / "entry_points.txt").write_text("[ectgraph.rules]\nhouse-rules = acme_rules\n")
    (tmp_path / "ledger.jsonl").write_bytes(sketch(BROKEN_ALL).data)
    environment = os.environ | {"PYTHONPATH": str(site), "PYTHONDONTWRITEBYTECODE": "1"}

    def call(*args: str) -> subprocess.CompletedProcess[bytes]:
        command = [sys.executable, "-m", "ectgraph", *args]
        return subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, check=False
        )

    return call


def test_an_installed_rule_is_told(installed):
    done = installed("rule", "own-work-reviewed")

    assert (done.returncode, done.stderr) == (0, b"")
    assert b"ACME003 own-work-reviewed  error" in done.stdout
    assert b"made by    acme-rules 1.2" in done.stdout


def test_an_installed_rule_judges(installed):
    done = installed("lint", "ledger.jsonl", "--select", "ACME", "--format", "json")

    assert (done.returncode, done.stderr) == (1, b"")
    assert done.stdout.count(b'"ACME003"') == 1
    assert b'"source": "acme-rules 1.2"' in done.stdout


def test_an_installed_rule_that_is_given_as_a_file_too_is_refused(installed, acme: Path):
    done = installed("lint", "ledger.jsonl", "--rules-from", str(acme))

    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.decode() == (
        f"ectgraph: {acme}: the rule ACME001 cannot be taken: its code is taken,"
        " by ACME001 unusual-action-name of acme-rules 1.2\n"
    )
