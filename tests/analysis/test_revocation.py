"""What if a key had been revoked, against loading the same bytes with the revoked keys."""

from __future__ import annotations

from pathlib import Path

import pytest

from ectgraph import checkpoint, linter, loader, reading
from ectgraph.analysis import revocation
from ectgraph.analysis.revocation import fallen, revoked
from ectgraph.keys import KeyRing
from ectgraph.model import Trust
from ectgraph.opening import load
from ectgraph.policy import Policy
from ectgraph.reading import Manner
from ectgraph.rule import Evidence
from ectgraph.rules import RULES
from ectgraph.testing import EPOCH, Sketch, jwks, sketch, task_id

TEXTS = [
    "a@0; b@5<a by=agent-b; c@20<b; d@30<c by=agent-b",
    "a@0; b@40<a; b@40<a; !chained",
    "a@0 recorded=90; b@40<a recorded=99; c@5 kid=agent-b !flipped; 'no token'; d@9 kid=nobody",
    "a@50; a@51; b@52<a; c@9 iss=urn:x; !bound",
    "a@0; b@40<a; !torn",
    'a@9 !no-iat; b@40 !no-jti; c@40 entry={"jti":"other"}; !revoked=60',
    "a@0; b@40<a; !max_record_bytes=200",
    "",
]


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("after", [-1, 0, 20, 40, 99])
def test_it_is_what_loading_with_the_revoked_keys_gives(text, after):
    drawn = sketch(text)
    evidence = drawn.evidence()
    before = (list(evidence.ledger), evidence.ring)

    found = revoked(evidence, "agent-a", EPOCH + after)

    ring = drawn.ring.revoke("agent-a", EPOCH + after)
    loaded = Sketch(drawn.records, ring, drawn.policy, torn=drawn.torn).evidence()
    assert list(found.ledger) == list(loaded.ledger)
    assert found.ring == ring
    assert linter.lint(found).findings == linter.lint(loaded).findings
    assert (list(evidence.ledger), evidence.ring) == before


def test_a_ledger_that_was_left_in_its_file_is_read_again(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(reading, "KEEP_BYTES", 0)
    file = tmp_path / "ledger.jsonl"
    file.write_bytes(sketch("; ".join(f"t{n}@{n}" for n in range(40)) + "; !chained").data)
    ring = KeyRing.from_jwks(jwks("agent-a"))
    ledger = loader.load(file, ring, judge=RULES.judge)
    assert ledger[0].record.kept is None
    monkeypatch.setattr(revocation, "_BATCH", 7)

    found = revoked(Evidence(ledger, ring, Policy()), "agent-a", EPOCH + 30)

    again = loader.load(file, ring.revoke("agent-a", EPOCH + 30), judge=RULES.judge)
    assert list(found.ledger) == list(again)
    assert found.ledger.inputs == again.inputs
    assert fallen(ledger, found.ledger).positions == tuple(range(30, 40))
    assert fallen(ledger, found.ledger).tasks == tuple(task_id(f"t{n}") for n in range(30, 40))


def test_what_a_checkpoint_spared_stays_as_it_was_read(tmp_path: Path):
    whole = sketch("a@0; b@5; c@9<a; d@12<b,c; !chained")
    file = tmp_path / "ledger.jsonl"
    lines = whole.data.splitlines(keepends=True)
    file.write_bytes(b"".join(lines[:3]))
    case = load(file, KeyRing.from_jwks(jwks("agent-a")), manner=Manner(digest=2**40))
    seen = checkpoint.make(case.ledger, case.ring.digest, case.policy, {})
    kept = tmp_path / "seen.json"
    kept.write_bytes(checkpoint.to_json(seen))
    file.write_bytes(b"".join(lines))
    case = load(file, case.ring, since=kept)
    assert case.ledger.earlier == 3

    found = revoked(case._evidence, "agent-a", EPOCH + 6)

    told = [(each.token.jti, each.token.parents, each.follows) for each in found.ledger]
    assert told == [(each.token.jti, each.token.parents, each.follows) for each in case.ledger]
    assert (found.ledger.earlier, found.ledger.context) == (3, case.ledger.context)
    assert found.comparison is case._evidence.comparison
    assert found.ledger[-1].trust is Trust.INVALID


def test_only_records_that_name_the_key_are_examined(monkeypatch):
    evidence = sketch("a@0; b@5 by=agent-b; c@9").evidence()
    examined = []
    examine_all = revocation.Examiner.examine_all

    def counting(self, bodies):
        examined.extend(bodies)
        return examine_all(self, bodies)

    monkeypatch.setattr(revocation.Examiner, "examine_all", counting)
    revoked(evidence, "agent-b", EPOCH)

    assert [body for body, *_ in examined] == [evidence.ledger[1].record.body]


def test_without_keys_or_with_other_ones_nothing_is_revoked(refusal):
    nothing = sketch("a@0; !no-keys").evidence()
    told = refusal(revoked, nothing, "agent-a", EPOCH)
    assert told == "no keys were given, so 'agent-a' cannot be revoked"
    assert "no key has the kid 'x'" in refusal(revoked, sketch("a@0").evidence(), "x", EPOCH)
    assert "is no time" in refusal(revoked, sketch("a@0").evidence(), "agent-a", float("nan"))


def test_bytes_that_changed_since_are_told(tmp_path: Path, refusal, monkeypatch):
    monkeypatch.setattr(reading, "KEEP_BYTES", 0)
    file = tmp_path / "ledger.jws"
    file.write_bytes(sketch("a@0").data)
    case = load(file, KeyRing.from_jwks(jwks("agent-a")))
    file.write_bytes(b"x" * 100)

    told = refusal(revoked, case._evidence, "agent-a", EPOCH)

    assert told == f"{file}: record 0 has changed since it was loaded"
