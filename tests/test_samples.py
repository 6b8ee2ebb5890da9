"""The sample ledgers are what `rebuild.py` makes, and lint says of each what its story says."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import ectgraph
from ectgraph.encoding import decode_base64url
from ectgraph.formats import READERS
from ectgraph.formats.entry import instant, token_bytes
from ectgraph.keys import KeyRing
from ectgraph.model import Report
from ectgraph.policy import Policy, matcher

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

SAMPLES = Path(__file__).parents[1] / "sample_ledgers"
EXPECTED = json.loads((SAMPLES / "expected.json").read_text("utf-8"))
FORMATS = [name for name in EXPECTED if name.startswith("formats/")]
STORIES = [name for name in EXPECTED if "/" not in name]
BY_HAND = (".py", ".pyc", ".toml", ".tsv")
"""Suffixes of what `rebuild.py` does not make."""
OTHERS = (".json", ".har", ".sqlite", ".parquet")
"""Suffixes of containers whose records do not lie in lines."""
UNPACK = {
    ".gz": gzip.decompress,
    ".bz2": bz2.decompress,
    ".xz": lzma.decompress,
    ".zst": zstd.decompress,
}


def sample(name: str) -> ectgraph.Case:
    return ectgraph.load(SAMPLES / name, keys=SAMPLES / EXPECTED[name]["keys"])


def codes(report: Report) -> list[str]:
    return sorted({finding.code for finding in report.findings})


def lines_of(path: Path) -> bytes:
    """The content of a file, decompressed; of a folder, of all the ledgers in it."""
    if path.is_dir():
        return b"".join(each.read_bytes() for each in sorted(path.glob("*.jsonl")))
    data = path.read_bytes()
    return UNPACK[path.suffix](data) if path.suffix in UNPACK else data


# What is in the folder


def held(name: str, data: bytes) -> Any:
    """What a file holds, where its bytes depend on the version of the library that packs it."""
    suffix = Path(name).suffix
    if suffix in UNPACK:
        return UNPACK[suffix](data)
    if suffix == ".sqlite":
        with closing(sqlite3.connect(":memory:")) as database:
            database.deserialize(data)
            return list(database.iterdump())
    if suffix == ".parquet":
        parquet = pytest.importorskip("pyarrow.parquet")
        return parquet.read_table(io.BytesIO(data)).to_pylist()
    return data


def files_below(folder: Path) -> dict[str, Any]:
    paths = [path for path in folder.rglob("*") if path.is_file()]
    names = {path.relative_to(folder).as_posix(): path for path in paths}
    return {
        name: held(name, path.read_bytes())
        for name, path in names.items()
        if path.suffix not in BY_HAND
    }


def test_the_samples_are_what_rebuild_makes_and_nothing_else(tmp_path: Path) -> None:
    """Byte for byte, but for files that libraries pack: there it is the content."""
    subprocess.run(
        [sys.executable, SAMPLES / "rebuild.py", tmp_path], check=True, capture_output=True
    )

    assert files_below(tmp_path) == files_below(SAMPLES)


def test_every_ledger_has_a_story() -> None:
    told = {path for name in EXPECTED for path in [SAMPLES / name, *(SAMPLES / name).glob("*")]}
    there = {path for path in SAMPLES.rglob("*") if path.suffix not in (*BY_HAND, ".md")}
    others = {SAMPLES / "copies/differences.json", *SAMPLES.rglob("*expected.json")}
    others |= set(SAMPLES.rglob("*keys.json"))

    assert {path for path in there if path.is_file()} - others == {
        path for path in told if path.is_file()
    }


@pytest.mark.parametrize("name", EXPECTED)
def test_lint_says_what_the_story_says(name: str) -> None:
    story, report = EXPECTED[name], sample(name).report

    assert codes(report) == story["codes"]
    assert report.summary.tasks == story["tasks"]
    assert report.summary.edges == story["edges"]
    assert report.summary.trust["verified"] == story["verified"]
    assert bool(report.at_least("error")) == bool(story["exit"])
    for keys, told in story.get("other_keys", {}).items():
        assert codes(ectgraph.load(SAMPLES / name, SAMPLES / keys).report) == told


# Their policies


def policy_of(name: str) -> Path:
    return SAMPLES / "policies" / f"{name.partition('.')[0]}.toml"


def test_every_story_has_a_policy_and_every_policy_a_story() -> None:
    assert {policy_of(name) for name in STORIES} == set((SAMPLES / "policies").iterdir())


@pytest.mark.parametrize("name", STORIES)
def test_lint_says_with_the_policy_what_the_story_says(name: str) -> None:
    story, policy = EXPECTED[name], Policy.load(policy_of(name))
    report = ectgraph.load(SAMPLES / name, SAMPLES / story["keys"], policy=policy).report

    assert codes(report) == story.get("policy_codes", story["codes"])


@pytest.mark.parametrize("name", STORIES)
def test_a_policy_names_the_agents_and_the_actions_of_its_story(name: str) -> None:
    """Each line of a policy says something of the ledger; a typing mistake would not."""
    policy, tokens = Policy.load(policy_of(name)), [entry.token for entry in sample(name).ledger]
    done = {(token.iss, token.exec_act) for token in tokens if token and token.iss}

    for agent in policy.agents:
        assert [iss for iss, _ in done if matcher((agent.iss,))(iss)] or agent.iss in UNREAD
    for step in policy.steps:
        assert [act for _, act in done if matcher((step.act,))(act)] or step.act in UNREAD
    for workflow in policy.workflows:
        assert [token for token in tokens if token and matcher((workflow.wid,))(token.wid)]


UNREAD = {
    "spiffe://credit.example/agent/affordability",
    "spiffe://council.example/agent/fire-safety",
    "spiffe://council.example/agent/mailing",
    "send_permit",
}
"""Agents and actions whose only record was taken out, or cannot be read."""


# One story in every format


@pytest.fixture(scope="module")
def tokens() -> list[bytes]:
    """The tokens of the clinical review, as they stand in its own file."""
    lines = (SAMPLES / "clinical-review.jsonl").read_bytes().splitlines()
    return [json.loads(line)["ect"].encode() for line in lines]


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_holds_the_very_same_tokens_in_the_same_order(
    name: str, tokens: list[bytes]
) -> None:
    ledger = sample(name).ledger
    if name.endswith("l1.txt"):
        tokens = [token.split(b".")[1] for token in tokens]
    elif name.endswith("l1.jsonl"):
        tokens = [decode_base64url(token.split(b".")[1]) for token in tokens]

    assert [token_bytes(entry.record.body) for entry in ledger] == tokens


def test_there_is_a_sample_of_every_format_and_every_compression() -> None:
    inputs = [source for name in FORMATS for source in sample(name).ledger.inputs]

    assert {source.format for source in inputs} == {*READERS, "other"}
    assert {source.compression for source in inputs} == {None, "gz", "bz2", "xz", "zst"}


@pytest.mark.parametrize("name", [name for name in EXPECTED if not name.endswith(OTHERS)])
def test_the_records_of_lines_joined_are_the_file(name: str) -> None:
    records = [entry.record for entry in sample(name).ledger]

    assert b"".join(record.raw for record in records) == lines_of(SAMPLES / name)


@pytest.mark.parametrize(
    ("name", "chained"),
    [
        ("clinical-review.jsonl", True),
        ("formats/clinical-review.jsonl.zst", True),
        ("formats/clinical-review.starfly.jsonl", True),
        ("formats/fragments", True),
        ("formats/clinical-review.reference.jsonl", False),
        ("formats/clinical-review.har", False),
        ("formats/clinical-review.sqlite", False),
        ("formats/clinical-review.parquet", False),
    ],
)
def test_only_in_a_hash_chain_a_verified_token_is_of_level_3(name: str, *, chained: bool) -> None:
    assert sample(name).report.summary.levels == {
        "L1": 0,
        "L2": 0 if chained else 6,
        "L3": 6 if chained else 0,
    }


def test_a_page_among_the_fragments_is_named_as_not_read() -> None:
    report = sample("formats/fragments").report

    assert [source.format for source in report.inputs] == ["other", "jsonl", "jsonl", "jsonl"]
    assert any("README.txt" in sentence for sentence in report.not_established)


def test_without_its_first_fragment_the_others_begin_in_the_middle() -> None:
    rest = [SAMPLES / "formats/fragments" / f"ledger.{number}.jsonl" for number in (2, 3)]
    report = ectgraph.load(rest, SAMPLES / "keys.json").report

    assert codes(report) == ["ECT303", "ECT601"]


def test_a_fragment_from_the_middle_that_is_gone_leaves_a_hole() -> None:
    rest = [SAMPLES / "formats/fragments" / f"ledger.{number}.jsonl" for number in (1, 3)]
    report = ectgraph.load(rest, SAMPLES / "keys.json").report

    assert codes(report) == ["ECT303", "ECT601"]


# An old archive, and keys that change every year


ARCHIVE = SAMPLES / "old-archive.jsonl.gz"
DESK = "settlement-desk@solar.example"
LATER = "2026-11-01T00:00Z"


@pytest.fixture
def keys() -> list[dict[str, Any]]:
    """The keys of the cooperative, to be changed."""
    return json.loads((SAMPLES / "old-archive.keys.json").read_text("utf-8"))["keys"]


def seconds(year: int, month: int = 1) -> float:
    found = instant(f"{year}-{month:02}-01T00:00Z")
    assert found is not None
    return found


def judged_with(keys: list[dict[str, Any]], policy: Policy | None = None) -> Report:
    return ectgraph.load(ARCHIVE, KeyRing.from_jwks({"keys": keys}), policy=policy).report


def key_of(keys: list[dict[str, Any]], kid: str, year: int) -> dict[str, Any]:
    (key,) = (each for each in keys if each["kid"] == kid and each["nbf"] == seconds(year))
    return key


def found_of(report: Report, code: str) -> set[str]:
    """The tasks that have a finding, as their actions and the years of their tokens."""
    entries = ectgraph.load(ARCHIVE).ledger
    tokens = [entries.get(f.jti).token for f in report.findings if f.code == code and f.jti]
    return {f"{token.exec_act} {time.gmtime(token.iat).tm_year}" for token in tokens}


def test_the_archive_spans_years_and_all_of_it_has_expired() -> None:
    times = [entry.token.iat for entry in ectgraph.load(ARCHIVE).ledger]
    last = max(entry.token.exp for entry in ectgraph.load(ARCHIVE).ledger)

    assert [time.gmtime(each).tm_year for each in (min(times), max(times))] == [2019, 2025]
    assert last < instant(LATER) < time.time()


@pytest.mark.parametrize("at", [instant(LATER), time.time()], ids=["later", "now"])
def test_judged_now_every_token_of_the_archive_has_expired(
    keys: list[dict[str, Any]], at: float
) -> None:
    report = judged_with(keys, Policy(at=at))

    assert codes(report) == ["ECT408"]
    assert len({finding.jti for finding in report.findings}) == report.summary.tasks == 60
    assert report.summary.trust["verified"] == 60  # which says nothing against the signatures


def test_the_order_of_the_keys_makes_no_difference(keys: list[dict[str, Any]]) -> None:
    assert judged_with(keys[::-1]).findings == ()


def test_keys_whose_times_were_swapped_were_not_good_then(keys: list[dict[str, Any]]) -> None:
    one, other = key_of(keys, DESK, 2020), key_of(keys, DESK, 2021)
    for bound in ("nbf", "exp"):
        one[bound], other[bound] = other[bound], one[bound]
    report = judged_with(keys)

    assert codes(report) == ["ECT206", "ECT308"]
    assert found_of(report, "ECT206") == {"settle_quarter 2020", "settle_quarter 2021"}
    assert report.summary.trust["invalid"] == 8


def test_the_key_of_one_year_alone_verifies_that_year_and_no_other(
    keys: list[dict[str, Any]],
) -> None:
    years = {f"settle_quarter {year}" for year in range(2019, 2026)}
    others = [key for key in keys if key["kid"] != DESK]
    report = judged_with([*others, key_of(keys, DESK, 2024)])

    assert codes(report) == ["ECT201", "ECT308"]
    assert found_of(report, "ECT201") == years - {"settle_quarter 2024"}


def test_without_any_key_of_an_agent_its_tokens_are_by_an_unknown_key(
    keys: list[dict[str, Any]],
) -> None:
    report = judged_with([key for key in keys if key["kid"] != DESK])

    assert codes(report) == ["ECT202", "ECT308"]
    assert report.summary.trust["unknown_key"] == 27


def test_keys_without_times_verify_all_the_same(keys: list[dict[str, Any]]) -> None:
    for key in keys:
        del key["nbf"], key["exp"]

    assert judged_with(keys).findings == ()


def test_a_revocation_reaches_what_was_signed_after_it_and_tells_what_was_signed_before(
    keys: list[dict[str, Any]],
) -> None:
    key_of(keys, DESK, 2022)["revoked_at"] = seconds(2022, 7)
    report = judged_with(keys)
    (told,) = (finding for finding in report.findings if finding.code == "ECT210")

    assert codes(report) == ["ECT206", "ECT210", "ECT308"]
    assert found_of(report, "ECT206") == {"settle_quarter 2022"}
    assert report.summary.trust["invalid"] == 2
    assert told.evidence["tokens"] == 2


def claims_of(entry: dict[str, Any]) -> dict[str, Any]:
    return json.loads(decode_base64url(entry["ect"].split(".")[1].encode()))


def test_what_builds_on_the_leaked_key_is_as_the_page_says() -> None:
    """Told apart by nothing but the claims, and by the key that each year had."""
    tokens = [claims_of(json.loads(line)) for line in lines_of(ARCHIVE).splitlines()]
    builds = {
        claims["jti"]
        for claims in tokens
        if claims["iss"].endswith("/settlement-desk") and time.gmtime(claims["iat"]).tm_year == 2022
    }
    signed = len(builds)
    for claims in tokens:  # parents come before their children
        if builds.intersection(claims["par"]):
            builds.add(claims["jti"])
    clean = [claims for claims in tokens if claims["jti"] not in builds]
    (told,) = ectgraph.load(ARCHIVE, SAMPLES / "old-archive.revoked.keys.json").report.findings

    assert (signed, len(builds) - signed, len(clean)) == (4, 14, 42)
    assert (told.evidence["tokens"], told.evidence["built_on"]) == (signed, len(builds) - signed)
    assert sum(claims["exec_act"] == "read_meters" for claims in clean) == 27
    assert {time.gmtime(c["iat"]).tm_year for c in clean if c["exec_act"] != "read_meters"} == {
        *(2019, 2020, 2021)
    }
