"""Rules over evidence -> report: what counts, what stays, where findings stand."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from ectgraph import linter
from ectgraph.errors import EctgraphError, VerificationError
from ectgraph.keys import KeyRing
from ectgraph.model import Report, Severity
from ectgraph.policy import Policy
from ectgraph.rule import Hit, ledger_rule, link_rule
from ectgraph.rules import RULES
from ectgraph.testing import EPOCH, Sketch, compact_json, jwks, sketch, task_id

FAULTY = "a@0; b@5<a,z; c@6<b !flipped; 'junk'; !bad-key"
FAULTY_CODES = ["ECT001", "ECT201", "ECT209", "ECT303"]

BAD = [
    pytest.param(text, id=f"{rule.code}-{number}")
    for rule in RULES.values()
    for number, text in enumerate(rule.bad, 1)
    if text  # of an empty ledger nothing can be moved
]
each_bad_example = pytest.mark.parametrize("text", BAD)
each_bad_example_without_a_sequence = pytest.mark.parametrize(
    "text",
    [
        each
        for each in BAD
        if not str(each.id).startswith("ECT60")
        and not any(mark in str(each) for mark in ("!revoked", "!chained", '"seq"'))
    ],
)


def prints(report: Report) -> Counter[tuple[str, str]]:
    """The findings by what stays the same while the fact does."""
    return Counter((finding.code, finding.fingerprint) for finding in report.findings)


def with_records(drawn: Sketch, *records: bytes) -> Sketch:
    """The same keys, policy and rules over other records."""
    return replace(drawn, records=records)


# What counts, and what is only kept


@pytest.mark.parametrize(
    ("select", "ignore", "counted"),
    [
        ((), (), FAULTY_CODES),
        (("ECT303",), (), ["ECT303"]),
        (("ECT2",), (), ["ECT201", "ECT209"]),
        (("ECT2", "ECT0"), (), ["ECT001", "ECT201", "ECT209"]),
        ((), ("ECT303",), ["ECT001", "ECT201", "ECT209"]),
        ((), ("ECT2",), ["ECT001", "ECT303"]),
        (("ECT2",), ("ECT201",), ["ECT209"]),
        (("ECT",), ("ECT",), []),
        (("ECT5",), (), []),
    ],
)
def test_what_is_not_selected_or_is_ignored_stays_marked_and_counted(select, ignore, counted):
    evidence = sketch(FAULTY).evidence()

    report = linter.lint(evidence, select=select, ignore=ignore)

    assert sorted(f.code for f in report.findings) == FAULTY_CODES
    assert sorted(f.code for f in report.findings if not f.ignored) == counted
    assert sorted(f.code for f in report.at_least("note")) == counted
    assert report.summary.findings["ignored"] == len(FAULTY_CODES) - len(counted)
    assert sum(report.summary.findings.values()) == len(FAULTY_CODES)


def test_ignoring_changes_nothing_else_about_a_finding():
    evidence = sketch(FAULTY).evidence()

    heeded, ignored = linter.lint(evidence), linter.lint(evidence, ignore=["ECT"])

    assert prints(heeded) == prints(ignored)
    assert [f.places for f in heeded.findings] == [f.places for f in ignored.findings]


@pytest.mark.parametrize(
    "choice", [{"ignore": ["ECT"]}, {"ignore": ["ECT901"]}, {"select": ["ECT303"]}]
)
def test_a_failure_of_the_tool_cannot_be_ignored(choice):
    drawn = sketch("a@0; !broken-rule")

    report = linter.lint(drawn.evidence(), rules=drawn.rules, **choice)

    assert [f.code for f in report.at_least("fatal")] == ["ECT901"]
    assert report.summary.findings["fatal"] == 1
    with pytest.raises(VerificationError, match="ECT901"):
        report.raise_for("error")


# A rule that raises


def test_a_rule_that_raises_is_told_and_the_others_still_run():
    report = sketch("a@0; b@5<a,z; c@6 !flipped; !broken-rule").lint()

    assert sorted(f.code for f in report.findings) == ["ECT201", "ECT303", "ECT901"]
    (broken,) = (f for f in report.findings if f.code == "ECT901")
    assert broken.severity is Severity.FATAL
    assert broken.evidence["rule"] == "ECT999"
    assert "Traceback" in broken.evidence["traceback"]
    assert "RuntimeError: 3 records were too many" in broken.message


def test_a_rule_that_raises_keeps_what_it_had_found():
    @ledger_rule("ECT998", "half", Severity.NOTE, cites="", advice="", good=(), bad=())
    def half(evidence):
        yield Hit("first", task_id("a"))
        raise ValueError

    report = sketch("a@0").lint({**RULES, "ECT998": half})

    assert [f.code for f in report.findings] == ["ECT998", "ECT901"]


@pytest.mark.parametrize("records", [(), (0,)])
def test_a_rule_that_names_an_unknown_task_counts_as_failed(records):
    @ledger_rule("ECT998", "lost", Severity.NOTE, cites="", advice="", good=(), bad=())
    def lost(evidence):
        yield Hit("where is it?", "no such task", records=records)

    report = sketch("a@0").lint({**RULES, "ECT998": lost})

    assert [f.code for f in report.findings] == ["ECT901"]
    assert report.findings[0].evidence["rule"] == "ECT998"


def test_a_rule_that_raises_is_told_also_among_rules_of_the_callers_choice():
    drawn = sketch("a@0; !broken-rule")

    report = drawn.lint({"ECT999": drawn.rules["ECT999"]})

    assert report.at_least("fatal")


def test_linting_twice_gives_the_same_report():
    drawn = sketch(FAULTY + "; !broken-rule")
    evidence = drawn.evidence()

    assert linter.lint(evidence, rules=drawn.rules) == linter.lint(evidence, rules=drawn.rules)


def test_a_rule_over_links_that_raises_is_told_and_the_others_still_run():
    @link_rule("ECT998", "torn", Severity.NOTE, cites="", advice="", good=(), bad=())
    def torn(link, policy):
        raise LookupError(link.child.exec_act)

    report = sketch("a@0; b@5<a,z").lint({**RULES, "ECT998": torn})

    assert [f.code for f in report.findings] == ["ECT303", "ECT901"]
    assert report.findings[1].message == "the rule ECT998 failed: LookupError: b"


# Rules over links


def test_a_rule_over_links_is_asked_of_every_link_and_tells_of_the_child():
    @link_rule("ECT998", "linked", Severity.NOTE, cites="", advice="", good=(), bad=())
    def linked(link, policy):
        return Hit(f"{link.parent.exec_act} {link.child.exec_act} {policy.skew}")

    report = sketch("c@9<a,b; a@0; b@5<a,z; !skew=7").lint({"ECT998": linked})

    assert [(f.message, [place.index for place in f.places]) for f in report.findings] == [
        ("b c 7", [0, 2]),
        ("a c 7", [0, 1]),
        ("a b 7", [2, 1]),
    ]
    assert [f.jti for f in report.findings] == [task_id(name) for name in "ccb"]
    assert len(set(prints(report))) == 3


def test_a_finding_about_a_link_is_the_same_whichever_workflow_names_its_parent():
    one = sketch("a@0 wid=one; b@5<a wid=two").lint()
    other = sketch("b@5<a wid=two; x@0 wid=three; a@0 wid=one").lint()

    assert prints(one) == prints(other)


# Severities


@pytest.mark.parametrize(
    ("hit", "caller", "severity"),
    [
        (None, None, Severity.WARNING),
        (Severity.ERROR, None, Severity.ERROR),
        (Severity.NOTE, None, Severity.NOTE),
        (None, Severity.NOTE, Severity.NOTE),
        (Severity.ERROR, Severity.NOTE, Severity.NOTE),
        (Severity.NOTE, Severity.ERROR, Severity.ERROR),
    ],
)
def test_a_finding_is_as_bad_as_the_rule_then_the_hit_then_the_caller_says(hit, caller, severity):
    @ledger_rule("ECT998", "graded", Severity.WARNING, cites="", advice="", good=(), bad=())
    def graded(evidence):
        yield Hit("it is odd", task_id("a"), severity=hit)

    drawn = sketch("a@0")
    policy = Policy(severities={"ECT998": caller} if caller else {"ECT997": Severity.FATAL})
    report = Sketch(drawn.records, drawn.ring, policy).lint({"ECT998": graded})

    assert [f.severity for f in report.findings] == [severity]
    assert report.summary.findings[severity.value] == 1
    assert [f.code for f in report.at_least(severity)] == ["ECT998"]


def test_how_bad_it_is_changes_nothing_else_about_a_finding():
    drawn = sketch(FAULTY)
    policy = Policy(severities=dict.fromkeys(RULES, Severity.NOTE))

    usual, mild = drawn.lint(), Sketch(drawn.records, drawn.ring, policy).lint()

    assert prints(usual) == prints(mild)
    assert {f.severity for f in mild.findings} == {Severity.NOTE}
    mild.raise_for("warning")


def test_no_caller_can_make_a_failure_of_the_tool_a_note():
    drawn = sketch("a@0; !broken-rule")
    policy = Policy(severities={"ECT901": Severity.NOTE})

    report = Sketch(drawn.records, drawn.ring, policy, drawn.rules).lint()

    assert report.at_least("fatal")


# Fingerprints


@each_bad_example
def test_fingerprints_stay_when_blank_lines_and_comments_come_in(text: str):
    drawn = sketch(text)
    moved = with_records(drawn, *(b"\n# a comment\n\n" + record for record in drawn.records))

    assert prints(moved.lint()) == prints(drawn.lint())


@each_bad_example_without_a_sequence
def test_fingerprints_stay_when_other_records_come_before(text: str):
    drawn = sketch(text)
    # Whatever a policy says of its verifier and of the time, nothing is wrong with the others.
    at = drawn.policy.at or EPOCH
    options = f"wid=elsewhere aud={drawn.policy.audience or 'urn:anybody'}"
    if drawn.policy.agents:
        options += " act=a"
    others = sketch(f"x@{at - EPOCH} {options}; y@{at - EPOCH}<x {options}; !low-s").records

    assert prints(with_records(drawn, *others, *drawn.records).lint()) == prints(drawn.lint())


@each_bad_example_without_a_sequence
def test_fingerprints_stay_when_the_records_change_their_order(text: str):
    drawn = sketch(text)

    assert prints(with_records(drawn, *reversed(drawn.records)).lint()) == prints(drawn.lint())


def test_the_fingerprint_of_a_too_long_lineage_does_not_depend_on_the_order():
    fork = sketch("r@0; a@1<r; b@1<r; !max_depth=0")

    assert prints(with_records(fork, *reversed(fork.records)).lint()) == prints(fork.lint())


def test_fingerprints_tell_facts_apart():
    drawn = sketch("a@99; b@99; c@0<a,b,y,z; d@0<a,d; 'junk'; 'more junk'; e@0 !no-exp; f@0 aud=")
    report = drawn.lint()

    assert len(report.findings) == 10
    assert set(prints(report).values()) == {1}


def test_fingerprints_tell_the_same_jti_in_two_workflows_apart():
    report = sketch("a@0 wid=one; a@1 wid=one; a@0 wid=two; a@1 wid=two").lint()

    assert [f.code for f in report.findings] == ["ECT302", "ECT302"]
    assert set(prints(report).values()) == {1}


def test_a_fingerprint_does_not_hang_on_the_wording():
    (strict,), (lax,) = (sketch(f"a@40; b@0<a; !skew={skew}").lint().findings for skew in (5, 6))

    assert strict.message != lax.message
    assert strict.fingerprint == lax.fingerprint


# Order and places


def test_findings_stand_in_the_order_of_their_records_then_of_their_codes():
    report = sketch("!bad-key; a@0 aud= act= !flipped; 'junk'; b@5<a,z; c@0<a,c !short").lint()

    assert [(f.places[0].index, f.code) for f in report.findings[:-1]] == [
        (0, "ECT110"),
        (0, "ECT110"),
        (0, "ECT201"),
        (1, "ECT001"),
        (2, "ECT303"),
        (2, "ECT308"),
        (3, "ECT201"),
        (3, "ECT304"),
    ]
    assert report.findings[-1].code == "ECT209"


def test_a_finding_names_its_own_record_first_and_then_the_related_ones():
    report = sketch("b@0<a; a@99; c@5<b").lint()

    (late,) = report.findings
    assert (late.code, late.jti, late.task) == ("ECT401", task_id("b"), task_id("b"))
    assert late.wid == task_id("workflow")
    assert [place.index for place in late.places] == [0, 1]


def test_a_knot_is_placed_at_each_of_its_records_once():
    (knot,) = sketch("r@0; a@0<c,r; b@0<a; c@0<b").lint().findings

    assert sorted(place.index for place in knot.places) == [1, 2, 3]
    assert knot.jti == min(task_id(name) for name in "abc")


def test_a_missing_task_is_placed_at_the_records_that_need_it():
    (missing,) = sketch("b@5<a; c@6<b; d@7<a").lint().findings

    assert (missing.code, missing.jti, missing.wid) == ("ECT303", task_id("a"), None)
    assert [place.line for place in missing.places] == [1, 3]
    assert missing.evidence["needed_by"] == [task_id("b"), task_id("d")]


def test_a_task_that_needs_its_workflow_in_its_name_still_has_its_jti():
    drawn = sketch("a@0 wid=one !flipped; a@0<a wid=two")
    flipped, own = drawn.lint().findings

    assert flipped.task == f"{task_id('a')}@{task_id('one')}"
    assert own.task == f"{task_id('a')}@{task_id('two')}"
    assert (flipped.jti, flipped.wid) == (task_id("a"), task_id("one"))
    assert (own.jti, own.wid) == (task_id("a"), task_id("two"))


def test_a_record_without_jti_has_findings_and_a_place_but_no_task():
    (finding,) = sketch("a@0; b@5<a !no-jti").lint().findings

    assert (finding.code, finding.task, finding.jti) == ("ECT110", None, None)
    assert finding.places[0].line == 2


def test_the_report_names_what_was_read_and_with_which_keys():
    report = sketch("a@0; b@5<a by=agent-b").lint()

    assert [(i.source, i.format, i.records) for i in report.inputs] == [("sketch", "jws", 2)]
    assert [(k.source, k.keys) for k in report.keys] == [("sketch.keys.json", 2)]
    assert sketch("a@0; !no-keys").lint().keys == ()


# Asking a report


def test_at_least_gives_the_findings_of_a_severity_and_worse():
    report = sketch("a@0; b@5<a,z; !bad-key").lint()

    assert [f.code for f in report.at_least("note")] == ["ECT303", "ECT209"]
    assert [f.code for f in report.at_least(Severity.WARNING)] == ["ECT303", "ECT209"]
    assert [f.code for f in report.at_least("error")] == ["ECT303"]
    assert report.at_least("fatal") == []
    with pytest.raises(ValueError, match="dreadful"):
        report.at_least("dreadful")


def test_raise_for_raises_with_the_worst_finding():
    report = sketch("a@0 !flipped; b@5<a,z; !bad-key; !broken-rule").lint()

    with pytest.raises(VerificationError) as caught:
        report.raise_for("warning")
    assert caught.value.finding.code == "ECT901"
    assert isinstance(caught.value, EctgraphError)
    assert str(caught.value).startswith("ECT901 rule-broke: ")


def test_raise_for_takes_the_first_of_equally_bad_findings():
    with pytest.raises(VerificationError, match="ECT201"):
        sketch("!bad-key; a@0 !flipped; b@5<a,z").lint().raise_for()


def test_raise_for_lets_milder_and_ignored_findings_pass():
    drawn = sketch("a@0; b@5<a,z; !bad-key")

    sketch("a@0; !bad-key").lint().raise_for("error")
    linter.lint(drawn.evidence(), ignore=["ECT303"]).raise_for("error")
    with pytest.raises(VerificationError, match="ECT209"):
        linter.lint(drawn.evidence(), ignore=["ECT303"]).raise_for("warning")


# Size


def test_a_chain_of_30000_tasks_is_too_deep_and_no_recursion_fails():
    records = [
        compact_json(
            {
                "iss": "spiffe://example.com/agent/a",
                "aud": "spiffe://example.com/ledger",
                "iat": EPOCH + n,
                "exp": EPOCH + n + 600,
                "jti": task_id(f"t{n}"),
                "exec_act": "step",
                "par": [task_id(f"t{n - 1}")] if n else [],
            }
        )
        for n in range(30_000)
    ]
    ring = KeyRing.from_jwks(jwks("agent-a"))

    report = Sketch(tuple(records), ring, Policy(minimum_level="L1")).lint()

    last = task_id("t29999")
    assert [(f.code, f.jti) for f in report.findings] == [("ECT501", last), ("ECT504", last)]
    assert report.summary.depth == 29_999
    assert report.summary.trust["unsigned"] == 30_000


def test_a_knot_of_3000_tasks_is_one_finding():
    records = sketch("; ".join(f"t{n}@0<t{(n + 1) % 3000}" for n in range(3000)))

    (knot,) = records.lint().findings
    assert knot.code == "ECT305"
    assert knot.evidence["tasks"] == len(knot.evidence["cycle"]) == 3000


def test_2000_tokens_of_wrong_keys_are_2000_findings():
    report = sketch("; ".join(f"t{n}@{n} wid={n} !stranger" for n in range(2000))).lint()

    assert Counter(f.code for f in report.findings) == {"ECT201": 2000}
    assert report.summary.trust["invalid"] == 2000
    assert {f.jti for f in report.findings} == {task_id(f"t{n}") for n in range(2000)}


def test_an_empty_ledger_never_passes():
    report = sketch("").lint()

    assert [f.code for f in report.at_least("error")] == ["ECT009"]
    assert report.established == ()
