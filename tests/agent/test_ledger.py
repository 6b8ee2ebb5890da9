"""Ledgers that one appends to: what gets in, what is found again, and what is known of lineage.

What holds for any of them is tested with both kinds; what a file adds is in `test_file_ledger`.
"""

from __future__ import annotations

import errno
import itertools
import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Barrier, Event
from typing import Any

import networkx as nx
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from msgspec.structs import replace as changed

from ectgraph import (
    DAGConfig,
    EctgraphError,
    FileLedger,
    MemoryLedger,
    Payload,
    VerificationError,
    Verified,
    VerifyOptions,
    parse,
    verify,
)
from ectgraph.agent.dag import lineage
from ectgraph.encoding import compact_json, encode_base64url
from ectgraph.model import Entry, Token, Trust
from ectgraph.policy import Policy
from ectgraph.testing import EPOCH, ledger_file, task_id
from ectgraph.testing import token as sign

OPTIONS = VerifyOptions(keys=None, minimum_level="L1", clock=lambda: EPOCH + 60)
"""Of a gate that takes unsigned tokens."""
LIMIT = Policy().max_record_bytes


class Ticks:
    """A clock that is one second later each time."""

    def __init__(self) -> None:
        self.now = EPOCH

    def __call__(self) -> float:
        self.now += 1
        return self.now


class Store:
    """A store that keeps no books, so that a gate has to walk."""

    def __init__(self, ledger: MemoryLedger) -> None:
        self._ledger = ledger

    def get(self, jti: str, wid: str | None = None) -> Entry | None:
        return self._ledger.get(jti, wid)


