"""The story that the demo plays: the same every time, and the gate refuses what it should."""

from __future__ import annotations

from dataclasses import asdict

import pytest

from ectgraph import load
from ectgraph.demo import KEYS, LEDGER, STORY, play
from ectgraph.model import Severity

REFUSED = {
    ("auditor", "audit_module"): "ECT201",
    ("releaser", "release_module"): "ECT301",
    ("herald", "announce_release"): "ECT701",
}


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    """(the folder, what became of each step)."""
    folder = tmp_path_factory.mktemp("demo") / "new" / "folder"
    return folder, list(play(folder))


def test_every_step_is_entered_or_refused(played):
    _, events = played

    assert [event.step for event in events] == list(STORY)
    assert [event.seq for event in events if event.refusal is None] == list(range(1, 10))
    assert {
        (event.step.agent, event.step.action): event.refusal.code
        for event in events
        if event.refusal is not None
    } == REFUSED
    assert all(event.seq is None for event in events if event.refusal is not None)


def test_the_ledger_that_is_left_is_clean_and_each_key_is_its_agents(played):
    folder, _ = played

    case = load(folder / LEDGER, folder / KEYS)

    assert case.report.findings == ()
    assert case.report.summary.trust["verified"] == case.report.summary.tasks == 9
    assert any("key of the issuer" in sentence for sentence in case.report.established)


def test_what_was_refused_has_left_no_trace_in_the_ledger(played):
    folder, _ = played

    acts = [entry.token.exec_act for entry in load(folder / LEDGER, folder / KEYS).ledger]

    assert "announce_release" not in acts
    assert acts.count("release_module") == acts.count("audit_module") == 1


def test_it_has_a_join_and_a_rejection_that_is_undone(played):
    folder, _ = played
    case = load(folder / LEDGER, folder / KEYS)
    tokens = {entry.token.exec_act: entry.token for entry in case.ledger}

    assert case.report.summary.max_parents == 2
    assert tokens["watch_release"].pol_decision == "rejected"
    assert tokens["roll_back_release"].parents == (tokens["watch_release"].jti,)
    assert tokens["roll_back_release"].compensates


def test_it_is_the_same_to_the_byte_whenever_it_is_played(played, tmp_path):
    folder, events = played

    again = list(play(tmp_path))

    assert [asdict(event) for event in again] == [asdict(event) for event in events]
    for name in (LEDGER, KEYS):
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes()


def test_a_folder_that_has_a_ledger_is_left_alone(played, refusal):
    folder, _ = played
    before = (folder / LEDGER).read_bytes()

    message = refusal(lambda: list(play(folder)))

    assert "name another folder" in message
    assert (folder / LEDGER).read_bytes() == before


def test_a_folder_that_cannot_be_made_is_told(tmp_path, refusal):
    (tmp_path / "file").write_text("")

    assert "cannot be written" in refusal(lambda: list(play(tmp_path / "file" / "folder")))


def test_every_refusal_is_an_error_with_advice(played):
    _, events = played
    refusals = [event.refusal for event in events if event.refusal is not None]

    assert all(refusal.severity is Severity.ERROR for refusal in refusals)
    assert all(refusal.advice for refusal in refusals)
