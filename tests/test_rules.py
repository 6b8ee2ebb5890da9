"""The catalogue: every rule has its papers in order, and its own examples prove it.

Nothing here names a rule, but where a rule differs from all others: a new file under `rules/` is
tested by being there.
"""

from __future__ import annotations

import pickle
import pkgutil
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from hashlib import sha256
from importlib import import_module
from pathlib import Path

import pytest

import ectgraph.rules
from ectgraph.model import Finding, Problem, Severity
from ectgraph.opening import load
from ectgraph.policy import Policy
from ectgraph.rule import Rule
from ectgraph.rules import RULES, Catalogue
from ectgraph.testing import EPOCH, FAULTS, sketch, task_id

ABOUT_NO_RECORD = {"ECT009", "ECT204", "ECT901"}
"""Rules whose findings are about the whole ledger, or about the tool, so they have no place."""

ABOUT_ENTRIES = {"ECT006", "ECT402", "ECT403", "ECT404", "ECT601", "ECT602", "ECT603", "ECT604"} | {
    "ECT605"
}
"""Rules about what the ledger says of a token, of which there is nothing at a gate."""

ABOUT_MANY = {"ECT008", "ECT207", "ECT208", "ECT209", "ECT210", "ECT310", "ECT407", "ECT503"} | {
    "ECT704",
    "ECT801",
    "ECT803",
}
"""Rules that look at more than a token and its lineage."""

ONLY_AT_THE_GATE = {"ECT902", "ECT605"}
"""Rules that no ledger breaks: they tell what a gate refused to read, and have no bad example."""

COMPANIONS = {"ECT308": ["ECT201"]}
"""Rules that cannot hit alone, and whose codes come along: who builds on a token that is not
verified has a parent of which something is told as well."""

GRADED = {"ECT115", "ECT116"}
"""Rules whose findings say themselves how bad they are: errors in draft 01, else warnings."""

MODULES = [
    import_module(module.name)
    for module in pkgutil.walk_packages(ectgraph.rules.__path__, "ectgraph.rules.")
    if not module.ispkg
]

each_rule = pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
each_good_example = pytest.mark.parametrize(
    "text",
    [
        pytest.param(text, id=f"{rule.code}-{number}")
        for rule in RULES.values()
        for number, text in enumerate(rule.good, 1)
    ],
)
each_bad_example = pytest.mark.parametrize(
    ("rule", "text"),
    [
        pytest.param(rule, text, id=f"{rule.code}-{number}")
        for rule in RULES.values()
        for number, text in enumerate(rule.bad, 1)
    ],
)


def test_there_is_a_catalogue():
    assert len(RULES) >= 47
    assert list(RULES) == sorted(RULES)
    assert all(code == rule.code for code, rule in RULES.items())


@each_rule
def test_a_code_is_ect_and_three_digits(rule: Rule):
    assert re.fullmatch(r"ECT\d{3}", rule.code)


def test_names_are_kebab_case_and_unique():
    names = [rule.name for rule in RULES.values()]

    assert len(set(names)) == len(names)
    assert [name for name in names if not re.fullmatch(r"[a-z]+(-[a-z]+)*", name)] == []


@each_rule
def test_a_rule_has_its_papers_in_order(rule: Rule):
    sentences = re.findall(r"[.!?](?=\s|$)", rule.doc)

    assert len(sentences) >= 2
    assert rule.advice.endswith(".")
    assert rule.cites
    assert rule.good
    assert bool(rule.bad) == (rule.code not in ONLY_AT_THE_GATE)
    assert isinstance(rule.severity, Severity)


@each_rule
def test_a_rule_looks_at_one_thing_and_is_of_its_kind(rule: Rule):
    kinds = {"token": (rule.word, rule.look, rule.date), "link": (rule.compare,)}
    kinds |= {"ledger": (rule.check,)}
    (kind,) = [kind for kind, slots in kinds.items() for slot in slots if slot is not None]

    assert rule.kind == kind


@each_rule
def test_a_rule_that_the_gate_runs_too_names_its_step(rule: Rule):
    only_in_archives = rule.code in ABOUT_NO_RECORD | ABOUT_ENTRIES | ABOUT_MANY

    assert (rule.step is None) == only_in_archives
    assert only_in_archives or 1 <= rule.step <= 14


@each_rule
def test_a_rule_over_links_belongs_to_the_step_of_the_lineage(rule: Rule):
    assert rule.kind != "link" or rule.step == 14