@pytest.fixture(params=["memory", "file"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[MemoryLedger]:
    if request.param == "memory":
        yield MemoryLedger(clock=Ticks())
    else:
        with FileLedger(tmp_path / "ledger.jsonl", sync=False, clock=Ticks()) as made:
            yield made


def refused_as(ledger: MemoryLedger, *args: Any, **options: Any) -> str:
    """Append what must be refused, and give the code of the finding; the ledger stays as it was."""
    before = list(ledger)
    with pytest.raises(VerificationError) as caught:
        ledger.append(*args, **options)
    assert list(ledger) == before
    return caught.value.finding.code


# What gets in


def test_what_verify_gave_is_entered(ledger, task, passed):
    parsed = passed(task("a"))
    entry = ledger.append(parsed)
    assert list(ledger) == [entry]
    assert (entry.seq, entry.recorded_at) == (1, "2026-02-24T14:23:21.000Z")
    assert (entry.token, entry.trust, entry.hits) == (parsed.token, Trust.VERIFIED, ())
    assert entry.record.index == 0


@pytest.mark.parametrize("text", [bytes, bytes.decode, bytearray])
def test_the_text_of_a_token_is_entered_with_the_payload_that_verify_gave(
    ledger, task, passed, text
):
    compact = task("a")
    entry = ledger.append(text(compact), passed(compact).payload)
    assert entry.trust is Trust.VERIFIED
    assert entry.token.jti == task_id("a")


def test_entries_are_numbered_in_the_order_entered(ledger, task, passed):
    entries = [ledger.append(passed(task(name))) for name in "cab"]
    assert list(ledger) == entries
    assert [entry.seq for entry in entries] == [1, 2, 3]
    assert [entry.record.index for entry in entries] == [0, 1, 2]
    assert [entry.recorded_at[17:19] for entry in entries] == ["21", "22", "23"]
    assert [entry.token.jti for entry in entries] == [task_id(name) for name in "cab"]


@dataclass
class Tokens:
    """Two tokens, as text and as verified."""

    text: bytes
    seen: Verified
    other: bytes
    other_seen: Verified


@pytest.mark.parametrize(
    "unverified",
    [
        pytest.param(lambda t: (t.text,), id="its text"),
        pytest.param(lambda t: (t.text.decode(),), id="its text as str"),
        pytest.param(lambda t: (parse(t.text),), id="what parse gave"),
        pytest.param(lambda t: (parse(t.text), t.seen.payload), id="that with a payload"),
        pytest.param(lambda t: (t.text, parse(t.text).payload), id="the payload parse gave"),
        pytest.param(lambda t: (t.text, t.other_seen.payload), id="another payload"),
        pytest.param(lambda t: (t.other, t.seen.payload), id="another token"),
        pytest.param(lambda t: (t.text, replace(t.seen.payload)), id="a copy of the payload"),
        pytest.param(lambda t: (t.text, Payload(jti=t.seen.token.jti)), id="a payload by hand"),
        pytest.param(lambda t: (t.text + b"\n", t.seen.payload), id="a line feed more"),
        pytest.param(lambda t: (t.text[:-1], t.seen.payload), id="a byte less"),
        pytest.param(lambda t: ("", t.seen.payload), id="nothing"),
        pytest.param(lambda t: ("\ud800", t.seen.payload), id="a lone surrogate"),
    ],
)
def test_what_was_not_verified_is_refused(ledger, task, passed, refusal, unverified):
    tokens = Tokens(task("a"), passed(task("a")), task("b"), passed(task("b")))
    assert "was not verified" in refusal(ledger.append, *unverified(tokens))
    assert len(ledger) == 0
    assert not ledger.contains(task_id("a"))


def test_a_payload_altered_after_verification_alters_nothing(ledger, task, passed):
    compact = task("a")
    payload = passed(compact).payload
    payload.jti, payload.iss, payload.par = task_id("b"), "spiffe://example.com/agent/x", ["z"]
    entry = ledger.append(compact, payload)
    assert (entry.token.jti, entry.token.iss) == (task_id("a"), "spiffe://example.com/agent/a")
    assert entry.token.parents == ()
    assert not ledger.contains(task_id("b"))


def test_what_was_not_verified_is_entered_when_the_caller_says_so(ledger, task):
    entries = [
        ledger.append(task("a"), unverified=True),
        ledger.append(parse(task("b")), unverified=True),
        ledger.append(task("c").decode(), parse(task("c")).payload, unverified=True),
    ]
    assert [entry.trust for entry in entries] == [Trust.UNCHECKED] * 3
    assert list(ledger) == entries


def test_the_word_unverified_takes_nothing_from_a_verified_token(ledger, task, passed):
    assert ledger.append(passed(task("a")), unverified=True).trust is Trust.VERIFIED


def test_an_unsigned_token_is_entered_where_the_gate_took_it(ledger, claims):
    compact = encode_base64url(compact_json(claims(jti=task_id("a"))))
    entry = ledger.append(verify(compact, OPTIONS))
    assert (entry.trust, entry.token.level) == (Trust.UNSIGNED, "L1")
    assert ledger.get(task_id("a")) == entry


def test_an_unsigned_token_that_no_gate_took_is_refused(ledger, claims, refusal):
    compact = encode_base64url(compact_json(claims(jti=task_id("a"))))
    assert "was not verified" in refusal(ledger.append, compact)
    assert "was not verified" in refusal(ledger.append, parse(compact))


@pytest.mark.parametrize("compact", [b"hello", b"", b"a.b.c", b"{}", b'{"seq":1}', b"\xff", b"\0"])
def test_what_nobody_can_read_is_refused_whatever_the_caller_says(ledger, refusal, compact):
    assert "no jti" in refusal(ledger.append, compact, unverified=True)
    assert len(ledger) == 0


@pytest.mark.parametrize("jti", [None, 7, ["a"]])
def test_a_token_without_a_jti_is_refused(ledger, claims, refusal, jti):
    compact = sign(claims() | {"jti": jti}, "agent-a")
    assert "no jti" in refusal(ledger.append, compact, unverified=True)


def test_a_token_that_is_no_ascii_text_is_refused(ledger, task, refusal):
    for odd in (b"\xff", "é".encode()):
        message = refusal(ledger.append, task("a") + odd, unverified=True)
        assert "characters" in message
    assert len(ledger) == 0


def padded(claims: Callable[..., dict[str, Any]], length: int, **changes: Any) -> bytes:
    """A token of some length; base64url does not let it be any."""
    short = sign(claims(note="", **changes), "agent-a")
    return sign(claims(note="x" * ((length - len(short)) * 3 // 4), **changes), "agent-a")


def test_a_token_whose_line_no_reader_would_take_is_refused(ledger, claims, passed, refusal):
    parsed = passed(padded(claims, LIMIT - 100))
    assert "too long" in refusal(ledger.append, parsed)
    assert "too long" in refusal(ledger.append, parsed.raw, unverified=True)
    assert len(ledger) == 0
    jti = "j" * (LIMIT // 2)  # which a line holds twice
    assert "too long" in refusal(ledger.append, padded(claims, 0, jti=jti), unverified=True)


def test_the_longest_tokens_that_are_taken_are_read_again(tmp_path, claims, passed):
    taken = []
    for spare in range(160, 280, 8):
        parsed, path = passed(padded(claims, LIMIT - spare)), tmp_path / f"{spare}.jsonl"
        with FileLedger(path, sync=False) as made:
            try:
                made.append(parsed)
            except EctgraphError as error:
                assert "too long" in str(error)  # noqa: PT017  # either is fine
                continue
        with FileLedger(path, sync=False) as made:
            assert made[0].token == parsed.token
            assert made[0].problems == ()
        taken.append(spare)
    assert 0 < len(taken) < 15


# Each task once


def test_the_same_token_again_is_a_replay(ledger, task, passed):
    ledger.append(passed(task("a")))
    assert refused_as(ledger, passed(task("a"))) == "ECT301"
    assert refused_as(ledger, task("a"), unverified=True) == "ECT301"


def test_another_token_for_the_same_task_is_an_equivocation(ledger, task, passed):
    ledger.append(passed(task("a")))
    assert refused_as(ledger, passed(task("a", exec_act="pay"))) == "ECT302"


def test_one_jti_in_several_workflows_is_several_tasks(ledger, task, passed):
    ours = ledger.append(passed(task("a", wid="ours")))
    theirs = ledger.append(passed(task("a", wid="theirs")))
    assert ledger.get(task_id("a"), task_id("ours")) == ours
    assert ledger.get(task_id("a"), task_id("theirs")) == theirs
    assert refused_as(ledger, passed(task("a", wid="ours"))) == "ECT301"
    assert refused_as(ledger, passed(task("a", wid="theirs", exec_act="pay"))) == "ECT302"


@pytest.mark.parametrize(("first", "second"), [(None, "w"), ("w", None), (None, None)])
def test_without_a_workflow_a_jti_is_unique_in_the_whole_ledger(
    ledger, task, passed, first, second
):
    ledger.append(passed(task("a", wid=first)))
    code = "ECT301" if first == second else "ECT302"
    assert refused_as(ledger, passed(task("a", wid=second))) == code


def test_a_refused_token_does_not_stand_in_the_way_of_the_right_one(ledger, task, passed, refusal):
    refusal(ledger.append, parse(task("a", exec_act="pay")))
    assert ledger.append(passed(task("a"))).seq == 1


@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.sampled_from([None, "v", "w"]), st.booleans()),
        max_size=12,
    )
)
def test_what_is_taken_is_what_the_draft_lets_into_one_store(task, passed, tries):
    ledger = MemoryLedger()
    taken: dict[tuple[str, str | None], bytes] = {}
    for name, wid, pays in tries:
        compact = task(name, wid=wid, exec_act="pay" if pays else "review")
        if wid is None or (name, None) in taken:
            rivals = {known for (other, _), known in taken.items() if other == name}
        else:
            rivals = {known for key, known in taken.items() if key == (name, wid)}
        if rivals:
            code = "ECT301" if compact in rivals else "ECT302"
            assert refused_as(ledger, passed(compact)) in (
                {code} if len(rivals) == 1 else {"ECT301", "ECT302"}
            )
        else:
            ledger.append(passed(compact))
            taken[name, wid] = compact
    assert [entry.record.body for entry in ledger] == list(taken.values())


def test_of_threads_that_bring_one_task_one_is_let_in(ledger, task, passed):
    versions = [passed(task("a", exec_act=f"act-{n}")) for n in range(12)]
    start = Barrier(len(versions))

    def bring(parsed: Verified) -> str:
        start.wait()
        try:
            ledger.append(parsed)
        except VerificationError as error:
            return error.finding.code
        return "in"

    with ThreadPoolExecutor(len(versions)) as threads:
        outcomes = list(threads.map(bring, versions))
    assert sorted(outcomes) == ["ECT302"] * 11 + ["in"]
    assert ledger[0].token.exec_act == f"act-{outcomes.index('in')}"
    assert len(ledger) == 1


# What is found again


def test_entries_are_found_by_task_and_by_workflow(ledger, task, passed):
    one, two, none = (
        ledger.append(passed(task(n, wid=w))) for n, w in zip("abc", ["v", "w", None], strict=True)
    )
    assert ledger.get(task_id("a"), task_id("v")) == one
    assert ledger.get(task_id("a"), task_id("w")) == one  # a link across workflows
    assert ledger.contains(task_id("c"))
    assert not ledger.contains(task_id("d"))
    assert ledger.workflow(task_id("v")) == [one]
    assert ledger.workflow(task_id("w")) == [two]
    assert ledger.workflow(None) == [none]
    assert ledger.workflow(task_id("x")) == []
    assert ledger.workflows() == [task_id("v"), task_id("w")]


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from([None, "v", "w"])), max_size=9))
def test_a_workflow_is_what_one_would_find_by_looking_through_all(entry, keys):
    ledger = MemoryLedger()
    for jti, wid in keys:
        ledger.add(entry(jti, wid))
    for wid in (None, "v", "w", "x"):
        assert ledger.workflow(wid) == [e for e in ledger if e.token.wid == wid]


