"""One task whole: what each step came to, above all that nothing is claimed that was not done."""

from __future__ import annotations

import base64
import dataclasses
import gzip
import io
import json
import os
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import networkx as nx
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key
from msgspec.structs import replace
from rich.console import Console

from ectgraph import checkpoint, loader
from ectgraph.agent.steps import Outcome
from ectgraph.case import Case
from ectgraph.encoding import compact_json
from ectgraph.formats.entry import token_bytes
from ectgraph.keys import KeyRing
from ectgraph.model import Severity
from ectgraph.opening import load
from ectgraph.policy import Policy
from ectgraph.reading import Manner
from ectgraph.reports import task
from ectgraph.rules import RULES, judge
from ectgraph.testing import AGENTS, EPOCH, FAULTS, Sketch, jwks, seal, sketch, task_id, token

MARKS = {Outcome.PASSED: "+", Outcome.FAILED: "-", Outcome.NOT_DONE: "?"}


def case_of(drawn: Sketch) -> Case:
    return Case(drawn.ledger(), drawn.ring, drawn.policy)


def shown(text: str, name: str = "a") -> task.Task:
    return case_of(sketch(text)).show(task_id(name))


def marks(account: task.Account) -> str:
    """The outcomes of the fifteen steps in a line: passed +, failed -, not done ?."""
    return "".join(MARKS[check.outcome] for check in account.checks)


def details(text: str, name: str = "a") -> dict[int, str]:
    (record,) = shown(text, name).records
    return {check.number: check.detail for check in record.checks}


def as_text(told: task.Task, width: int = 200) -> str:
    file = io.StringIO()
    console = Console(file=file, width=width, markup=False, highlight=False, emoji=False)
    for line in task.to_text(told):
        console.print(line, soft_wrap=True)
    return file.getvalue()


# What each step came to