def test_only_a_failure_of_the_tool_is_fatal():
    assert [code for code, rule in RULES.items() if rule.severity is Severity.FATAL] == ["ECT901"]


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_every_file_holds_one_rule_and_is_named_after_it(module):
    rule = module.check

    assert RULES[rule.code] is rule
    assert module.__name__.rpartition(".")[2] == rule.name.replace("-", "_")
    assert module.__doc__


def test_every_rule_comes_from_a_file_of_its_own():
    assert len(MODULES) == len(RULES)


@each_good_example
def test_a_good_example_is_clean(text: str):
    assert sketch(text).lint().findings == ()


@each_bad_example
def test_a_bad_example_yields_its_code_and_no_other(rule: Rule, text: str):
    assert sketch(text).codes() == sorted([rule.code, *COMPANIONS.get(rule.code, [])])


@pytest.mark.parametrize("code", COMPANIONS)
def test_a_companion_is_a_rule_and_never_the_rule_itself(code: str):
    assert COMPANIONS[code]
    assert set(COMPANIONS[code]) < RULES.keys() - {code}


@each_bad_example
def test_a_rule_run_alone_finds_its_bad_example(rule: Rule, text: str):
    drawn = sketch(text)
    extra = {code: other for code, other in drawn.rules.items() if code not in RULES}

    assert drawn.codes(extra | {rule.code: rule}) == [rule.code]


@each_bad_example
def test_a_rule_left_out_says_nothing(rule: Rule, text: str):
    drawn = sketch(text)
    others = {code: other for code, other in RULES.items() if code != rule.code}

    assert drawn.codes(others) == COMPANIONS.get(rule.code, [])


@each_bad_example
def test_a_finding_says_what_it_is_and_what_to_do(rule: Rule, text: str):
    for finding in sketch(text).lint().findings:
        told = RULES[finding.code]
        assert finding.name == told.name
        assert finding.severity is told.severity or told.code in GRADED
        assert finding.advice == told.advice
        assert finding.cites == told.cites
        assert finding.message
        assert "\n" not in finding.message
        assert re.fullmatch("[0-9a-f]{16}", finding.fingerprint)


@each_bad_example
def test_a_finding_leads_to_the_bytes_it_is_about(rule: Rule, text: str):
    drawn = sketch(text)
    for finding in drawn.lint().findings:
        assert bool(finding.places) == (rule.code not in ABOUT_NO_RECORD)
        for place in finding.places:
            if place.source == "sketch":
                record = drawn.data.splitlines(keepends=True)[place.index]
                assert place.sha256 == sha256(record).hexdigest()
                assert drawn.data[place.offset :].startswith(record)
                assert place.line == place.index + 1
            else:
                assert place.source == "sketch.keys.json"


@each_bad_example
def test_the_evidence_of_a_finding_is_plain_json(rule: Rule, text: str):
    def is_json(value) -> bool:
        if isinstance(value, dict):
            return all(isinstance(name, str) and is_json(v) for name, v in value.items())
        if isinstance(value, list):
            return all(map(is_json, value))
        return value is None or type(value) in (str, int, float, bool)

    assert all(is_json(finding.evidence) for finding in sketch(text).lint().findings)


@pytest.mark.parametrize("fault", FAULTS)
def test_every_problem_is_judged_by_the_rule_of_its_name(fault: str):
    (entry,) = sketch(f"b@5<a !{fault}").ledger()

    told = [RULES[code] for code, _ in entry.hits]

    assert told
    assert [rule.name for rule in told if rule.word] == [p.kind for p in entry.problems]