def test_an_entry_without_a_token_is_in_no_workflow(entry):
    ledger = MemoryLedger()
    ledger.add(Entry(entry("a").record, None, Trust.INVALID))
    ledger.add(entry("b", parents=("a",)))
    assert len(ledger) == 2
    assert ledger.workflow(None) == list(ledger)
    assert ledger.settled_parents(Token("c", parents=("b",)), Policy()) is None


@pytest.fixture
def restless() -> Iterator[None]:
    """Let threads take turns as often as they can."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


def test_several_threads_read_while_others_append(ledger, task, passed, restless):
    chains = [[task(f"{c}{n}", *([f"{c}{n - 1}"] if n else [])) for n in range(40)] for c in "abc"]
    tokens = [[passed(compact) for compact in chain] for chain in chains]
    done = Event()

    def write(chain: list[Verified]) -> None:
        for parsed in chain:
            ledger.append(parsed)
            assert ledger.contains(parsed.token.jti, parsed.token.wid)

    def read() -> int:
        seen, rounds = 0, 0
        while not done.is_set():
            rounds += 1
            entries = list(ledger)
            assert len(entries) >= seen
            seen = len(entries)
            assert [entry.seq for entry in entries] == list(range(1, seen + 1))
            for chain in tokens:
                for parsed in chain[::7]:
                    entry = ledger.get(parsed.token.jti, parsed.token.wid)
                    assert entry is None or entry.token == parsed.token
                    parents = ledger.settled_parents(parsed.token, Policy())
                    assert parents is None or [p.token.jti for p in parents] == list(
                        parsed.token.parents
                    )
            assert len(ledger.workflow(task_id("workflow"))) >= seen
            assert repr(ledger).startswith("<Ledger: ")
        return rounds

    with ThreadPoolExecutor(6) as threads:
        readers = [threads.submit(read) for _ in range(3)]
        writers = [threads.submit(write, chain) for chain in tokens]
        failures = [writer.exception() for writer in writers]
        done.set()
        rounds = [reader.result() for reader in readers]
    assert failures == [None] * 3
    assert min(rounds) > 0
    assert len(ledger) == 120


class Halfway(list[Entry]):
    """Entries of a ledger that stops in the middle of adding one."""

    def __init__(self) -> None:
        super().__init__()
        self.reached, self.go_on = Event(), Event()

    def append(self, entry: Entry) -> None:
        self.reached.set()
        self.go_on.wait()
        super().append(entry)


@pytest.mark.parametrize(
    "question",
    [
        lambda ledger: ledger.get(task_id("a"), task_id("workflow")).seq,
        lambda ledger: len(ledger.workflow(task_id("workflow"))),
        lambda ledger: len(
            ledger.settled_parents(
                Token("b", task_id("workflow"), parents=(task_id("a"),)), Policy()
            )
        ),
        lambda ledger: int("1 tasks" in repr(ledger)),
    ],
    ids=["get", "workflow", "settled_parents", "repr"],
)
def test_who_asks_in_the_middle_of_an_append_gets_an_answer_from_before_or_after(
    ledger, task, passed, question
):
    ledger.entries = entries = Halfway()
    with ThreadPoolExecutor(2) as threads:
        adding = threads.submit(ledger.append, passed(task("a")))
        entries.reached.wait()
        asking = threads.submit(question, ledger)
        wait([asking], timeout=0.02)  # it waits for the other now, or it has gone wrong
        entries.go_on.set()
        assert adding.result().seq == asking.result() == 1


# What a gate makes of it


def test_a_gate_lets_a_task_build_on_what_the_ledger_has(ledger, task, ring):
    gate = VerifyOptions(keys=ring, store=ledger, clock=lambda: EPOCH + 60)
    for name, parents in (("a", ""), ("b", "a"), ("c", "ab"), ("d", "c")):
        ledger.append(verify(task(name, *parents), gate))
    assert len(ledger) == 4
    with pytest.raises(VerificationError, match="ECT303"):
        verify(task("e", "d", "x"), gate)
    with pytest.raises(VerificationError, match="ECT301"):
        verify(task("a"), gate)


def test_what_builds_on_an_unverified_task_is_let_in_only_if_that_was_signed_well(
    ledger, task, ring
):
    gate = VerifyOptions(keys=ring, store=ledger, clock=lambda: EPOCH + 60)
    good, bad = task("good"), task("bad")
    ledger.append(good, unverified=True)
    ledger.append(bad[:-8] + b"AAAAAAAA", unverified=True)
    assert verify(task("child", "good"), gate).trust is Trust.VERIFIED
    with pytest.raises(VerificationError, match="ECT308"):
        verify(task("child", "bad"), gate)
    assert [entry.trust for entry in ledger] == [Trust.UNCHECKED] * 2


# Books on lineage

NAMES = "abcdef"
STEPS = st.tuples(
    st.sampled_from(NAMES),
    st.sampled_from(["v", "v", "v", "w", None]),
    st.lists(st.sampled_from(NAMES + "z"), max_size=3),
    st.sampled_from(["verified", "verified", "verified", "unverified", "forged"]),
)
ONE_WORKFLOW = [("a", "v", [], "verified"), ("b", "v", ["a"], "verified")]


def grown(
    steps: list[tuple[str, str | None, list[str], str]], task: Any, passed: Any
) -> MemoryLedger:
    """Append one after the other whatever is not refused; parents may come late, or never."""
    ledger = MemoryLedger()
    for name, wid, parents, how in steps:
        compact = task(name, *parents, wid=wid)
        try:
            if how == "verified":
                ledger.append(passed(compact))
            elif how == "unverified":
                ledger.append(compact, unverified=True)
            else:
                ledger.append(compact[:-8] + b"AAAAAAAA", unverified=True)
        except VerificationError:
            continue
    return ledger


def ancestry(ledger: MemoryLedger, token: Token) -> nx.DiGraph[Any]:
    """The graph of a token's ancestors, by position; a negative number is one that is missing."""
    positions = {id(entry): position for position, entry in enumerate(ledger)}
    missing = itertools.count(-2, -1)
    graph: nx.DiGraph[Any] = nx.DiGraph()
    graph.add_node("new")
    to_do, done = [("new", token)], set()
    while to_do:
        node, child = to_do.pop()
        for jti in child.parents:
            entry = ledger.get(jti, child.wid)
            parent = next(missing) if entry is None else positions[id(entry)]
            graph.add_edge(parent, node)
            if entry is not None and parent not in done:
                done.add(parent)
                to_do.append((parent, entry.token))
    return graph