@pytest.mark.parametrize(
    ("text", "name", "outcome"),
    [
        # step         123456789012345
        ("a@0 recorded=2; !chained; !bound", "a", "++++?++?+++++++"),
        ("a@0", "a", "++++?+????++++?"),
        ("a@0; !revoked=60; !at=5; !audience=spiffe://example.com/ledger", "a", "++++++?+++++++?"),
        ("a@0; b@5<a", "b", "++++?+????++++?"),
        # the header
        ("a@0 typ=JWT", "a", "+-+???????++++?"),
        ("a@0 alg=none", "a", "++-???????++++?"),
        ("a@0 alg=none kid=nobody", "a", "++-???????++++?"),
        ("a@0 !crit", "a", "++-???????++++?"),
        # the key
        ("a@0; !no-keys", "a", "+++???????++++?"),
        ("a@0 kid=nobody", "a", "+++-??????++++?"),
        ("a@0 kid=", "a", "+++-??????++++?"),
        ("a@70; !revoked=60", "a", "++++-+????++++?"),
        ("a@70 iss=urn:x; !revoked=60; !bound", "a", "++++-+????++++?"),
        ("a@0 !no-iat; !revoked=60; !bound", "a", "++++?+????-+++?"),
        ("a@0 !no-iss; !revoked=60; !bound", "a", "++++?+????-+++?"),
        ("a@0 iss=urn:x; !bound", "a", "++++?+-???++++?"),
        # the signature
        ("a@0 !flipped", "a", "++++?-????++++?"),
        ("a@0 !stranger", "a", "++++?-????++++?"),
        ("a@0 !short", "a", "++++?-????++++?"),
        ("a@0 !unsigned", "a", "+????-????++++?"),
        ("a@0 !unsigned; !minimum_level=L1", "a", "+?????????++++?"),
        ("a@0 !twice", "a", "-++???????++++?"),
        ("a@0 !padded", "a", "-++???????++++?"),
        # times
        ("a@0 recorded=1000", "a", "++++?+??-?++++?"),
        ("a@0 life=900 recorded=901", "a", "++++?+??+?++++?"),
        ("a@50 recorded=0", "a", "++++?+??+-++++?"),
        ("a@0 !no-exp recorded=3", "a", "++++?+???+-+++?"),
        ("a@0 !no-iat recorded=3", "a", "++++?+??+?-+++?"),
        ("a@0; !at=2000", "a", "++++?+??--++++?"),
        ("a@0 life=90; !at=200", "a", "++++?+??-+++++?"),
        ("a@50; !at=0", "a", "++++?+??+-++++?"),
        # claims
        ("a@0 aud=; !audience=x", "a", "++++?+????-+++?"),
        ("a@0; !audience=x", "a", "++++?+?-??++++?"),
        ("a@0 out_hash=x", "a", "++++?+????+-++?"),
        # replay and lineage
        ("a@0; a@0", "a", "++++?+????++-+?"),
        ("a@0; a@1", "a", "++++?+????++--?"),
        ("a@0 wid=; a@1 wid=x; b@5 wid=", "b", "++++?+????++++?"),
        ("b@5<a", "b", "++++?+????+++-?"),
        ("b@5<a; c@9<b", "c", "++++?+????+++??"),
        ("a@0<a", "a", "++++?+????+++-?"),
        ("a@0<b; b@0<a; c@3<a", "a", "++++?+????+++-?"),
        ("a@0<b; b@0<a; c@3<a", "b", "++++?+????+++-?"),
        ("a@0<b; b@0<a; c@3<a", "c", "++++?+????+++??"),
        ("a@0 !flipped; b@5<a", "b", "++++?+????+++-?"),
        ("a@0 !flipped; b@5<a; c@9<b", "c", "++++?+????+++??"),
        ("a@0 !flipped; b@5<a; c@9<b", "a", "++++?-????++++?"),
        ("a@0; a@1; b@5<a", "b", "++++?+????+++??"),
        ("a@0; b@5<a; !no-keys", "b", "+++???????+++??"),
        ("a@0 !unsigned; b@5<a; !minimum_level=L1", "b", "++++?+????+++??"),
        ("a@0 !no-par", "a", "++++?+????-++??"),
        ("a@40; b@0<a", "b", "++++?+????+++-?"),
        # the ledger
        ("a@0; b@5<a; !chained", "b", "++++?+????+++++"),
        ('a@0 entry={"prev_hash":"00"}; b@5<a; !chained', "a", "++++?+????++++-"),
        ('a@0; b@5 entry={"prev_hash":"00"}; c@6; !chained', "c", "++++?+????++++?"),
        ('a@0; b@5 entry={"seq":7}; !chained', "b", "++++?+????++++-"),
        ('a@0 entry={"action":"pay"}; !chained', "a", "++++?+????++++-"),
    ],
)
def test_each_step_is_told_as_it_was(text: str, name: str, outcome: str):
    assert {marks(record) for record in shown(text, name).records} == {outcome}


@pytest.mark.parametrize(
    ("header", "payload", "outcome"),
    [
        (b"{", None, "-?????????++++?"),
        (b"[]", None, "-?????????++++?"),
        (
            b'{"alg":"ES256","alg":"ES256","typ":"exec+jwt","kid":"agent-a"}',
            None,
            "-++???????++++?",
        ),
        (None, b'{"par":1}', "++++?+????-++??"),
        (None, b'{"pred":[1]}', "++++?+????-++??"),
    ],
)
def test_bytes_that_cannot_be_read_let_no_step_pass_that_needs_them(
    header: bytes | None, payload: bytes | None, outcome: str
):
    good = {"alg": "ES256", "typ": "exec+jwt", "kid": "agent-a"}
    claims = {
        "iss": f"{AGENTS}agent-a",
        "aud": "x:y",
        "iat": EPOCH,
        "exp": EPOCH + 60,
        "jti": task_id("a"),
        "exec_act": "act",
        "pred": [],
    }
    changed = {} if payload is None else json.loads(payload)
    if "par" in changed:
        del claims["pred"]
    record = seal(header or compact_json(good), compact_json(claims | changed), "agent-a")
    drawn = with_records(sketch("a@0"), record)

    (account,) = case_of(drawn).show(task_id("a")).records
    assert marks(account) == outcome


def with_records(drawn: Sketch, *records: bytes) -> Sketch:
    return Sketch(records, drawn.ring, drawn.policy)