def test_the_catalogue_needs_no_graph_library_no_pandas_and_no_graphviz():
    script = (
        "import sys, ectgraph.rules;"
        "print({'networkx', 'pandas', 'graphviz', 'numpy', 'rich', 'typer'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)

    assert done.stdout.strip() == b"set()"


# What findings say, where it is more than one sentence for all


def only_finding(text: str) -> Finding:
    (finding,) = (f for f in sketch(text).lint().findings if f.code != "ECT007")
    return finding


@pytest.mark.parametrize(
    ("other", "differ"),
    [
        ("a@1", ["iat", "exp"]),
        ("a@0 act=pay", ["exec_act"]),
        ("a@0<b", ["parents"]),
        ("a@0 by=agent-b", ["iss", "kid"]),
        ("a@0 draft=01", ["draft", "typ"]),
        ("a@0 by=agent-b iss=spiffe://example.com/agent/agent-a", ["kid"]),
    ],
)
def test_equivocation_names_the_claims_that_differ(other: str, differ: list[str]):
    drawn = sketch(f"b@-9 wid=other; a@0; {other}")
    (finding,) = (found for found in drawn.lint().findings if found.code == "ECT302")

    assert finding.evidence == {
        "sha256": [sha256(record).hexdigest() for record in drawn.records[1:]],
        "differ": differ,
    }
    assert ", ".join(differ) in finding.message


def test_a_cycle_is_told_as_a_way_that_comes_back_to_where_it_began():
    finding = only_finding("a@0<c; b@0<a; c@0<b")
    way = finding.message.partition(": ")[2].split(" → ")

    assert len(way) == 4
    assert way[0] == way[-1]
    assert finding.evidence["tasks"] == 3
    assert sorted(finding.evidence["cycle"]) == sorted(task_id(name) for name in "abc")


def test_of_a_long_cycle_only_the_beginning_is_told_but_all_of_it_is_evidence():
    finding = only_finding("; ".join(f"t{n}@0<t{(n + 1) % 9}" for n in range(9)))
    way = finding.message.partition(": ")[2].split(" → ")

    assert way[5] == "…"
    assert way[0] == way[-1]
    assert len(way) == 7
    assert len(finding.evidence["cycle"]) == 9


def test_the_witness_of_a_knot_is_its_shortest_cycle():
    finding = only_finding("a@0<d,b; b@0<a; c@0<b; d@0<c")

    assert finding.evidence["tasks"] == 4
    assert sorted(finding.evidence["cycle"]) == sorted([task_id("a"), task_id("b")])


def test_a_parent_that_is_later_is_told_with_both_times_and_the_gap():
    finding = only_finding("a@31.5; b@0<a")

    assert finding.evidence == {
        "iat": EPOCH,
        "parent_iat": EPOCH + 31.5,
        "gap": 31.5,
        "skew": 30,
    }
    assert "2026-02-24 14:23:20 UTC" in finding.message
    assert "2026-02-24 14:23:51 UTC" in finding.message


@pytest.mark.parametrize(("text", "found"), [("a@30; b@0<a", 0), ("a@30.001; b@0<a", 1)])
def test_the_skew_is_allowed_and_not_a_millisecond_more(text: str, found: int):
    assert sketch(text).codes().count("ECT401") == found


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("a@0; b@1<a; !max_depth=1", []),
        ("a@0; b@1<a; c@2<b; !max_depth=1", ["ECT501"]),
        ("a@0; b@0; c@1<a,b; !max_parents=2", []),
        ("a@0; b@0; c@1<a,b; !max_parents=1", ["ECT502"]),
    ],
)
def test_a_limit_is_the_last_number_that_is_allowed(text: str, codes: list[str]):
    assert sketch(text).codes() == codes


def test_limits_are_told_with_what_was_counted():
    deep, wide = (
        only_finding(text).evidence
        for text in ("a@0; b@1<a; c@2<b; !max_depth=1", "a@0; b@0; c@1<a,b; !max_parents=1")
    )

    assert deep == {"depth": 2, "max_depth": 1}
    assert wide == {"parents": 2, "max_parents": 1}


def test_a_replay_is_told_with_its_number_once_for_each_source(tmp_path: Path):
    drawn = sketch("a@0; a@0; b@5<a; a@0")
    for name in ("one.jws", "two.jws"):
        (tmp_path / name).write_bytes(drawn.data)
    (tmp_path / "three.jws").write_bytes(drawn.records[0])
    paths = [tmp_path / f"{name}.jws" for name in ("one", "two", "three")]

    findings = load(paths, drawn.ring).report.findings

    assert [(f.code, f.evidence) for f in findings] == [("ECT301", {"records": 3})] * 2
    assert [[place.line for place in f.places] for f in findings] == [[1, 2, 4]] * 2
    assert [Path(f.places[0].source).name for f in findings] == ["one.jws", "two.jws"]


def test_signatures_not_checked_is_told_once_with_their_number():
    finding = only_finding("a@0; b@5<a; c@9<b; !no-keys")

    assert finding.evidence == {"tokens": 3}
    assert "3 signatures" in finding.message
    assert "1 signature " in only_finding("a@0; !no-keys").message


def test_a_bad_key_is_told_with_its_kid_and_the_reason():
    finding = only_finding("a@0; !bad-key")

    assert finding.evidence["kid"] == "secret"
    assert finding.evidence["reason"] in finding.message


# A catalogue that cannot be complete is none

NEW_RULE = """
from ectgraph.rule import Hit, Severity, problem_rule

@problem_rule("{code}", "some-rule", Severity.NOTE, cites="", advice="", good=(), bad=())
def check(problem):
    return Hit("")
"""


