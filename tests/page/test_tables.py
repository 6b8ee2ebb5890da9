"""The tables of a page: every task, link, finding, agent and key, as plain JSON values."""

from __future__ import annotations

import json

import pytest

from ectgraph import frames
from ectgraph.case import Case
from ectgraph.columns import Column
from ectgraph.keys import KeyRing
from ectgraph.linter import place
from ectgraph.page import groups
from ectgraph.page.groups import Groups
from ectgraph.page.tables import findings, links, rules, table, tasks
from ectgraph.rules import RULES
from ectgraph.testing import AGENTS, EPOCH, Sketch, jwks, sketch, task_id

STORY = "a@0; b@5<a by=agent-b; c@9<b,lost !flipped; d@12<c; b@7 by=agent-b act=other"


@pytest.fixture(scope="module")
def case() -> Case:
    made = sketch(STORY)
    return Case(made.ledger(), made.ring, made.policy)


def rows_of(made: dict) -> list[dict]:
    names = [column["name"] for column in made["columns"]]
    return [dict(zip(names, row, strict=True)) for row in made["rows"]]


def test_tasks_are_those_of_the_frame_with_raw_times(case):
    made = rows_of(tasks(case._evidence, case.report.findings, list(case.graph)))
    frame = case.tasks
    assert [row["task"] for row in made] == list(frame["task"]) == list(case.graph)
    for name in ("jti", "iss", "exec_act", "trust", "status", "level", "kid"):
        assert [row[name] or "" for row in made] == list(frame[name].astype(object).fillna(""))
    for name in ("records", "parents", "children", "findings"):
        assert [row[name] for row in made] == list(frame[name])
    assert [row["iat"] for row in made] == [case.graph.nodes[t].get("iat") for t in case.graph]
    assert made[0]["iat"] == EPOCH


def test_a_task_tells_its_worst_finding_and_its_place(case):
    made = {
        row["task"]: row
        for row in rows_of(tasks(case._evidence, case.report.findings, list(case.graph)))
    }
    assert made[task_id("c")]["severity"] == "error"
    assert made[task_id("a")]["severity"] is None
    assert made[task_id("a")]["place"] == "sketch:1"
    assert made[task_id("lost")]["place"] is None
    assert made[task_id("lost")]["status"] == "missing"


def test_keys_that_tokens_name_and_what_matters_of_them_come_first():
    made = sketch("a@0 by=agent-b; b@5<a by=agent-b")
    ring = KeyRing.from_jwks(jwks("agent-a", "agent-b"))
    case = Case(made.ledger(), ring, made.policy)
    keys = Groups(case._evidence, case.report.findings).tables()["keys"]
    assert [row["kid"] for row in rows_of(keys)] == ["agent-b", "agent-a"]
    assert [each["name"] for each in keys["columns"]][:5] == [
        "kid",
        "iss",
        "status",
        "tokens",
        "verified",
    ]


def test_links_are_those_of_the_graph_between_the_tasks_that_have_rows(case):
    everything = {task: row for row, task in enumerate(case.graph)}
    names = list(everything)
    found = {(names[parent], names[child]) for parent, child in links(case._evidence, everything)}
    assert found == set(case.graph.edges)
    few = {task_id("b"): 0, task_id("c"): 1}
    assert links(case._evidence, few) == [(0, 1)]


def test_findings_lead_to_the_row_of_their_task_if_it_has_one(case):
    rows = {task: row for row, task in enumerate(case.graph)}
    made = rows_of(findings(case.report.findings, rows))
    for row, finding in zip(made, case.report.findings, strict=True):
        assert row["code"] == finding.code
        assert row["task"] == (None if finding.task is None else rows[finding.task])
        assert row["place"] == str(finding.places[0])
        assert json.loads(row["evidence"]) == json.loads(json.dumps(finding.evidence))
        assert row["state"] == "counts"
    assert {row["task"] for row in rows_of(findings(case.report.findings, {}))} == {None}


def test_findings_that_do_not_count_say_so_and_why(case):
    told = case.lint(ignore={"ECT201": "a test"}).findings
    made = rows_of(findings(told, {}))
    assert {(row["code"], row["state"], row["reason"]) for row in made if row["reason"]} == {
        ("ECT201", "ignored", "a test")
    }


def test_agents_keys_and_workflows_are_those_of_the_frames_without_places(case):
    made = Groups(case._evidence, case.report.findings).tables()
    agents = rows_of(made["agents"])
    assert [row["iss"] for row in agents] == [f"{AGENTS}agent-a", f"{AGENTS}agent-b"]
    assert agents[0]["first_iat"] == EPOCH
    assert [row["kid"] for row in rows_of(made["keys"])] == ["agent-a", "agent-b"]
    assert sum(row["tasks"] for row in rows_of(made["workflows"])) == 4
    assert "sha256" not in agents[0]
    for name, each in made.items():
        kinds = {column.name: column.kind for column in frames.COLUMNS[name]}
        assert all(kinds[column["name"]] == column["kind"] for column in each["columns"])
        assert json.dumps(each, allow_nan=False)


def test_more_agents_than_a_page_holds_are_left_out_and_counted(case, monkeypatch):
    monkeypatch.setattr(groups, "ROWS", 1)
    made = Groups(case._evidence, case.report.findings)
    assert len(made.tables()["agents"]["rows"]) == 1
    assert [said.partition(";")[0] for said in made.limits()] == [
        "The table of agents holds the first 1 of 2 agents",
        "The table of keys holds the first 1 of 2 keys",
    ]


def test_what_javascript_would_round_or_not_take_is_text():
    columns = [Column(f"c{number}", "text", "") for number in range(8)]
    made = table(
        columns, [[2**53, -(2**53), 2**53 - 1, 1e308, float("inf"), True, None, "x" * 3000]]
    )
    great, small, fits, huge, endless, flag, nothing, long = made["rows"][0]
    assert (great, small, fits) == (str(2**53), str(-(2**53)), 2**53 - 1)
    assert (huge, endless, flag, nothing) == (1e308, "inf", True, None)
    assert len(long) == 2001


def test_names_of_tasks_are_whole_as_they_tell_tasks_apart():
    names = ["x" * 3000 + "a", "x" * 3000 + "b"]
    made = table([Column("task", "text", ""), Column("jti", "text", "")], [(n, n) for n in names])
    assert [row[0] for row in made["rows"]] == names
    assert {row[1] for row in made["rows"]} == {"x" * 2000 + "…"}


def test_rules_are_told_by_their_first_paragraph_in_plain_words():
    made = rules(["ECT303", "ECT303", "X9"], RULES)
    assert list(made) == ["ECT303"]
    assert made["ECT303"]["name"] == RULES["ECT303"].name
    assert "`" not in made["ECT303"]["doc"]
    assert "\n" not in made["ECT303"]["doc"]


def test_an_empty_ledger_has_tables_without_rows():
    made = Sketch((), None).evidence()
    assert tasks(made, (), [])["rows"] == []
    assert {name: each["rows"] for name, each in Groups(made, ()).tables().items()} == {
        "agents": [],
        "keys": [],
        "workflows": [],
    }


def test_the_place_of_a_task_is_that_of_its_witness(case):
    made = rows_of(tasks(case._evidence, (), list(case.graph)))
    for row in made:
        if row["records"]:
            assert row["place"] == str(place(case.ledger.witness(row["task"]).record))