def test_what_a_step_was_judged_by_is_told():
    told = details(
        "a@0; b@5<a; c@9<b recorded=11; 'junk'; !bound; !audience=spiffe://example.com/ledger", "c"
    )

    assert told[2] == "wimse-exec+jwt"
    assert told[3] == "ES256"
    assert told[4] == "kid 'agent-a' of sketch.keys.json"
    assert told[7] == f"{AGENTS}agent-a"
    assert told[8] == "spiffe://example.com/ledger"
    assert told[9] == told[10] == "judged at 2026-02-24 14:23:31 UTC"
    assert told[13] == "among 3 tokens here; 1 record here could not be read"
    assert told[14] == "1 parent, 2 ancestors, all verified"


@pytest.mark.parametrize(
    ("text", "number", "words"),
    [
        ("a@0 !flipped", 6, "ECT201 bad-signature"),
        ("a@0; !no-keys", 6, "no keys were given"),
        ("a@0 kid=nobody", 6, "no key was found"),
        ("a@0; !revoked=60", 5, "ECT210 key-revoked-later"),
        ("a@0", 5, "does not say when"),
        ("a@0", 7, "does not say whose"),
        ("a@0", 9, "none given with --at"),
        ("a@0 life=900 recorded=901", 10, "ECT403 recorded-late"),
        ("a@0; b@1; !chained", 15, "as number 1 of a hash chain that holds"),
        ("a@0; a@1", 13, "2 different tokens"),
    ],
)
def test_why_a_step_failed_or_was_not_done_is_told(text: str, number: int, words: str):
    account, *_ = shown(text).records
    (check,) = (check for check in account.checks if check.number == number)

    assert words in check.detail


def test_a_last_record_that_breaks_off_has_the_wrong_shape_and_no_signature():
    drawn = sketch("a@0; b@5<a; !bound")
    ledger = loader.load_bytes(drawn.data[:-20], drawn.ring, judge=judge)
    case = Case(ledger, drawn.ring, drawn.policy)

    (account,) = case.show(task_id("b")).records
    assert marks(account) == "-++???????++++?"
    assert "ECT604 torn-tail" in account.checks[0].detail


def test_a_last_line_that_lacks_nothing_but_its_end_is_an_entry():
    drawn = sketch("a@0; b@5<a; !chained; !bound")
    ledger = loader.load_bytes(drawn.data[:-1], drawn.ring, judge=judge)
    case = Case(ledger, drawn.ring, drawn.policy)

    assert marks(case.show(task_id("b")).records[0]) == "++++?++???+++++"


@pytest.mark.parametrize(
    ("certificate", "root", "said"),
    [
        (None, None, ""),
        ("c0ffee", "CN=root", ""),
        ("c0ffee", None, ", by a certificate taken as given"),
    ],
)
def test_an_owner_that_only_a_certificate_names_is_told_as_that(
    certificate: str | None, root: str | None, said: str
):
    drawn = sketch("a@0; !bound")
    keys = [replace(key, certificate=certificate, root=root) for key in drawn.ring.keys]
    ring = replace(drawn.ring, keys=tuple(keys))
    (account,) = Case(drawn.ledger(), ring, drawn.policy).show(task_id("a")).records

    assert account.checks[6].detail == f"{AGENTS}agent-a{said}"


def test_a_policy_that_makes_light_of_a_signature_does_not_make_it_good():
    drawn = sketch("a@0 !flipped; b@0 kid=nobody; c@70 iss=urn:x; !bound; !revoked=60")
    notes = dict.fromkeys(("ECT201", "ECT202", "ECT205", "ECT206"), Severity.NOTE)
    lenient = Sketch(drawn.records, drawn.ring, Policy(severities=notes))
    for name in "abc":
        strict = marks(case_of(drawn).show(task_id(name)).records[0])

        assert marks(case_of(lenient).show(task_id(name)).records[0]) == strict


def test_a_rule_that_broke_lets_its_step_not_pass(monkeypatch: pytest.MonkeyPatch):
    def broken(*_: Any) -> Any:
        raise RuntimeError

    for code in ("ECT305", "ECT602"):
        monkeypatch.setitem(RULES._rules, code, dataclasses.replace(RULES[code], check=broken))
    account, *_ = shown("a@0 recorded=1; !chained").records

    assert marks(account) == "++++?+??+++++??"
    assert "ECT305 failed" in account.checks[13].detail


