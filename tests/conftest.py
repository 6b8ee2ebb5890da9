"""What the tests share: hypothesis profiles, keys, and makers of claims, entries and odd bytes.

Modules of tests import nothing from each other, so whatever two of them need is a fixture here.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from ectgraph.agent.parse import Verified
from ectgraph.agent.verify import VerifyOptions, verify
from ectgraph.claims import Reader
from ectgraph.encoding import compact_json
from ectgraph.errors import EctgraphError
from ectgraph.keys import KeyRing
from ectgraph.model import Entry, Problem, Record, Token, Trust
from ectgraph.policy import Policy
from ectgraph.signature import Verifier
from ectgraph.testing import EPOCH, Sketch, jwks, seal, sketch, task_id, token

# How fast a machine makes examples says nothing about the code, and would make tests flicker.
_SUPPRESSED = [HealthCheck.too_slow]
settings.register_profile(
    "default",
    max_examples=100,
    deadline=None,
    derandomize=True,
    suppress_health_check=_SUPPRESSED,
)
settings.register_profile(
    "thorough", max_examples=3000, deadline=None, suppress_health_check=_SUPPRESSED
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

SHARED = Path(__file__).parents[1].parent / "shared"
"""Vectors and ledgers that lie next to the repository; a checkout alone does not have them."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give every vector, and every shared ledger, to the tests that ask for one."""
    if "vector" in metafunc.fixturenames:
        file = SHARED / "vectors" / "tokens.json"
        cases = json.loads(file.read_bytes())["cases"] if file.exists() else []
        metafunc.parametrize("vector", cases or [None], ids=[c["name"] for c in cases] or ["none"])
    if "shared_ledger" in metafunc.fixturenames:
        files = sorted((SHARED / "ledgers").glob("*.expected.json"))
        names = [file.name.removesuffix(".expected.json") for file in files] or ["none"]
        metafunc.parametrize("shared_ledger", names)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of vectors and ledgers, or no test."""
    if not SHARED.is_dir():
        pytest.skip("no ../shared: its vectors and ledgers are not part of a checkout")
    return SHARED


@pytest.fixture(scope="module")  # while it runs, nothing else in this thread may be asynchronous
def browser() -> Iterator[Any]:
    """A browser without a window, or no test."""
    api = pytest.importorskip("playwright.sync_api", reason="no playwright to look at pages with")
    names = ("chromium", "chromium-browser", "google-chrome")
    path = next(filter(None, map(shutil.which, names)), None)
    if path is None:
        pytest.skip("no chromium to look at pages with")
    with api.sync_playwright() as engine:
        running = engine.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-gpu"]
        )
        yield running
        running.close()


@pytest.fixture(scope="session")
def ring() -> KeyRing:
    """The public keys of two agents."""
    return KeyRing.from_jwks(jwks("agent-a", "agent-b"))


@pytest.fixture(scope="session")
def good_token() -> bytes:
    """A token of agent-a in which nothing is wrong."""
    return sketch("a@0").records[0]


@pytest.fixture(scope="session")
def claims() -> Callable[..., dict[str, Any]]:
    """Make the claims of a task, with changes; `None` as a change leaves a claim out."""

    def make(**changes: Any) -> dict[str, Any]:
        usual = {
            "iss": "spiffe://example.com/agent/a",
            "aud": ["spiffe://example.com/ledger"],
            "iat": EPOCH,
            "exp": EPOCH + 600,
            "jti": "550e8400-e29b-41d4-a716-446655440000",
            "exec_act": "review",
            "par": [],
        }
        return {name: v for name, v in (usual | changes).items() if v is not None}

    return make


@pytest.fixture(scope="session")
def codes_of(ring: KeyRing) -> Callable[..., list[str]]:
    """Judge one token that agent-a signs, byte for byte, and give the codes of all findings."""

    def judge(
        claims: dict[str, Any] | bytes,
        header: dict[str, Any] | None = None,
        keys: KeyRing | None = None,
        **choices: Any,
    ) -> list[str]:
        usual = {"alg": "ES256", "typ": "wimse-exec+jwt", "kid": "agent-a"}
        payload = claims if isinstance(claims, bytes) else compact_json(claims)
        record = seal(compact_json(header or usual), payload, "agent-a")
        report = Sketch((record,), keys or ring, Policy(**choices)).lint()
        return [finding.code for finding in report.findings]

    return judge


@pytest.fixture(scope="session")
def verdict() -> Callable[[bytes, KeyRing | None], tuple[Trust, tuple[Problem, ...]]]:
    """Read one compact token and check its signature."""

    def check(compact: bytes, ring: KeyRing | None) -> tuple[Trust, tuple[Problem, ...]]:
        return Verifier(ring, Policy()).verify(Reader(64).read(compact))

    return check


@pytest.fixture(scope="session")
def entry() -> Callable[..., Entry]:
    """Make a ledger entry out of nothing, as a loader would have read it."""

    def make(
        jti: str | None,
        wid: str | None = None,
        parents: Sequence[str] = (),
        *,
        trust: Trust = Trust.VERIFIED,
        source: str = "made.jws",
        body: bytes | None = None,
        **fields: Any,
    ) -> Entry:
        raw = repr((jti, wid, parents, fields)).encode() if body is None else body
        digest = hashlib.sha256(raw).digest()
        record = Record(source, 1, 0, len(raw), 0, digest, 0, 0, raw)
        return Entry(record, Token(jti, wid, parents=tuple(parents), **fields), trust)

    return make


@pytest.fixture(scope="session")
def refusal() -> Callable[..., str]:
    """Call what must be refused as the caller's mistake; give the message, always one line."""

    def call(function: Callable[..., Any], *args: Any, **options: Any) -> str:
        with pytest.raises(EctgraphError) as caught:
            function(*args, **options)
        message = str(caught.value)
        assert message
        assert "\n" not in message
        return message

    return call


