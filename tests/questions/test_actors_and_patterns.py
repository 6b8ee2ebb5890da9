"""Questions on actors and patterns: what they say of ledgers where the answer is known."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import ectgraph
from ectgraph.ledger import Ledger
from ectgraph.model import Entry
from ectgraph.policy import Policy
from ectgraph.questions.agents import agents, key_use, partners
from ectgraph.questions.answer import Answer
from ectgraph.questions.clocks import clocks, hours
from ectgraph.questions.decisions import after_rejection, decisions
from ectgraph.questions.pace import bursts, gaps
from ectgraph.questions.question import QUESTIONS
from ectgraph.questions.rarity import rare
from ectgraph.questions.shapes import conformance, shapes
from ectgraph.questions.silence import silent
from ectgraph.rule import Evidence
from ectgraph.testing import AGENTS, sketch

ALL = (
    *(agents, key_use, partners, clocks, hours, decisions, after_rejection),
    *(bursts, gaps, rare, shapes, conformance, silent),
)
LEDGERS = {
    "empty": "",
    "no workflow": "a@0 wid=; b@5<a wid= by=agent-b",
    "one workflow": "a@0; b@5<a by=agent-b; c@9<b",
    "ring": "a@0<c; b@5<a by=agent-b; c@9<b by=agent-c; a@0<a wid=",
    "missing": "b@5<a,z by=agent-b; c@2<b",
    "bare": "a@0 iss= act= wid= aud=; b@5<a iss= act= wid= aud= !flipped",
    "no keys": "a@100; b@5<a by=agent-b pol=p pol_decision=rejected; c@0<b by=agent-c; !no-keys",
    "rivals": "a@0 pol=p pol_decision=approved; b@1 !flipped; b@2<a; 'junk'",
}


def evidence_of(text: str) -> Evidence:
    return sketch(text).evidence()


@pytest.mark.parametrize("ask", ALL, ids=lambda ask: ask.__name__)
@pytest.mark.parametrize("name", LEDGERS)
def test_every_ledger_gets_an_answer_that_fits_its_columns(ask, name):
    evidence = evidence_of(LEDGERS[name])
    answer: Answer = ask(evidence)
    assert answer.question == ask.__name__.replace("_", "-")
    assert QUESTIONS[answer.question].ask is ask
    assert answer.established
    assert all(
        text.strip().endswith(".") for text in (*answer.established, *answer.not_established)
    )
    assert all(len(row) == len(answer.columns) for row in answer.rows)
    assert len({column.name for column in answer.columns}) == len(answer.columns)
    assert set(answer.tasks) <= set(evidence.graph)
    assert len(set(answer.tasks)) == len(answer.tasks)
    if name == "empty":
        assert answer.rows == ()


@pytest.mark.parametrize("ask", ALL, ids=lambda ask: ask.__name__)
def test_a_limit_hides_rows_and_says_so(ask, refusal):
    pay = "a{0}@{0} wid=w{0} by=agent-{0} pol=p pol_decision=rejected; b{0}@9{0}<a{0} wid=w{0}; c{0}@99{0}<b{0} wid=w{0} act=c{1}"
    evidence = evidence_of("; ".join(pay.format(n, n // 2) for n in range(5)))
    whole, cut = ask(evidence), ask(evidence, limit=1)
    assert cut.rows == whole.rows[:1]
    assert ("the limit is 1 row." in " ".join(cut.not_established)) == (len(whole) > 1)
    assert "the limit" not in " ".join(whole.not_established)
    assert "limit" in refusal(ask, evidence, limit=0)


@pytest.mark.parametrize("ask", ALL, ids=lambda ask: ask.__name__)
def test_hostile_claims_neither_break_a_row_nor_fill_a_sentence(ask, entry: Callable[..., Entry]):
    odd = "\0\u202e</script>=1+1\ud800" + "x" * 100_000
    entries = [
        entry(
            f"{n}{odd}",
            odd,
            [f"{n - 1}{odd}"],
            iss=f"{odd}{n % 2}",
            aud=(odd,),
            exec_act=odd,
            iat=-n * 10**n,
            pol=odd,
            pol_decision="rejected",
        )
        for n in range(12)
    ]
    answer = ask(Evidence(Ledger(entries), None, Policy()))
    for text in (answer.title, *answer.established, *answer.not_established):
        assert len(text) < 2000


def test_the_harbours_clocks_are_told_with_their_doubts():
    case = ectgraph.load("sample_ledgers/clock-trouble.jsonl", "sample_ledgers/keys.json")
    answer = clocks(Evidence(case.ledger, case.ring, case.policy))
    back, least, scanner = answer.established
    assert back == "1 of 8 links between 7 agents goes back in time, by their clocks."
    assert least == "The least correction that lets all go forward is 355 s in sum, of 1 clock."
    assert scanner.startswith("scanner: 355 s slow; 1 link shows it, with 1 other agent.")
    assert scanner.endswith("In any such correction it is -355 s to -260 s.")
    assert answer.not_established[0].startswith("That 1 clock is wrong, and not the times of one")


def test_times_that_no_offsets_explain_are_told_with_the_circle():
    answer = clocks(evidence_of("a@100; b@0<a by=agent-b; c@50<b; d@-50<c by=agent-b; e@-40<d"))
    assert answer.rows == ()
    assert any("no constant offsets explain their times" in text for text in answer.not_established)
    assert any("agent-a, agent-b" in text for text in answer.not_established)
    assert (
        len(answer.tasks) == 3
    )  # of the link that goes back the most, and of the shortest one after it


def test_times_of_tokens_that_did_not_verify_move_no_clock():
    text = "a@0; b@5<a by=agent-b; c@-900<a by=agent-c !flipped"
    answer = clocks(evidence_of(text))
    assert [row[1] for row in answer.rows] == [0, 0]
    assert any("times of 1 task do not count" in text for text in answer.not_established)


@pytest.mark.parametrize(
    ("text", "doubt"),
    [
        ("a@0; b@-9<a by=agent-b", "Whether 2 clocks are wrong, or those of partners instead"),
        ("a@0; b@-9<a; c@5<b by=agent-b", "Why 1 link of an agent to itself goes back in time"),
        ("a@0<b; b@9<a by=agent-b", "Anything by 2 links between agents in circles of tasks"),
        ("a@0 !flipped; b@9<a by=agent-b !flipped", "no token of 2 tasks verified"),
    ],
)
def test_what_an_estimate_leaves_open_is_told(text, doubt):
    assert doubt in " ".join(clocks(evidence_of(text)).not_established)


def test_a_time_that_is_not_known_and_a_crowd_are_told(entry, monkeypatch):
    monkeypatch.setattr("ectgraph.analysis.clocks.MOST", 0)
    ledger = Ledger(
        entry(str(n), None, [str(p) for p in parents], iss=f"agent-{n}", iat=iat)
        for n, (iat, parents) in enumerate([(9, []), (5, [0]), (None, [1])])
    )
    told = " ".join(clocks(Evidence(ledger, None, Policy())).not_established)
    assert "How far the clocks of 2 agents are apart: more than 0 pairs" in told
    assert "Anything by 1 link between agents: a time is not known." in told


def test_an_agent_with_several_keys_in_use_at_one_time_is_told():
    text = "a@0; b@9<a; c@5<b kid=agent-b; !no-keys"
    assert agents(evidence_of(text)).established[1] == (
        "1 agent has several keys in use at one time, by records none of which verified; "
        "the most: 2, of agent-a."
    )
    signed = evidence_of("a@0; b@5<a by=agent-b iss=spiffe://example.com/agent/agent-a; c@9<b")
    assert agents(signed).established[1] == (
        "1 agent has several keys in use at one time; the most: 2, of agent-a."
    )


def test_of_shapes_that_are_as_frequent_the_first_is_the_template():
    answer = conformance(
        evidence_of("a@0 wid=m act=x; b@0 wid=n act=x; c@0 wid=o; d@0 wid=p act=c")
    )
    assert answer.established[0].endswith("2 of 4 workflows, and the first of those as frequent.")
    assert "Which shape is the usual one: several are as frequent." in answer.not_established


def test_who_went_on_is_told_as_lint_tells_it():
    text = (
        "a@0 pol=p pol_decision=rejected; b@1<a; c@2<a pol=p pol_decision=pending_human_review; "
        'd@3<c; e@4<a ext={"compensation_required":true,"compensation_reason":"x"}; f@5<e'
    )
    drawn = sketch(text)
    answer = after_rejection(drawn.evidence())
    told = {row[3]: row[2] for row in answer.rows if row[2]}
    report = drawn.lint()
    lint = {f.task: f.code for f in report.findings if f.code in ("ECT701", "ECT702")}
    assert told == lint
    assert len(told) == 2
    settled = {row[4]: row[1] for row in answer.rows}
    assert settled == {"b": False, "c": False, "d": False, "e": False, "f": True}


def test_a_rejection_on_which_nothing_builds_is_told():
    answer = after_rejection(evidence_of("a@0 pol=p pol_decision=rejected"))
    assert answer.established == (
        "1 task was rejected and 0 are pending; 0 tasks build on it, 0 of these directly.",
    )


def test_a_workflow_is_compared_with_the_one_that_is_named(refusal):
    flow = "a{0}@0 wid={0} act=ask; b{0}@1<a{0} wid={0} act=pay"
    text = "; ".join(flow.format(f"w{n}") for n in range(3)) + "; z@0 wid=zz act=pay"
    evidence = evidence_of(text)
    wid, *_, last = evidence.ledger.workflows()
    answer = conformance(evidence, like=last)
    assert [row[1:4] for row in answer.rows] == [(2, None, "1 ask, 1 ask → pay")] * 3
    assert conformance(evidence, like=wid).rows == conformance(evidence).rows
    assert "there is no wid 'nothing'" in refusal(conformance, evidence, like="nothing")


def test_where_all_workflows_differ_none_is_usual():
    answer = conformance(evidence_of("a@0 wid=m; b@0 wid=n"))
    assert answer.rows == ()
    assert answer.established == (
        "No two of 2 workflows are alike: none is usual. Name one to compare with, by `like`.",
    )


def test_one_workflow_has_nothing_to_be_compared_with():
    for ask in (shapes, conformance):
        assert "none to compare it with" in ask(evidence_of("a@0; b@5<a")).established[0]
        assert "No task is of a workflow" in ask(evidence_of("a@0 wid=")).established[0]


def test_who_stopped_is_told_after_those_who_never_began():
    text = f"a@0; b@5<a by=agent-b; c@9<b aud={AGENTS}agent-b; d@10<c aud={AGENTS}agent-z"
    answer = silent(evidence_of(text))
    assert [(row[0].rpartition("/")[2], row[1], row[4]) for row in answer.rows] == [
        ("ledger", 0, 0),
        ("agent-z", 0, 0),
        ("agent-b", 1, 1),
    ]


@pytest.mark.parametrize("ask", [key_use, hours, bursts, gaps], ids=lambda ask: ask.__name__)
def test_one_agent_can_be_asked_for_by_the_end_of_its_name(ask, refusal):
    steps = "; ".join(f"t{n}@{n * 10 + n % 3} by=agent-{'ab'[n % 2]}" for n in range(30))
    evidence = evidence_of(steps)
    answer = ask(evidence, iss="agent-b")
    names = {value for row in answer.rows for value in row if str(value).startswith(AGENTS)}
    assert names <= {f"{AGENTS}agent-b"}
    assert "did you mean" in refusal(ask, evidence, iss=f"{AGENTS}agent-bb")
    assert "several iss may be meant" in refusal(ask, evidence, iss="spiffe://")


def test_keys_that_follow_each_other_under_one_name_are_told_apart():
    case = ectgraph.load(
        "sample_ledgers/old-archive.jsonl.gz", "sample_ledgers/old-archive.keys.json"
    )
    evidence = Evidence(case.ledger, case.ring, case.policy)
    answer = key_use(evidence, iss="auditor")
    assert len({row[1] for row in answer.rows}) == 1
    assert len({row[-1] for row in answer.rows}) == len(answer.rows) == 6
    columns = [column.name for column in agents(evidence).columns]
    rows = [dict(zip(columns, row, strict=True)) for row in agents(evidence).rows]
    assert [(row["kids"], row["keys"], row["keys_at_once"]) for row in rows] == [
        (1, 7, 1),
        (1, 7, 1),
        (1, 6, 1),
    ]


@pytest.mark.parametrize(
    ("ask", "text", "said"),
    [
        (
            hours,
            "a@0",
            "1 task of 1 agent has a time; 0 of them are outside of their agent's usual hours.",
        ),
        (clocks, "a@0; b@9<a by=agent-b", "0 of 1 link between 2 agents go back in time"),
        (shapes, "a@0 wid=m; b@0 wid=n", "2 shapes are those of one alone."),
        (
            after_rejection,
            'a@0 pol=p pol_decision=rejected; b@1<a iss= ext={"compensation_required":true}',
            "1 of these says that it undoes something",
        ),
    ],
    ids=["hours", "clocks", "shapes", "after-rejection"],
)
def test_one_is_told_as_one(ask, text, said):
    assert said in " ".join(ask(evidence_of(text)).established)


def test_agents_of_those_who_went_on_are_told_where_any_is_named():
    drawn = "a@0 pol=p pol_decision=rejected; b@1<a iss=; c@2<b by=agent-c"
    assert after_rejection(evidence_of(drawn)).established[-1].endswith("By agent: agent-c 1.")
    nobody = after_rejection(evidence_of(drawn.replace("by=agent-c", "iss=")))
    assert nobody.established[-1].endswith("(ECT701, ECT702).")


@pytest.mark.parametrize(
    "ask",
    [hours, bursts, gaps, rare, shapes, conformance, silent],
    ids=lambda ask: ask.__name__,
)
def test_what_only_unproven_tokens_say_is_told_as_claimed(ask):
    text = "a@0; b@5<a; c@9<b !flipped"
    assert "1 of these tasks did not verify" in " ".join(ask(evidence_of(text)).not_established)
    assert "No keys were given" in " ".join(ask(evidence_of(f"{text}; !no-keys")).not_established)
    assert "verify" not in " ".join(ask(evidence_of("a@0; b@5<a; c@9<b")).not_established)


def test_an_agent_without_times_is_told_as_that_and_not_as_all():
    evidence = evidence_of("a@0; b@5 by=agent-b !no-iat; c@9 iss=")
    assert hours(evidence, iss="agent-b").established == (
        "No task of the agent agent-b has a time.",
    )
    assert hours(evidence, iss="agent-b").not_established == hours(evidence).not_established[:1]
    assert "Whose 1 task without `iss` did." in hours(evidence).not_established
    assert "No three tasks of agent-b" in gaps(evidence, iss="agent-b").established[0]


def test_an_agent_of_whom_only_a_second_record_tells_can_be_asked_for_everywhere():
    evidence = evidence_of("a@0; a@0 by=agent-b; b@9<a")
    assert {row[0] for row in agents(evidence).rows} == {f"{AGENTS}agent-a", f"{AGENTS}agent-b"}
    for ask in (key_use, hours, bursts, gaps):
        assert ask(evidence, iss="agent-b").established


def test_hours_are_numbers_and_a_day_ends_at_24():
    evidence = evidence_of("; ".join(f"t{n}@{n * 3600}" for n in range(24)))
    answer = hours(evidence)
    (row,) = (dict(zip([c.name for c in answer.columns], row, strict=True)) for row in answer.rows)
    assert [row[f"h{hour:02}"] for hour in range(24)] == [1] * 24
    assert row["usual_hours"] == "00:00–22:00"
    assert hours(evidence_of("a@31000")).rows[0][2] == "23:00–24:00"


def test_gaps_that_a_bound_leaves_out_are_told():
    text = "; ".join(f"t{n}@{n * n}" for n in range(9))
    assert "no more than 3 are told" in " ".join(gaps(evidence_of(text)).not_established)
    whole = gaps(evidence_of(text), iss="agent-a")
    assert len(whole) == 8
    assert "no more than" not in " ".join(whole.not_established)
    some = gaps(evidence_of(text), iss="agent-a", limit=5)
    assert some.not_established[0] == "3 of 8 gaps are not listed: the limit is 5 rows."


def test_gaps_of_who_has_all_tasks_are_told_once():
    answer = gaps(evidence_of("a@0; b@5<a; c@8<b; d@300<c"))
    assert [row[:3] for row in answer.rows] == [
        ("ledger", None, 292),
        ("ledger", None, 5),
        ("ledger", None, 3),
    ]
    assert answer.established == (
        "The longest gap beside the usual one is 292 s, 58.4 times it: of the ledger.",
        "The gaps of the agent agent-a are those of the ledger: it has all 4 tasks with a time.",
        (
            "The gaps of the workflow 4caaa4e2-eee6-5303-8c25-e6fdcbbdc7ad are those of the ledger:"
            " it has all 4 tasks with a time."
        ),
    )
    two = gaps(evidence_of("a@0; b@5<a; c@8<b; d@300<c; e@301 by=agent-b"))
    assert {row[0] for row in two.rows} == {"ledger", "agent"}
    assert len(two.established) == 2


def test_gaps_that_are_all_alike_are_not_told_as_long():
    text = "a@0; b@5; c@10; d@15 by=agent-b wid=x"
    assert gaps(evidence_of(text)).established == (
        "No gap is longer than the usual one of the same: 5 s for the ledger.",
    )
    assert gaps(evidence_of(text), iss="agent-a").established == (
        "No gap is longer than the usual one of the same: 5 s for the agent agent-a.",
    )


def test_a_token_without_a_kid_names_no_key(entry):
    evidence = Evidence(Ledger([entry("1", iss="m")]), None, Policy())
    assert key_use(evidence).rows[0][1:4] == (None, 1, None)
    assert key_use(evidence, iss="m").established == ("No token of m names a key.",)


def test_a_link_that_does_not_hold_says_why():
    text = "a@0; b@5<a by=agent-b{}; c@9<z"
    for fault, why in ((" !flipped", "a token did not verify"), ("; !no-keys", "no keys were")):
        told = partners(evidence_of(text.format(fault))).not_established
        assert told[0].startswith("Between whom 1 link runs: ")
        assert told[1].startswith(f"That 1 link between agents holds: {why}")


def test_a_correction_that_is_not_of_all_says_so():
    split = "a@100; b@0<a by=agent-b; c@50<b; x@0 by=agent-x; y@-9<x by=agent-y"
    assert "go forward, but for the agents told below, is 9 s in sum" in " ".join(
        clocks(evidence_of(split)).established
    )