def test_a_ledger_that_a_checkpoint_disowns_enters_nothing(tmp_path: Path):
    old, new = sketch("a@0; b@5<a; !chained"), sketch("a@0; c@5<a; !chained")
    path, note = tmp_path / "ledger.jsonl", tmp_path / "note.json"
    path.write_bytes(old.data)
    manner = Manner(digest=1 << 30)
    made = checkpoint.make(load(path, manner=manner).ledger, None, Policy(), {})
    note.write_bytes(checkpoint.to_json(made))

    (same,) = load(path, old.ring, against=note).show(task_id("b")).records
    path.write_bytes(new.data)
    (other,) = load(path, new.ring, against=note).show(task_id("c")).records

    assert (same.checks[14].outcome, other.checks[14].outcome) == (Outcome.PASSED, Outcome.NOT_DONE)


def test_what_a_checkpoint_saw_and_nobody_read_again_lets_nothing_pass(tmp_path: Path):
    drawn = sketch("a@0 !flipped; b@5<a; c@9<b; !chained")
    path, note = tmp_path / "ledger.jsonl", tmp_path / "note.json"
    path.write_bytes(b"".join(line + b"\n" for line in drawn.records[:2]))
    case = load(path, drawn.ring, manner=Manner(digest=1 << 30))
    made = checkpoint.make(case.ledger, drawn.ring.digest, Policy(), {})
    note.write_bytes(checkpoint.to_json(made))
    path.write_bytes(drawn.data)

    (whole,) = load(path, drawn.ring).show(task_id("c")).records
    (since,) = load(path, drawn.ring, since=note).show(task_id("c")).records
    assert marks(whole) == "++++?+????+++?+"
    assert marks(since) == "++++?+????++???"


def test_a_source_that_breaks_off_is_told_where_it_matters():
    drawn = sketch("a@0; b@5<a")
    ledger = loader.load_bytes(gzip.compress(drawn.data)[:-9], drawn.ring, judge=judge)
    (account,) = Case(ledger, drawn.ring, drawn.policy).show(task_id("a")).records

    assert account.checks[12].detail == (
        "among 2 tokens here; there is more in the sources, which could not be read"
    )


# Nothing is claimed that does not hold, found out by other means


CORPUS = sorted(
    {text for rule in RULES.values() for text in (*rule.good, *rule.bad)}
    | {f"a@0 !{fault}; b@5<a; c@9<b" for fault in FAULTS if fault != "oversized"}
    | {f"a@0; b@5<a !no-{claim}; c@9<b" for claim in ("iss", "aud", "iat", "exp", "par", "wid")}
    | {
        "a@0 recorded=9; b@5<a recorded=900; c@9<b recorded=2000; !chained; !bound; !revoked=7",
        "a@0; b@5<a; a@0 wid=x; a@1 wid=; c@9<a; !bound; !at=20; !audience=nobody",
        "a@0<c; b@5<a; c@9<b; d@12<c; e@15<d; !bound; !no-keys",
    }
)


@pytest.mark.parametrize("text", CORPUS)
def test_a_step_that_passed_holds(text: str):
    drawn = sketch(text)
    case = case_of(drawn)
    for node in case.ledger.tasks:
        for account in case.show(node).records:
            for check in account.checks:
                if check.outcome is Outcome.PASSED and check.number in HOLDS:
                    assert HOLDS[check.number](case, node, account), (node, check)


def _ring_keys(case: Case, account: task.Account) -> list[Any]:
    return [key for key in case.ring.keys if key.kid == account.header["kid"]] if case.ring else []


def _signed(case: Case, account: task.Account) -> list[Any]:
    """The keys of this name that made the signature, as `cryptography` finds."""
    compact = token_bytes(account.entry.record.body)
    signed, _, mark = compact.rpartition(b".")
    raw = base64.urlsafe_b64decode(mark + b"==")
    der = encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
    found = []
    for key in _ring_keys(case, account):
        try:
            load_der_public_key(key.spki).verify(der, signed, ec.ECDSA(SHA256()))
        except InvalidSignature:
            continue
        found.append(key)
    return found


def _time(case: Case, account: task.Account) -> float:
    at = case.policy.at if case.policy.at is not None else account.entry.recorded_at
    assert isinstance(at, (int, float))
    return at