@given(st.lists(STEPS, max_size=9), STEPS, st.integers(0, 4), st.integers(0, 5), st.booleans())
@example([*ONE_WORKFLOW, ("a", "w", ["z"], "verified")], ("c", "v", ["b"], "verified"), 4, 5, True)
@example(  # a parent elsewhere, until the own workflow has one, with a long lineage
    [
        ("a", "w", [], "verified"),
        ("b", "v", ["a"], "verified"),
        ("d", "v", [], "verified"),
        ("e", "v", ["d"], "verified"),
        ("a", "v", ["e"], "verified"),
    ],
    ("c", "v", ["b"], "verified"),
    2,
    3,
    True,
)
@example(
    [("a", "v", ["b"], "verified"), ("b", "v", ["a"], "verified")],
    ("c", "v", ["b"], ""),
    4,
    5,
    True,
)
@example(ONE_WORKFLOW, ("c", "v", ["a", "b", "a"], "verified"), 4, 5, False)
@example(ONE_WORKFLOW, ("a", "v", ["b"], "verified"), 4, 5, False)
def test_nothing_is_vouched_for_with_which_walking_would_find_fault(
    task, passed, steps, last, max_depth, max_ancestors, cross_workflow
):
    ledger = grown(steps, task, passed)
    name, wid, parents, _ = last
    assume(name not in parents)
    parsed = passed(task(name, *parents, wid=wid))
    token = parsed.token
    limits = DAGConfig(
        max_depth=max_depth, max_ancestors=max_ancestors, cross_workflow=cross_workflow
    )
    policy = limits.policy(Policy())

    settled = ledger.settled_parents(token, policy)
    quick = lineage(parsed, ledger, policy)
    walked = lineage(parsed, Store(ledger), policy)

    assert sorted({code for code, _ in quick}) == sorted({code for code, _ in walked})
    if settled is None:
        return
    assert settled == [ledger.get(jti, token.wid) for jti in dict.fromkeys(token.parents)]
    assert not any(entry.token.jti == token.jti for entry in ledger)
    graph = ancestry(ledger, token)
    assert all(node == "new" or node >= 0 for node in graph)
    assert nx.is_directed_acyclic_graph(graph)
    assert nx.dag_longest_path_length(graph) <= max_depth
    assert len(nx.ancestors(graph, "new")) <= max_ancestors


