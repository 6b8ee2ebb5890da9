"""Agents, workflows and keys: figures as somebody counts them who goes through the ledger."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ectgraph import frames
from ectgraph.case import Case
from ectgraph.keys import KeyRing
from ectgraph.ledger import Ledger
from ectgraph.model import Entry, Header, Record, Token, Trust
from ectgraph.policy import Policy
from ectgraph.testing import EPOCH, jwks, sketch

RING = KeyRing.from_jwks(jwks("agent-a", "agent-b"), "keys.json")
names = st.none() | st.sampled_from(["a", "b", "c\0x", "c\0y"])
tokens = st.builds(
    Token,
    jti=st.none() | st.sampled_from("pqrstu"),
    wid=names,
    iss=names,
    exec_act=names,
    iat=st.none() | st.integers(0, 9) | st.just(1e308),
    parents=st.lists(st.sampled_from("pqrstuvw"), max_size=3).map(tuple),
    header=st.none() | st.builds(Header, kid=st.sampled_from([None, "agent-a", "agent-b", "x"])),
)
signed = st.sampled_from(
    [(Trust.VERIFIED, 0), (Trust.VERIFIED, 1), (Trust.INVALID, 1)]
) | st.tuples(st.sampled_from([Trust.INVALID, Trust.UNKNOWN_KEY]), st.none())


@st.composite
def cases(draw: st.DrawFn) -> Case:
    ledger = Ledger()
    for number, (token, (trust, key)) in enumerate(
        draw(st.lists(st.tuples(st.none() | tokens, signed), max_size=9))
    ):
        body = b"%d" % number
        record = Record("made", number + 1, 0, len(body), number, sha256(body).digest(), 0, 0, body)
        ledger.add(
            Entry(record, token, trust if token else Trust.INVALID, key=key if token else None)
        )
    return Case(ledger, RING, Policy())


def tables(case: Case) -> tuple[pd.DataFrame, ...]:
    records = frames.records(case.ledger, ring=case.ring)
    return case.tasks, case.edges, records, case.findings


def seen(case: Case, of: Callable[[Entry], object]) -> dict[object, list[Entry]]:
    """The entries by what is said of them, in the order found."""
    found: dict[object, list[Entry]] = {}
    for entry in case.ledger:
        if entry.token is not None and of(entry) is not None:
            found.setdefault(of(entry), []).append(entry)
    return found


def different(values) -> int:
    return len({value for value in values if value is not None})


def common(case: Case, claim: str, value: object, entries: list[Entry]) -> dict[str, object]:
    graph = case.graph
    own = [task for task in graph if graph.nodes[task].get(claim) == value]
    times = [e.token.iat for e in entries if e.token.iat is not None and e.token.iat < 1e300]
    return {
        "records": len(entries),
        "tasks": len(own),
        "verified": sum(graph.nodes[task]["trust"] == "verified" for task in own),
        "invalid": sum(entry.trust is Trust.INVALID for entry in entries),
        "exec_acts": different(entry.token.exec_act for entry in entries),
        "roots": sum(not graph.pred[task] for task in own),
        "leaves": sum(not graph.succ[task] for task in own),
        "findings": sum(getattr(f, claim) == value for f in case.report.findings if f.counts),
        "first_iat": min(times, default=None),
        "last_iat": max(times, default=None),
        "line": entries[0].record.line,
        "last_line": entries[-1].record.line,
        "sha256": entries[0].record.sha256,
        "last_sha256": entries[-1].record.sha256,
    }


def assert_row(row: dict[str, object], expected: dict[str, object]) -> None:
    for name, value in expected.items():
        found = None if pd.isna(row[name]) else row[name]
        if isinstance(found, pd.Timestamp):
            found = found.timestamp()
        assert found == value, name


@settings(max_examples=40)
@given(case=cases())
def test_agents_are_as_somebody_counts_them(case: Case):
    made = frames.agents(*tables(case)).to_dict("records")
    graph, by_iss = case.graph, seen(case, lambda entry: entry.token.iss)
    ends = [(graph.nodes[a].get("iss"), graph.nodes[b].get("iss")) for a, b in graph.edges]

    assert [row["iss"] for row in made] == list(by_iss)
    for row, (iss, entries) in zip(made, by_iss.items(), strict=True):
        assert_row(row, common(case, "iss", iss, entries))
        assert row["kids"] == different(entry.token.kid for entry in entries)
        assert row["workflows"] == different(entry.token.wid for entry in entries)
        assert row["builds_on"] == different(a for a, b in ends if b == iss != a)
        assert row["used_by"] == different(b for a, b in ends if a == iss != b)


@settings(max_examples=40)
@given(case=cases())
def test_workflows_are_as_somebody_counts_them(case: Case):
    made = frames.workflows(*tables(case)).to_dict("records")
    graph, by_wid = case.graph, seen(case, lambda entry: entry.token.wid)

    assert [row["wid"] for row in made] == list(by_wid)
    for row, (wid, entries) in zip(made, by_wid.items(), strict=True):
        assert_row(row, common(case, "wid", wid, entries))
        above = [a for a, b in graph.edges if graph.nodes[b].get("wid") == wid]
        others = [graph.nodes[a].get("wid") for a in above]
        assert row["agents"] == different(entry.token.iss for entry in entries)
        assert row["edges"] == len(above)
        assert row["missing"] == different(
            a for a in above if graph.nodes[a]["status"] == "missing"
        )
        assert row["crossing"] == sum(other not in (wid, None) for other in others)
        if pd.isna(row["first_iat"]):
            assert pd.isna(row["span_s"])
        else:
            assert row["span_s"] == (row["last_iat"] - row["first_iat"]).total_seconds()


@settings(max_examples=40)
@given(case=cases())
def test_keys_are_as_somebody_counts_them(case: Case):
    made = frames.keys(tables(case)[2], case.ring).to_dict("records")
    by_kid = seen(case, lambda entry: entry.token.kid)
    unknown = [kid for kid in by_kid if kid not in ("agent-a", "agent-b")]

    assert [row["kid"] for row in made] == ["agent-a", "agent-b", *unknown]
    assert [row["status"] for row in made] == ["usable"] * 2 + ["missing"] * len(unknown)
    for number, row in enumerate(made):
        entries = by_kid.get(row["kid"], [])
        own = [entry for entry in entries if entry.key == number]
        assert row["tokens"] == len(entries)
        assert row["signed"] == len(own)
        assert row["verified"] == sum(entry.trust is Trust.VERIFIED for entry in own)
        assert row["agents"] == different(entry.token.iss for entry in own)
        if entries:
            assert (row["line"], row["last_line"]) == (
                entries[0].record.line,
                entries[-1].record.line,
            )


def test_a_key_tells_whose_it_is_when_it_was_good_and_what_it_is():
    drawn = sketch("a@0; b@5<a by=agent-b; !bad-key")
    ring = drawn.ring.revoke("agent-a", EPOCH + 100)
    made = frames.keys(frames.records(drawn.ledger(), ring=ring), ring)
    row = made[made.kid == "agent-a"].iloc[0]
    bad = made[made.status == "unusable"].iloc[0]

    assert row.thumbprint == ring.keys[0].thumbprint
    assert (row.kind, row.key_file) == ("P-256", ring.keys[0].source)
    assert row.revoked_at == pd.Timestamp(EPOCH + 100, unit="s", tz="UTC")
    assert (bad.reason, bad.key_file) == (ring.bad[0].reason, ring.bad[0].source)
    assert pd.isna(bad.thumbprint)


@pytest.mark.parametrize("text", ["", "'junk'"])
def test_without_any_token_there_is_no_row(text: str):
    drawn = sketch(text)
    case = Case(drawn.ledger(), None, drawn.policy)
    four = tables(case)

    for made in (frames.agents(*four), frames.workflows(*four), frames.keys(four[2])):
        assert len(made) == 0


def test_narrowed_tables_give_the_figures_of_what_is_left():
    drawn = sketch("a@0; b@5<a by=agent-b; c@9<b by=agent-b")
    tasks, edges, records, findings = tables(Case(drawn.ledger(), drawn.ring, drawn.policy))

    made = frames.agents(tasks[tasks.exec_act != "c"], edges, records[1:], findings)

    assert made.iss.tolist() == ["spiffe://example.com/agent/agent-b"]
    assert (made.tasks[0], made.records[0]) == (1, 2)