def _sound(case: Case, node: str) -> bool:
    """Whether all that a task builds on is recorded, verified, and not itself."""
    above = nx.ancestors(case.graph, node)
    loop = any(node in nx.ancestors(case.graph, each) for each in above)
    return not loop and all(case.graph.nodes[each].get("trust") == "verified" for each in above)


def _once(case: Case, account: task.Account) -> bool:
    """Whether no other record has the same `jti`, as far as it has to be unique."""
    own = account.entry.token
    same = [e.token for e in case.ledger if e.token is not None and e.token.jti == own.jti]
    if any(each.wid is None for each in same):
        return len(same) == 1
    return sum(each.wid == own.wid for each in same) == 1


def _chained(case: Case, account: task.Account) -> bool:
    """Whether every line of the file names the one before it."""
    lines = [entry.record.body for entry in case.ledger]
    stated = [json.loads(line)["prev_hash"] for line in lines]
    return stated == ["", *(sha256(line).hexdigest() for line in lines[:-1])]


HOLDS: dict[int, Callable[[Case, str, task.Account], bool]] = {
    2: lambda _, __, a: a.header["typ"] in ("exec+jwt", "wimse-exec+jwt"),
    3: lambda c, _, a: a.header["alg"] in c.policy.algorithms,
    4: lambda c, _, a: _ring_keys(c, a) != [],
    5: lambda c, _, a: all(key.unfit(a.claims["iat"]) is None for key in _signed(c, a)),
    6: lambda c, _, a: _signed(c, a) != [],
    7: lambda c, _, a: {key.iss for key in _signed(c, a)} == {a.claims["iss"]},
    8: lambda c, _, a: c.policy.audience in (a.claims["aud"], *a.claims["aud"]),
    9: lambda c, _, a: _time(c, a) <= a.claims["exp"] + 30,
    10: lambda c, _, a: -30 <= _time(c, a) - a.claims["iat"] <= 900,
    11: lambda _, __, a: (
        {"iss", "aud", "iat", "exp", "jti", "exec_act"} <= set(a.claims)
        and bool({"par", "pred"} & set(a.claims))
    ),
    13: lambda c, _, a: _once(c, a),
    14: lambda c, node, _: _sound(c, node),
    15: lambda c, _, a: _chained(c, a),
}
"""What each step claims when it is passed."""


# Whose task it is


def test_a_task_is_found_by_its_jti_its_beginning_and_its_name(refusal):
    case = case_of(sketch("a@0; b@5<a"))

    assert case.show(task_id("b")).name == task_id("b")
    assert case.show(task_id("b")[:8]).name == task_id("b")
    assert "no task's jti begins with" in refusal(case.show, "zzz")
    assert "no task's jti begins with ''" in refusal(case.show, "")


def test_several_tasks_are_told_and_none_is_guessed(refusal):
    drawn = sketch("; ".join(f"t{n}@{n} jti=same-{n}" for n in range(7)))

    told = refusal(case_of(drawn).show, "same")

    assert (
        told
        == "7 tasks begin with 'same': same-0 (t0), same-1 (t1), same-2 (t2), same-3 (t3), same-4 (t4) and 2 more"
    )


def test_a_whole_jti_wins_over_a_longer_one():
    drawn = sketch("a@0 jti=same; b@1 jti=same-but-longer")

    assert case_of(drawn).show("same").name == "same"


def test_one_jti_in_two_workflows_is_two_tasks(refusal):
    case = case_of(sketch("a@0 wid=one; a@9 wid=two"))
    names = [f"{task_id('a')}@{task_id(wid)}" for wid in ("one", "two")]

    told = refusal(case.show, task_id("a"))

    assert all(name in told for name in names)
    assert [case.show(name).attributes["wid"] for name in names] == [task_id("one"), task_id("two")]


def test_names_in_a_refusal_are_short_and_harmless(refusal):
    odd = [f"x\n\x1b[31m\u202e{'y' * 10_000}{n}" for n in range(2)]
    records = [token({"jti": jti, "par": []}, "agent-a") for jti in odd]
    case = case_of(with_records(sketch("a@0"), *records))

    for wanted in ("x", "z\n\x1b" + "z" * 10_000):
        told = refusal(case.show, wanted)
        assert told.isprintable()
        assert len(told) < 600


# What it shows