@given(st.lists(STEPS, min_size=3, max_size=9))
def test_what_was_vouched_for_once_stays_good(task, passed, steps):
    ledger = MemoryLedger()
    policy = DAGConfig(cross_workflow=True).policy(Policy())
    vouched = []
    for step in steps:
        made = grown([step], task, passed)
        if not made:  # pragma: no cover
            continue
        (entry,) = made
        settled = ledger.settled_parents(entry.token, policy) is not None
        try:
            ledger.append(entry.record.body, unverified=True)
        except VerificationError:
            assert not settled
            continue
        if settled:
            vouched.append(entry.token)
    for token in vouched:
        graph = ancestry(ledger, token)
        assert nx.is_directed_acyclic_graph(graph)
        assert all(node == "new" or node >= 0 for node in graph)


@given(
    st.lists(st.sets(st.integers(0, 11), max_size=4), min_size=1, max_size=12),
    st.sampled_from([None, "v"]),
)
def test_what_comes_in_order_is_settled(entry, links, wid):
    # Of a workflow whose tasks came after their parents no gate has to walk the lineage.
    ledger = MemoryLedger()
    for number, parents in enumerate(links):
        jtis = tuple(f"{parent}" for parent in parents if parent < number)
        made = entry(str(number), wid, jtis)
        found = ledger.settled_parents(made.token, Policy())
        assert found == [ledger.get(jti, wid) for jti in jtis]
        ledger.add(made)


