"""Rows: the columns that are documented, with their types, and a way back to the bytes."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from ectgraph import frames
from ectgraph.case import Case
from ectgraph.opening import load
from ectgraph.testing import EPOCH, LIFETIME, Sketch, ledger_file, sketch, task_id, token

TYPES = {
    "text": "string",
    "category": "category",
    "integer": "Int64",
    "number": "float64",
    "flag": "boolean",
    "time": "datetime64[us, UTC]",
}
PLACE = ["source", "line", "offset", "index", "sha256"]
FAULTY = "a@0; b@5<a,z by=agent-b; c@0<a,b !flipped; 'junk'; a@1; d@9 wid=; !bad-key"

each_table = pytest.mark.parametrize("name", frames.COLUMNS)


def case_of(drawn: Sketch) -> Case:
    return Case(drawn.ledger(), drawn.ring, drawn.policy)


def table(case: Case, name: str) -> pd.DataFrame:
    if name == "keys":
        return frames.keys(frames.records(case.ledger, ring=case.ring), case.ring)
    if name in ("agents", "workflows"):
        four = case.tasks, case.edges, case.records, case.findings
        return getattr(frames, name)(*four)
    return getattr(case, name)


def frame_of(text: str, name: str) -> pd.DataFrame:
    return table(case_of(sketch(text)), name)


def texts(column: pd.Series) -> list[str]:
    """The texts of a column, with nothing where there is none."""
    return ["" if pd.isna(value) else value for value in column]


def issued_at(iat: float, **claims) -> Case:
    """One task with one time, its own parent."""
    compact = token({"jti": "x", "exec_act": "a", "iat": iat, "par": ["x"], **claims}, "agent-a")
    return case_of(Sketch((compact,), sketch("").ring))


# Columns


@each_table
@pytest.mark.parametrize("text", [FAULTY, "a@0<a", "a@0", "'junk'", ""])
def test_a_frame_has_the_same_columns_and_types_whatever_is_in_it(name: str, text: str):
    frame = frame_of(text, name)
    columns = frames.COLUMNS[name]

    assert list(frame.columns) == [column.name for column in columns]
    for column in columns:
        assert str(frame[column.name].dtype) == TYPES[column.kind]
        if column.kind == "category":
            assert frame[column.name].cat.categories.dtype == frames.TEXT
        if column.kind == "text":
            assert frame[column.name].dtype == frames.TEXT


@each_table
def test_the_places_of_a_table_are_documented(name: str):
    assert set(PLACE) <= {column.name for column in frames.COLUMNS[name]}
    assert len({column.name for column in frames.COLUMNS[name]}) == len(frames.COLUMNS[name])


@pytest.mark.parametrize(
    ("text", "name"), [("'junk'", "tasks"), ("a@0", "edges"), ("a@0", "findings")]
)
def test_a_frame_can_be_empty(text: str, name: str):
    assert len(frame_of(text, name)) == 0


def test_there_is_a_row_for_each_task_recorded_or_only_named():
    rows = frame_of(FAULTY, "tasks").set_index("jti")

    assert list(rows.index) == [task_id(name) for name in "abcdz"]
    a, b, z = (rows.loc[task_id(name)] for name in "abz")
    assert (a.records, a.parents, a.children, a.findings, a.status) == (2, 0, 2, 1, "duplicate")
    assert (b.records, b.parents, b.children, b.findings, b.status) == (1, 2, 1, 0, "present")
    assert (z.records, z.parents, z.children, z.findings, z.status) == (0, 0, 1, 1, "missing")
    assert b.task == task_id("b")
    assert b.wid == task_id("workflow")
    assert (b.iss, b.exec_act) == ("spiffe://example.com/agent/agent-b", "b")
    assert (b.kid, b.trust, b.level) == ("agent-b", "verified", "L2")
    assert rows.loc[task_id("c")].trust == "invalid"
    assert b["iat"] == pd.Timestamp(EPOCH + 5, unit="s", tz="UTC")
    assert b.exp == b["iat"] + pd.Timedelta(seconds=LIFETIME)


def test_what_a_missing_task_does_not_have_is_na():
    z = frame_of("a@0<z", "tasks").iloc[1]

    assert z[["wid", "iss", "exec_act", "iat", "exp", "kid", "trust", "level"]].isna().all()
    assert z[PLACE].isna().all()


def test_ignored_findings_do_not_count_for_a_task():
    case = case_of(sketch("a@0<a; b@0<a,b !flipped"))
    report = case.lint(ignore=["ECT304"])

    counts = frames.tasks(case.ledger, case.graph, report.findings).findings

    assert list(counts) == [0, 1]


def test_a_finding_names_its_task_and_why_it_does_not_count():
    case = case_of(sketch("a@0<a; b@5<a,z; !bad-key"))
    own, missing, _ = (finding.fingerprint for finding in case.report.findings)
    report = case.lint(ignore={"ECT209": "old keys"}, baseline=[missing])

    rows = frames.findings(report.findings)

    assert texts(rows.exec_act) == ["a", "", ""]
    assert texts(rows.iss) == ["spiffe://example.com/agent/agent-a", "", ""]
    assert list(rows.known) == [False, True, False]
    assert texts(rows.reason) == ["", "", "old keys"]
    assert list(rows.fingerprint[:2]) == [own, missing]


def test_there_is_a_row_for_each_link():
    rows = frame_of("a@60; b@5.5<a,z", "edges")

    assert list(zip(rows.parent, rows.child, strict=True)) == [
        (task_id("a"), task_id("b")),
        (task_id("z"), task_id("b")),
    ]
    first, second = rows.iloc[0], rows.iloc[1]
    assert (first.parent_act, first.child_act, first.parent_status) == ("a", "b", "present")
    assert (first.gap_s, first.line) == (-54.5, 2)
    assert first.child_iat - first.parent_iat == pd.Timedelta(seconds=-54.5)
    assert second.parent_status == "missing"
    assert second[["parent_act", "parent_iat", "gap_s"]].isna().all()


def test_there_is_a_row_for_each_finding_in_their_order():
    case = case_of(sketch(FAULTY))
    rows = case.findings

    assert list(rows.code) == [f.code for f in case.report.findings]
    assert list(rows.fingerprint) == [f.fingerprint for f in case.report.findings]
    assert list(rows.message) == [f.message for f in case.report.findings]
    assert [json.loads(e) for e in rows.evidence] == [f.evidence for f in case.report.findings]
    missing = rows[rows.code == "ECT303"].iloc[0]
    assert (missing["name"], missing.severity) == ("missing-parent", "error")
    assert (missing.jti, missing.line) == (task_id("z"), 2)


def test_ignored_findings_have_rows_too():
    report = case_of(sketch("a@0<a; b@0<a !flipped")).lint(ignore=["ECT3"])

    assert list(frames.findings(report.findings).ignored) == [True, False]


def test_there_is_a_row_for_each_record_readable_or_not():
    drawn = sketch("a@0 draft=01; b@5<a by=agent-b !flipped; 'junk'; c@9 !unsigned; d@9 !cut; a@0")
    case = case_of(drawn)
    rows = case.records

    assert list(rows["index"]) == list(range(6))
    assert list(rows.line) == list(range(1, 7))
    assert list(rows.sha256) == [entry.record.sha256 for entry in case.ledger]
    assert texts(rows.trust) == ["verified", "invalid", "", "unsigned", "", "verified"]
    assert texts(rows.level) == ["L2", "L2", "", "L1", "", "L2"]
    assert texts(rows.draft) == ["01", "00", "", "00", "", "00"]
    assert list(rows.codes) == ["", "ECT201", "ECT001", "ECT203", "ECT004", ""]
    first, second, junk = (rows.iloc[n] for n in range(3))
    assert (first.jti, first.exec_act, first.alg, first.kid) == (
        task_id("a"),
        "a",
        "ES256",
        "agent-a",
    )
    assert (second.iss, second.wid) == ("spiffe://example.com/agent/agent-b", task_id("workflow"))
    assert junk[["address", "jti", "alg", "trust", "seq", "recorded_at"]].isna().all()


def test_what_the_ledger_says_of_a_record_is_in_its_row():
    text = 'a@0 recorded=5; b@5 entry={"seq":7,"timestamp":"2026-02-24T15:23:20.5+01:00"}; c@9'
    late = '; d@9 entry={"recorded_at":"2026-02-24T14:23:20"}; e@9 entry={"recorded_at":1e15}'
    rows = case_of(sketch(text + late)).records

    assert list(rows.seq.fillna(0)) == [0, 7, 0, 0, 0]
    epoch = pd.Timestamp(EPOCH, unit="s", tz="UTC")
    assert list(rows.recorded_at[:2]) == [
        epoch + pd.Timedelta(seconds=5),
        epoch + pd.Timedelta(seconds=0.5),
    ]
    assert rows.recorded_at[2:].isna().all()  # none, no time, and one that no calendar holds


def test_a_record_in_a_chain_that_holds_has_the_highest_level():
    case = case_of(sketch("a@0; b@5<a !flipped; !chained"))

    assert list(case.records.level) == ["L3", "L2"]
    assert list(frames.records(case.ledger).level) == ["L2", "L2"]
    assert list(case.tasks.level) == ["L3", "L2"]


def test_a_code_that_a_record_gives_rise_to_several_times_is_there_once():
    (codes,) = frame_of("a@0 !no-iss iss=x act= aud=", "records").codes

    assert codes == "ECT110"


# Times


@pytest.mark.parametrize(
    ("iat", "written"),
    [
        (EPOCH, "2026-02-24T14:23:20+00:00"),
        (EPOCH + 0.25, "2026-02-24T14:23:20.250000+00:00"),
        (0, "1970-01-01T00:00:00+00:00"),
        (-1, "1969-12-31T23:59:59+00:00"),
        (253_402_300_799, "9999-12-31T23:59:59+00:00"),
    ],
)
def test_times_are_utc_timestamps(iat: float, written: str):
    (time,) = issued_at(iat).tasks["iat"]

    assert time.isoformat() == written
    assert issued_at(iat, exp=iat).tasks["exp"][0] == time


@pytest.mark.parametrize("iat", [253_402_300_800, 10**15, 2**53 - 1, -(2**53) + 1, 1e15 + 0.5])
def test_a_time_that_no_calendar_holds_is_nat_and_stays_in_the_graph(iat: float):
    case = issued_at(iat)

    assert case.tasks["iat"].isna().all()
    assert case.edges["parent_iat"].isna().all()
    assert case.graph.nodes["x"]["iat"] == iat
    assert case.edges["gap_s"][0] == 0


def test_a_token_without_time_has_nat():
    assert frame_of("a@0 !no-iat", "tasks")["iat"].isna().all()


# The way back


@pytest.mark.parametrize("container", ["jws", "ledger"])
def test_every_row_can_be_followed_back_to_its_bytes(tmp_path: Path, container: str):
    drawn = sketch("a@0; b@5<a,z; c@0<a,b !flipped; 'junk'; a@1")
    data = b"# a comment\n\n" + (
        drawn.data if container == "jws" else ledger_file(drawn.records, [EPOCH] * 5)
    )
    path = tmp_path / "ledger"
    path.write_bytes(data)
    case = load(path, drawn.ring)
    starts = [entry.record.offset for entry in case.ledger] + [len(data)]

    for frame in (case.tasks, case.edges, case.findings):
        rows = frame.dropna(subset="offset")
        assert len(rows) >= 3
        for row in rows.itertuples():
            assert row.source == str(path)
            raw = data[row.offset : min(start for start in starts if start > row.offset)]
            assert sha256(raw).hexdigest() == row.sha256
            assert data[: row.offset].count(b"\n") < row.line <= data.count(b"\n")
            assert starts[row.index] == row.offset


def test_a_finding_about_a_key_leads_to_the_key_file():
    rows = frame_of("a@0; !bad-key", "findings")

    assert (rows.source[0], rows["index"][0]) == ("sketch.keys.json", 1)
    assert rows[["line", "offset", "sha256"]].isna().all(axis=None)


def test_a_link_leads_to_the_record_that_names_the_parent():
    """Of two records of one task, only the second names b."""
    case = case_of(sketch("a@0; b@1; c@5<a; c@6<b"))
    rows = case.edges.set_index("parent")

    assert list(rows.loc[[task_id("a"), task_id("b")]].line) == [3, 4]


def test_a_row_of_a_task_is_that_of_the_record_which_speaks_for_it():
    rows = frame_of("a@0 !flipped; a@7", "tasks")

    assert (rows.trust[0], rows.line[0], rows.records[0]) == ("verified", 2, 2)
    assert rows["iat"][0] == pd.Timestamp(EPOCH + 7, unit="s", tz="UTC")


def test_what_a_token_says_of_policy_data_and_time_is_in_its_row():
    (row,) = frame_of(
        'a@0 pol=p pol_decision=approved inp_hash=x out_hash=y ext={"exec_time_ms":1.5}', "tasks"
    ).itertuples()

    assert (row.pol, row.pol_decision, row.inp_hash, row.out_hash) == ("p", "approved", "x", "y")
    assert row.exec_time_ms == 1.5


def test_a_record_names_its_task_and_the_key_that_signed_it():
    drawn = sketch("a@0; b@5<a !flipped; 'junk'")
    rows = frames.records(drawn.ledger(), ring=drawn.ring)

    assert texts(rows.task) == [task_id("a"), task_id("b"), ""]
    by_kid = {key.kid: key.thumbprint for key in drawn.ring.keys}
    assert texts(rows.thumbprint) == [by_kid["agent-a"], "", ""]
    assert rows["iat"].notna().tolist() == [True, True, False]


def test_both_ends_of_a_link_can_be_compared():
    rows = frame_of("a@0 wid=; b@5<a by=agent-b; c@9<b by=agent-b", "edges")

    assert (rows.parent_iss == rows.child_iss).tolist() == [False, True]
    assert rows.parent_wid.isna().tolist() == [True, False]


@pytest.mark.parametrize("text", ["a@0; b@5<a,z; c@9<b,a", "a@0; b@5<a; b@6<z; c@9<b,a", ""])
def test_links_are_the_same_whether_the_tasks_are_there_already(text):
    evidence = sketch(text).evidence()
    ledger, graph = evidence.ledger, evidence.graph

    made = frames.edges(ledger, graph)

    assert_frame_equal(made, frames.edges(ledger, graph, frames.tasks(ledger, graph)))
    assert len(made) == graph.number_of_edges()
    for child, digest in zip(made.child, made.sha256, strict=True):
        assert digest in {entry.record.sha256 for entry in ledger.entries_of(child)}