def catalogue_with(tmp_path: Path, source: str) -> subprocess.CompletedProcess[bytes]:
    """Import a copy of the package that has one more file under `rules/`."""
    copy = tmp_path / "ectgraph"
    shutil.copytree(Path(ectgraph.rules.__file__).parents[1], copy)
    (copy / "rules" / "graph" / "some_rule.py").write_text(source, "utf-8")
    script = "from ectgraph.rules import RULES; print(*RULES)"
    return subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, check=False
    )


def test_adding_a_rule_is_adding_a_file(tmp_path: Path):
    done = catalogue_with(tmp_path, NEW_RULE.format(code="ECT399"))

    assert done.stdout.decode().split() == sorted([*RULES, "ECT399"])


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (NEW_RULE.format(code="ECT303"), b"ECT303 is taken"),
        ("import there_is_no_such_module", b"there_is_no_such_module"),
        ("def check(", b"SyntaxError"),
    ],
)
def test_a_rule_that_cannot_be_had_stops_the_program(tmp_path: Path, source: str, words: bytes):
    done = catalogue_with(tmp_path, source)

    assert done.returncode == 1
    assert words in done.stderr
    assert done.stdout == b""


def test_a_problem_rule_that_raises_is_told_and_the_reading_goes_on(monkeypatch):
    def raises(problem):
        raise LookupError(problem.where)

    monkeypatch.setitem(RULES._words, "bad-signature", ("ECT201", raises))

    report = sketch("a@0; b@5<a !flipped; c@9<a").lint()

    (finding,) = report.findings
    assert (finding.code, finding.severity) == ("ECT901", "fatal")
    assert finding.message == "the rule ECT201 failed: LookupError: signature"
    assert finding.places[0].line == 2
    assert report.summary.tasks == 3
    assert "What the failed rules look for." in report.not_established


def test_a_token_rule_that_raises_is_told_and_the_others_still_look(monkeypatch):
    def raises(token, policy):
        raise LookupError(token.exec_act)

    monkeypatch.setattr(RULES, "_looks", [("ECT113", raises), *RULES._looks])

    report = sketch("a@0 life=901").lint()

    assert [finding.code for finding in report.findings] == ["ECT406", "ECT901"]
    assert report.findings[1].message == "the rule ECT113 failed: LookupError: a"
    assert "Traceback" in report.findings[1].evidence["traceback"]


# What a caller means


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("ECT302", ["ECT302"]),
        ("ect302", ["ECT302"]),
        (" equivocation ", ["ECT302"]),
        ("Equivocation", ["ECT302"]),
        ("ECT71", ["ECT711", "ECT712", "ECT713"]),
        ("ECT", list(RULES)),
    ],
)
def test_a_rule_is_meant_by_code_by_beginning_and_by_name(text: str, codes: list[str]):
    assert RULES.meant(text) == codes


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("ECT3O3", "ECT303"),
        ("equivokation", "equivocation"),
        ("missing_parent", "missing-parent"),
        ("ECTT201", "ECT201"),
        ("zzz", "ectgraph rule --all"),
        ("", "ectgraph rule --all"),
        ("x" * 100_000, "ectgraph rule --all"),
    ],
)
def test_who_means_no_rule_is_told_the_nearest(refusal, text: str, near: str):
    message = refusal(RULES.meant, text)

    assert near in message
    assert len(message) < 200


def test_a_code_is_itself_before_it_is_a_beginning():
    """`ACME100` is not `ACME1000`."""
    one, other = (replace(RULES["ECT503"], code=code, name=code) for code in ("X100", "X1000"))

    assert Catalogue([one, other], None).meant("X100") == ["X100"]


def test_a_catalogue_goes_to_another_process_by_its_name():
    assert pickle.loads(pickle.dumps(RULES)) is RULES  # noqa: S301


# Judging one token


def test_a_token_is_judged_by_its_problems_first_and_then_by_its_claims():
    entry = sketch("a@0<a,a life=901 jti=1 pol=p alg=none !no-iat").ledger()[0]

    hits = ectgraph.rules.judge(entry.token, entry.problems, Policy())

    assert [code for code, _ in hits] == ["ECT110", "ECT120", "ECT102", "ECT112", "ECT306"]
    assert hits == entry.hits


def test_what_holds_no_token_is_judged_by_its_problems_alone():
    problem = Problem("unreadable-record", "record", "5 bytes")

    ((code, hit),) = ectgraph.rules.judge(None, (problem,), Policy())

    assert (code, hit.witness) == ("ECT001", "record")


def test_a_token_in_which_nothing_is_wrong_is_not_judged():
    (entry,) = sketch("a@0").ledger()

    assert ectgraph.rules.judge(entry.token, (), Policy()) == ()
    assert ectgraph.rules.judge(None, (), Policy()) == ()