def test_a_jti_used_in_several_workflows_is_looked_at_closely(entry):
    ledger = MemoryLedger()
    ledger.add(entry("a", "v"))
    assert ledger.settled_parents(Token("b", "v", parents=("a",)), Policy()) == [ledger[0]]
    assert ledger.settled_parents(Token("b", "w", parents=("a",)), Policy()) is None
    ledger.add(entry("a", "w"))
    assert ledger.settled_parents(Token("b", "v", parents=("a",)), Policy()) is None


@pytest.mark.parametrize(("depth", "ancestors"), [(2, 9), (9, 2), (0, 0)])
def test_beyond_a_limit_nothing_is_vouched_for(entry, depth, ancestors):
    ledger = MemoryLedger()
    for name, parents in (("a", ()), ("b", ("a",)), ("c", ("b",))):
        ledger.add(entry(name, "w", parents))
    token = Token("d", "w", parents=("c",))
    exact = Policy(max_depth=3, max_ancestors=3)
    assert ledger.settled_parents(token, exact) == [ledger[2]]
    limits = Policy(max_depth=depth, max_ancestors=ancestors)
    assert ledger.settled_parents(token, limits) is None


# What is written


@pytest.fixture
def both(tmp_path: Path) -> Iterator[tuple[MemoryLedger, FileLedger]]:
    """A ledger in memory and one in a file, with clocks that go alike."""
    with FileLedger(tmp_path / "ledger.jsonl", sync=False, clock=Ticks()) as file:
        yield MemoryLedger(clock=Ticks()), file


