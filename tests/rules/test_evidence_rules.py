"""What is judged of hashes: against those of the parents, and against files."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from ectgraph.artifacts import Artifacts
from ectgraph.encoding import hash_of
from ectgraph.model import Finding
from ectgraph.rules import RULES
from ectgraph.testing import sketch, task_id

X, Y, Z = (hash_of(content) for content in (b"xx", b"yy", b"zz"))


def long(content: bytes, name: str) -> str:
    """A hash in one of the two longer algorithms, as a token states it."""
    made = hashlib.new(name.replace("-", ""), content).digest()
    return f"{name}:{base64.urlsafe_b64encode(made).rstrip(b'=').decode()}"


X384, X512, Y512 = long(b"xx", "sha-384"), long(b"xx", "sha-512"), long(b"yy", "sha-512")


def told(code: str, text: str) -> list[Finding]:
    return sketch(text).lint({code: RULES[code]}).findings


# What went in, ECT801


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"a@0 out_hash={X}; b@1<a inp_hash={X}", ""),
        (f"a@0 out_hash={Y}; b@1<a inp_hash={X}", "b"),
        (f"a@0 out_hash=sha-256:{X}; b@1<a inp_hash={X}", ""),
        (f"a@0 out_hash={X}; b@1<a inp_hash=sha-256:{X}", ""),
        (f"a@0 out_hash=sha-256:{Y}; b@1<a inp_hash={X}", "b"),
        (f"a@0 out_hash={X512}; b@1<a inp_hash={X512}", ""),
        (f"a@0 out_hash={Y512}; b@1<a inp_hash={X512}", "b"),
        # hashes of different algorithms are not to be compared
        (f"a@0 out_hash={Y512}; b@1<a inp_hash={X}", ""),
        (f"a@0 out_hash={X384}; b@1<a inp_hash={X512}", ""),
        # one parent is enough
        (f"a@0 out_hash={X}; b@1 out_hash={Y}; c@2<a,b inp_hash={Y}", ""),
        (f"a@0 out_hash={X}; b@1 out_hash={Y}; c@2<a,b inp_hash={Z}", "c"),
        # all of them have to say what they made
        (f"a@0; b@1<a inp_hash={X}", ""),
        (f"a@0 inp_hash={Y}; b@1<a inp_hash={X}", ""),
        (f"a@0 out_hash={Y}; b@1; c@2<a,b inp_hash={X}", ""),
        (f"a@0 out_hash={Y}; c@2<a,z inp_hash={X}", ""),
        (f"a@0 out_hash={Y}; b@1 out_hash={Y512}; c@2<a,b inp_hash={X}", ""),
        (f"a@0 out_hash=odd; b@1<a inp_hash={X}", ""),
        (f"a@0 out_hash={Y}; b@1<a inp_hash=odd", ""),
        # grandparents made other things
        (f"a@0 out_hash={X}; b@1<a out_hash={Y}; c@2<b inp_hash={X}", "c"),
        # roots, and tasks that name themselves
        (f"a@0 inp_hash={X}", ""),
        (f"a@0<a inp_hash={X} out_hash={Y}", ""),
        (f"a@0 out_hash={Y}; b@1<a,b inp_hash={X} out_hash={X}", "b"),
        # several records of a task
        (f"a@0 out_hash={Y}; a@0 out_hash={X}; b@1<a inp_hash={X}", ""),
        (f"a@0 out_hash={Y}; a@0 out_hash={Z}; b@1<a inp_hash={X}", "b"),
        (f"a@0 out_hash={Y}; a@0; b@1<a inp_hash={X}", "b"),
        (f"a@0 out_hash={Y}; b@1<a inp_hash={Y}; b@1<a inp_hash={X}", "b"),
        (f"a@0 out_hash={Y}; b@1<a inp_hash={Z}; b@1<a inp_hash={X}", "bb"),
        (f"a@0 out_hash={Y}; b@1<a inp_hash={X}; b@2<a inp_hash={X}", "b"),
        # circles
        (f"a@0<b inp_hash={X} out_hash={Y}; b@0<a inp_hash={Y} out_hash={X}", ""),
        (f"a@0<b inp_hash={Z} out_hash={Y}; b@0<a inp_hash={Y} out_hash={X}", "a"),
    ],
)
def test_what_goes_in_comes_out_of_a_parent(text, found):
    assert [finding.jti for finding in told("ECT801", text)] == [task_id(name) for name in found]


def test_an_input_from_nowhere_is_told_with_the_hashes_that_differ():
    (finding,) = told("ECT801", f"a@0 out_hash=sha-256:{Y}; b@1<a inp_hash={X}")

    assert finding.evidence == {"inp_hash": X, "parents": 1, "out_hashes": [f"sha-256:{Y}"]}
    assert (
        finding.message == f"what went in is not what came out of its parent a {task_id('a')[:8]}"
    )
    assert [place.line for place in finding.places] == [2]


def test_a_join_is_told_with_what_else_it_may_be():
    parents = "; ".join(f"t{n}@0 out_hash={hash_of(b'%d' % n * 9)}" for n in range(30))
    names = ",".join(f"t{n}" for n in range(30))
    (finding,) = told("ECT801", f"{parents}; j@1<{names} inp_hash={X}")

    assert finding.evidence["parents"] == 30
    assert len(finding.evidence["out_hashes"]) == 20
    assert "none of its 30 parents" in finding.message
    assert "what is made of several of them looks the same" in finding.message


# Files, ECT803


@pytest.mark.parametrize("claim", ["inp_hash", "out_hash"])
@pytest.mark.parametrize(
    ("stated", "found"),
    [(X, 0), (f"sha-256:{X}", 0), (X384, 0), (X512, 0), (Z, 1), (Y512[:-1] + "B", 0), ("odd", 0)],
)
def test_a_file_has_the_hash_that_is_stated(claim, stated, found):
    assert len(told("ECT803", f"a@0 {claim}={stated}; !artifacts=xx,yy")) == found


def test_without_artefacts_nothing_is_said():
    assert told("ECT803", f"a@0 inp_hash={X}") == ()


def test_each_hash_is_told_once_with_all_who_state_it():
    (finding,) = told(
        "ECT803",
        f"a@0 out_hash={X}; b@1<a inp_hash=sha-256:{X}; c@2<a inp_hash={X} out_hash={X};"
        f"d@3 inp_hash={Y}; a@0 out_hash={X}; !artifacts=yy",
    )

    assert finding.evidence["hash"] in (X, f"sha-256:{X}")
    assert finding.evidence["claims"] == ["inp_hash", "out_hash"]
    assert finding.evidence["tasks"] == 3
    assert sorted(place.line for place in finding.places) == [1, 2, 3, 5]
    assert finding.message.startswith("no file of sketch.files is what went into, or came out of, ")


@pytest.mark.parametrize(
    ("claim", "words"), [("inp_hash", "is what went into a"), ("out_hash", "is what came out of a")]
)
def test_it_is_said_what_the_file_would_be(claim, words):
    (finding,) = told("ECT803", f"a@0 {claim}={X}; !artifacts=yy")

    assert words in finding.message
    assert finding.severity == "error"


def test_of_many_who_state_a_hash_some_are_named():
    tasks = "; ".join(f"t{n}@{n} out_hash={X}" for n in range(30))
    (finding,) = told("ECT803", f"{tasks}; !artifacts=yy")

    assert finding.evidence["tasks"] == 30
    assert len(finding.places) == 20


def test_a_token_without_an_id_counts():
    (finding,) = told("ECT803", f"a@0 out_hash={X} !no-jti; !artifacts=yy")

    assert "a task without `jti`" in finding.message
    assert [place.line for place in finding.places] == [1]


def test_the_order_of_records_makes_no_difference():
    tasks = [f"a@0 out_hash={X}", f"b@1<a inp_hash={X}", f"c@2<b out_hash={Y}"]
    runs = [told("ECT803", ";".join([*order, "!artifacts=zz"])) for order in (tasks, tasks[::-1])]

    first, second = ({(f.fingerprint, f.message) for f in run} for run in runs)
    assert first == second
    assert len(first) == 2


def test_where_files_cannot_be_read_no_more_is_said_than_is_known(tmp_path: Path):
    (tmp_path / "there").write_text("there", "utf-8")
    (tmp_path / "gone").symlink_to(tmp_path.parent / "nowhere")
    drawn = replace(sketch(f"a@0 out_hash={X}"), artifacts=Artifacts.read(tmp_path))

    (finding,) = drawn.lint().findings

    assert finding.code == "ECT803"
    assert f"no file of {tmp_path} that could be read is what" in finding.message