def test_a_missing_task_is_shown_with_those_that_need_it():
    told = shown("b@5<z; c@6<z", "z")

    assert told.records == ()
    assert [each.exec_act for each in told.children] == ["b", "c"]
    assert [finding.code for finding in told.findings] == ["ECT303"]
    assert "only named as a parent" in as_text(told)


def test_two_records_of_a_task_are_both_shown_and_judged_alone():
    told = shown("a@0; a@1 !flipped; b@5<a", "a")

    assert [marks(record)[5] for record in told.records] == ["+", "-"]
    assert {finding.code for finding in told.findings} == {"ECT201", "ECT302"}
    assert as_text(told).count("  Raw bytes") == 2


def test_findings_about_several_tasks_are_shown_with_each():
    for name in "ab":
        assert [f.code for f in shown("a@0<b; b@0<a", name).findings] == ["ECT305"]
        assert [f.code for f in shown("a@0; b@1<a; !revoked=60", name).findings] == ["ECT210"]
    assert [f.code for f in shown("b@5<z", "b").findings] == ["ECT303"]
    case = case_of(sketch("a@1 wid=; a@0 wid=x; a@0 wid=x"))
    for name in (task_id("a"), f"{task_id('a')}@{task_id('x')}"):
        assert [f.code for f in case.show(name).findings] == ["ECT302", "ECT301"]
    assert [f.code for f in shown("a@0 !flipped; b@5<a", "a").findings] == ["ECT201"]


def test_parents_and_children_come_with_what_they_are_worth():
    told = shown("a@0 !flipped; b@5<a,z; c@9<b act=pay by=agent-b", "b")

    assert [(each.exec_act, each.trust) for each in told.parents] == [
        ("a", "invalid"),
        (None, "missing"),
    ]
    assert vars(told.children[0]) == {
        "jti": task_id("c"),
        "exec_act": "pay",
        "iss": f"{AGENTS}agent-b",
        "trust": "verified",
    }


def test_the_words_of_the_ledger_are_shown_apart_from_those_of_the_token():
    told = shown('a@0 recorded=5 entry={"note":"by-hand","action":"a"}')
    (record,) = told.records

    assert record.stated == {"recorded_at": EPOCH + 5, "note": "by-hand", "action": "a"}
    assert record.header["kid"] == "agent-a"
    assert record.claims["exec_act"] == "a"
    text = as_text(told)
    assert text.index("  Entry") < text.index("note") < text.index("  Header")


def test_an_unsigned_task_has_claims_and_no_header():
    (record,) = shown("a@0 !unsigned").records

    assert record.header is None
    assert record.claims["jti"] == task_id("a")


def test_the_raw_bytes_are_those_of_the_record():
    drawn = sketch("'junk'; a@0; 'more junk'")
    (record,) = case_of(drawn).show(task_id("a")).records
    document = json.loads(task.to_json(case_of(drawn).show(task_id("a"))))

    assert record.raw == drawn.records[1] + b"\n"
    assert base64.b64decode(document["records"][0]["raw_base64"]) == record.raw
    assert document["records"][0]["sha256"] == sha256(record.raw).hexdigest()
    assert drawn.records[1].decode() in as_text(case_of(drawn).show(task_id("a")))


# Hostile claims


HOSTILE = {
    "iss": "x:\x1b[2J\x1b]0;pwned\x07",
    "aud": ["a\nb", "\u202egpj.exe", "\u2066"],
    "iat": EPOCH,
    "exp": EPOCH + 60,
    "jti": "\x1b[31mid\r\n\u200b",
    "wid": "w\u0000w",
    "exec_act": "act\n    ✓  6 signature\n" + "x" * 10_000,
    "par": ["\u202e\x9b1m" + "p" * 10_000],
    "ext": {"\x1b[1m" + "k" * 10_000: ["\x85", "[bold]b[/bold]", ":smile:"]},
    "\x1b[8m": "\u001b]8;;http://evil\u0007",
}