def test_both_kinds_write_the_same_file_byte_for_byte(both, task, passed, tmp_path):
    memory, file = both
    names = ["a", "b", "c", "d"]
    for name in names:
        for ledger in both:
            ledger.append(passed(task(name, wid=name)))
    memory.export(tmp_path / "memory.jsonl")
    file.export(tmp_path / "file.jsonl")
    expected = ledger_file(
        [task(name, wid=name) for name in names], [EPOCH + n for n in range(1, len(names) + 1)]
    )
    assert file.path.read_bytes() == expected
    assert (tmp_path / "memory.jsonl").read_bytes() == expected
    assert (tmp_path / "file.jsonl").read_bytes() == expected
    assert b"".join(memory.lines()) == b"".join(file.lines()) == expected


@given(
    st.lists(
        st.tuples(STEPS, st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=9)),
        max_size=6,
    )
)
def test_lines_are_the_file_whatever_the_tokens_say(tmp_path_factory, task, passed, steps):
    path = tmp_path_factory.mktemp("lines") / "ledger.jsonl"
    memory, compacts = MemoryLedger(clock=Ticks()), []
    with FileLedger(path, sync=False, clock=Ticks()) as file:
        for (_, wid, parents, how), act in steps:
            compact = task(act, *parents, wid=wid, exec_act=act)
            if how == "forged":
                compact = compact[:-8] + b'"\\\n\x00&<>~'
            try:
                memory.append(compact, unverified=True)
            except VerificationError:
                memory._clock.now += 1
                with pytest.raises(VerificationError):
                    file.append(compact, unverified=True)
                file._clock.now = memory._clock.now
                continue
            file.append(compact, unverified=True)
            compacts.append(compact)
        assert b"".join(memory.lines()) == b"".join(file.lines()) == path.read_bytes()
    with FileLedger(path, sync=False) as again:
        assert [entry.token for entry in again] == [entry.token for entry in memory]
        assert [entry.seq for entry in again] == [entry.seq for entry in memory]
        assert [entry.recorded_at for entry in again] == [entry.recorded_at for entry in memory]