@pytest.fixture(scope="session")
def assert_conserved() -> Callable[[bytes, Iterable[Record]], None]:
    """Check the law of conservation: the records of a line format are the file, in order."""

    def check(data: bytes, records: Iterable[Record]) -> None:
        offset = 0
        for index, record in enumerate(records):
            raw = data[offset : offset + record.length]
            assert record.offset == offset
            assert record.index == index
            assert record.digest == hashlib.sha256(raw).digest()
            assert record.sha256 == hashlib.sha256(raw).hexdigest()
            assert raw.startswith(record.raw)
            assert record.before + record.after <= record.length
            offset += record.length
        if offset == 0:  # only a file without any record has bytes that belong to none
            lines = data.removeprefix(b"\xef\xbb\xbf").split(b"\n")
            assert all(re.fullmatch(rb"[ \t\r]*(#.*)?", line, re.DOTALL) for line in lines)
        else:
            assert offset == len(data)

    return check


@pytest.fixture(scope="session")
def json_values() -> st.SearchStrategy[Any]:
    """Any JSON value."""
    text = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
    scalars = (
        st.none()
        | st.booleans()
        | st.integers()
        | st.integers(-(10**40), 10**40)
        | st.floats(allow_nan=False, allow_infinity=False)
        | text
    )
    return st.recursive(
        scalars,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
        max_leaves=8,
    )


@pytest.fixture(scope="session")
def line_soup() -> st.SearchStrategy[bytes]:
    """Files of lines: tokens, entries, comments, blanks, every odd line ending, and junk."""
    tokens = sketch("a@0; b@5<a; c@9<b !flipped").records
    parts = st.sampled_from(
        [
            *tokens,
            b'{"seq":1,"ect":"' + tokens[0] + b'"}',
            b'"' + tokens[1] + b'"',
            b'{"seq":1,"ect":',
            b"{}",
            b"[1]",
            b"# a comment",
            b"  # another",
            b"",
            b" \t",
            b"\r",
            b"\n",
            b"\n\n\n",
            b"\r\n",
            b"\xef\xbb\xbf",
            b"\xe2\x80\xa8",
            b"\xc2\x85",
            b"\x0b\x0c\x1c",
            b"\x00",
            b"\xff\xfe",
        ]
    )
    ending = st.sampled_from([b"\n", b"\n", b"\r\n", b""])
    piece = st.tuples(st.one_of(parts, parts, parts, st.binary(max_size=12)), ending).map(b"".join)
    return st.lists(piece, max_size=30).map(b"".join)


@pytest.fixture(scope="session")
def task(claims: Callable[..., dict[str, Any]]) -> Callable[..., bytes]:
    """Make agent-a's token for a named task that builds on other named ones."""

    def make(name: str, *parents: str, wid: str | None = "workflow", **changes: Any) -> bytes:
        made = claims(
            jti=task_id(name),
            wid=None if wid is None else task_id(wid),
            par=[task_id(parent) for parent in parents],
            **changes,
        )
        return token(made, "agent-a")

    return make


@pytest.fixture(scope="session")
def passed(ring: KeyRing) -> Callable[[bytes], Verified]:
    """Verify a token as a gate does that looks at nothing but the token."""
    options = VerifyOptions(keys=ring, clock=lambda: EPOCH + 60)
    return lambda compact: verify(compact, options)