@pytest.fixture(scope="module")
def hostile() -> Case:
    """A ledger in which every text is an attack on whoever looks at it."""
    header = {"alg": "ES256", "typ": "exec+jwt", "kid": "k\n    ✓  6 signature"}
    record = token(HOSTILE, "agent-a", header)
    child = token(HOSTILE | {"jti": "child", "par": [HOSTILE["jti"]]}, "agent-a", header)
    entry = {"ect": record.decode(), "\x1b[7m": "\x1b[5m", "recorded_at": "\x1b[0m", "seq": 1}
    data = compact_json(entry) + b"\n" + child + b"\n\xff\x1b[31m\n"
    keys = jwks("agent-a")["keys"]
    ring = KeyRing.from_jwks({"keys": [key | {"kid": header["kid"]} for key in keys]})
    ledger = loader.load_bytes(data, ring, judge=judge, source="evil\x1b[31m\n\u202e.jsonl")
    return Case(ledger, ring, Policy())


@pytest.mark.parametrize("jti", [HOSTILE["jti"], "child", HOSTILE["par"][0]])
def test_hostile_text_reaches_no_terminal(hostile: Case, jti: str):
    text = as_text(hostile.show(jti))

    assert text.replace("\n", "").isprintable()
    assert text.count("\n    ✓  6 signature\n") == len(hostile.show(jti).records)
    assert max(map(len, text.splitlines())) <= task.RAW + 10


@pytest.mark.parametrize("jti", [HOSTILE["jti"], "child", HOSTILE["par"][0]])
def test_hostile_text_is_the_same_in_json_and_printable(hostile: Case, jti: str):
    data = task.to_json(hostile.show(jti))
    document = json.loads(data)

    assert data.decode().replace("\n", "").isprintable()
    assert document["attributes"]["jti"] == jti
    for record in document["records"]:
        assert record["claims"] == HOSTILE | {
            name: record["claims"][name] for name in ("jti", "par")
        }
        assert record["source"] == "evil\x1b[31m\n\u202e.jsonl"


def test_markup_in_claims_is_text():
    assert "[red]x[/red]:smile:" in as_text(shown("a@0 act=[red]x[/red]:smile:"))


# JSON


RECORD = ["source", "line", "offset", "index", "address", "length", "sha256", "raw_base64"]
RECORD += ["entry", "header", "claims", "trust", "checks"]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("a@0", "a"),
        ("a@0; a@1; b@5<a", "a"),
        ("b@5<z", "z"),
        ("a@0 !unsigned", "a"),
        ("a@0 !twice", "a"),
        ("a@0.5 !no-iat", "a"),
    ],
)
def test_json_has_exactly_the_members_of_the_format(text: str, name: str):
    document = json.loads(task.to_json(shown(text, name)))

    assert list(document) == [
        "format", "task", "attributes", "records", "parents", "children", "findings",
    ]  # fmt: skip
    assert document["format"] == "ectgraph-task/1"
    for record in document["records"]:
        assert list(record) == RECORD
        assert [check["number"] for check in record["checks"]] == list(range(1, 16))
        assert all(
            list(check) == ["number", "title", "outcome", "detail"] for check in record["checks"]
        )
        assert {check["outcome"] for check in record["checks"]} <= {"passed", "failed", "not done"}
    for each in document["parents"] + document["children"]:
        assert list(each) == ["jti", "exec_act", "iss", "trust"]


@pytest.mark.skipif(os.name != "posix", reason="file names are text there")
def test_a_source_whose_name_is_no_text_can_be_shown():
    drawn = sketch("a@0; b@5<a !flipped")
    ledger = loader.load_bytes(drawn.data, drawn.ring, judge=judge, source="led\udcffger.jws")
    told = Case(ledger, drawn.ring, drawn.policy).show(task_id("b"))

    document = json.loads(task.to_json(told))
    assert document["records"][0]["source"] == "led\\udcffger.jws"
    assert document["findings"][0]["places"][0]["source"] == "led\\udcffger.jws"
    assert "led\\udcffger.jws:2" in as_text(told)


def test_bytes_that_changed_since_they_were_loaded_are_not_shown(tmp_path: Path, refusal):
    drawn = sketch("a@0; b@5<a")
    path = tmp_path / "ledger.jws"
    path.write_bytes(drawn.data)
    case = load(path, drawn.ring)
    for position, entry in enumerate(case.ledger.entries):
        case.ledger.entries[position] = replace(entry, record=replace(entry.record, kept=None))
    path.write_bytes(drawn.data.replace(b"ey", b"ez"))

    assert "has changed since it was loaded" in refusal(case.show, task_id("a"))