def test_an_exported_ledger_goes_on_as_a_file(task, passed, tmp_path):
    memory = MemoryLedger(clock=Ticks())
    memory.append(passed(task("a")))
    memory.export(tmp_path / "ledger.jsonl")
    with FileLedger(tmp_path / "ledger.jsonl", sync=False, clock=memory._clock) as file:
        file.append(passed(task("b", "a")))
        assert refused_as(file, passed(task("a"))) == "ECT301"
        assert file.check() == 2
    memory = MemoryLedger(clock=Ticks())
    for compact in (task("a"), task("b", "a")):
        memory.append(passed(compact))
    assert (tmp_path / "ledger.jsonl").read_bytes() == b"".join(memory.lines())


def test_an_empty_ledger_is_an_empty_file(tmp_path):
    MemoryLedger().export(tmp_path / "ledger.jsonl")
    assert (tmp_path / "ledger.jsonl").read_bytes() == b""


def test_an_export_never_writes_over_anything(ledger, tmp_path, refusal, task, passed):
    ledger.append(passed(task("a")))
    there = tmp_path / "there.jsonl"
    there.write_bytes(b"precious")
    assert "there.jsonl" in refusal(ledger.export, there)
    assert there.read_bytes() == b"precious"
    assert "nowhere" in refusal(ledger.export, tmp_path / "nowhere" / "ledger.jsonl")
    assert str(tmp_path) in refusal(ledger.export, tmp_path)


def test_an_export_that_fails_leaves_nothing(ledger, tmp_path, refusal, task, passed, monkeypatch):
    ledger.append(passed(task("a")))
    target = tmp_path / "export.jsonl"

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        assert "No space left" in refusal(ledger.export, target)
    assert not target.exists()
    ledger.export(target)
    assert target.read_bytes() == b"".join(ledger.lines())


def test_an_export_of_what_can_no_longer_be_read_leaves_nothing(task, passed, tmp_path, refusal):
    with FileLedger(tmp_path / "ledger.jsonl", sync=False) as file:
        for name in "ab":
            file.append(passed(task(name)))
        data = bytearray(file.path.read_bytes())
        data[-40] ^= 1
        file.path.write_bytes(data)
        assert "has changed" in refusal(file.export, tmp_path / "export.jsonl")
    assert not (tmp_path / "export.jsonl").exists()


def test_the_bytes_of_an_entry_are_the_tokens(ledger, task, passed):
    entry = ledger.append(passed(task("a")))
    assert task("a") in entry.record.raw
    assert changed(entry, record=ledger[0].record) == ledger[0]


def test_a_clock_that_cannot_tell_the_time_enters_nothing(tmp_path, task, passed):
    def broken() -> float:
        raise EctgraphError("no time")

    memory = MemoryLedger(clock=broken)
    with pytest.raises(EctgraphError, match="no time"):
        memory.append(passed(task("a")))
    assert len(memory) == 0
    with FileLedger(tmp_path / "ledger.jsonl", sync=False, clock=broken) as file:
        with pytest.raises(EctgraphError, match="no time"):
            file.append(passed(task("a")))
        assert file.path.read_bytes() == b""
