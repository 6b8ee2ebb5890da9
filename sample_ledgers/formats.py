"""The forms that a ledger has as a file, one of each kind that the loader reads."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import json
import lzma
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias

from story import Recorded, Story

from ectgraph.encoding import compact_json, encode_base64url
from ectgraph.formats import parquet
from ectgraph.formats.chain import timestamp
from ectgraph.testing import ledger_file

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd


def pretty(value: Any) -> bytes:
    """JSON for people."""
    return json.dumps(value, indent=2, ensure_ascii=False).encode() + b"\n"


def _lines(values: Sequence[Any]) -> bytes:
    return b"".join(compact_json(value) + b"\n" for value in values)


def _time(seconds: int, fraction: str = "") -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime(f"%Y-%m-%dT%H:%M:%S{fraction}Z")


# Lines.


def chained(story: Story) -> bytes:
    """`ectgraph-ledger/1`: JSON Lines, each with the hash of the line before."""
    records = story.records
    return ledger_file([record.token for record in records], [record.at for record in records])


def bare(story: Story) -> bytes:
    """Bare tokens, one a line, with comments."""
    lines = [f"# {story.tells}", f"# Ledger of {story.domain}, {story.start[:10]}.", ""]
    for record in story.records:
        lines += [f"# {record.step.name}, by {record.step.agent}", record.token.decode()]
    return "\n".join(lines).encode() + b"\n"


def strings(story: Story) -> bytes:
    """JSON strings, one a line."""
    return _lines([record.token.decode() for record in story.records])


def loose(story: Story) -> bytes:
    """JSON Lines without numbers or chain: JSON strings and small objects, as exports have them."""
    lines = []
    for number, record in enumerate(story.records):
        text = record.token.decode()
        lines.append({"recorded_at": _time(record.at), "token": text} if number % 2 else text)
    return _lines(lines)


def reference(story: Story) -> bytes:
    """Entries as the reference implementation's ledger has them, one a line."""
    return _lines(_reference_entries(story))


def _reference_entries(story: Story) -> list[dict[str, Any]]:
    return [
        {
            "ledger_sequence": number,
            "task_id": record.claims["jti"],
            "agent_id": record.claims["iss"],
            "action": record.claims["exec_act"],
            "parents": record.claims["par"],
            "ect_jws": record.token.decode(),
            "signature_verified": True,
            "verification_timestamp": _time(record.at - 1),
            "stored_timestamp": _time(record.at),
        }
        for number, record in enumerate(story.records, 1)
    ]


def starfly(story: Story) -> bytes:
    """JSON Lines as Starfly writes them, each with the hash of the line before."""
    lines: list[bytes] = []
    for number, record in enumerate(story.records, 1):
        entry = {
            "seq": number,
            "jti": record.claims["jti"],
            "prev_hash": hashlib.sha256(lines[-1]).hexdigest() if lines else "",
            "ect_token": record.token.decode(),
            "iss": record.claims["iss"],
            "sub": record.claims["sub"],
            "tool_id": f"{record.step.agent}.{record.step.action}",
            "exec_act": record.step.action,
            "wid": record.claims["wid"],
            "recorded_at": _time(record.at, ".480215000"),
        }
        lines.append(compact_json(entry))
    return b"".join(line + b"\n" for line in lines)


def unsigned_objects(story: Story) -> bytes:
    """The claims without any signature (level L1) as JSON objects, one a line."""
    return _lines([record.claims for record in story.records])


def unsigned_text(story: Story) -> bytes:
    """The claims without any signature in base64url, one a line."""
    records = story.records
    return b"".join(encode_base64url(compact_json(record.claims)) + b"\n" for record in records)


# Documents.


def document(story: Story) -> bytes:
    """One JSON document, with entries as the reference implementation's ledger has them."""
    operator = f"spiffe://{story.domain}/ledger"
    return pretty({"operator": operator, "entries": _reference_entries(story)})


def flattened(story: Story) -> bytes:
    """An array of JWSs in flattened JSON serialization."""
    return pretty([_parts(record) for record in story.records])


def general(story: Story) -> bytes:
    """An array of JWSs in general JSON serialization, with one signature each."""
    documents = []
    for record in story.records:
        signed = _parts(record)
        documents.append({"payload": signed.pop("payload"), "signatures": [signed]})
    return pretty(documents)


def _parts(record: Recorded) -> dict[str, str]:
    """The three parts of a compact JWS under the names of RFC 7515 §7.2."""
    protected, payload, signature = record.token.decode().split(".")
    return {"payload": payload, "protected": protected, "signature": signature}


# A capture.

_Headers: TypeAlias = list[tuple[str, str]]


def capture(story: Story) -> bytes:
    """An HTTP archive of the clinical review, with the tokens in headers.

    A proxy writes an exchange down when it is over, so the order of the file is not that of time.
    """
    referral, labs, scan, proposal, review, order = (r.token.decode() for r in story.records)
    ledger, pharmacy = f"https://ledger.{story.domain}/records", f"https://pharmacy.{story.domain}"
    name, zero = "Execution-Context", story.zero
    exchanges = [
        _exchange(zero + 0.5, 85, f"POST {ledger}", sent=[(name, referral)]),
        _exchange(zero + 2.25, 12, f"GET https://labs.{story.domain}/reports/4711"),
        _exchange(zero + 67, 64, f"POST {ledger}", sent=[(name, labs), (name, scan)]),
        _exchange(
            zero + 413.5,
            43_250,
            f"POST {pharmacy}/orders",
            got=[("location", "/orders/20931"), (name.lower(), order)],
        ),
        _exchange(zero + 413, 71, f"POST {ledger}", sent=[(name.lower(), f"{proposal}, {review}")]),
        _exchange(zero + 460, 9, f"GET {pharmacy}/orders/20931"),
    ]
    creator = {"name": f"proxy.{story.domain}", "version": "3.1"}
    return pretty({"log": {"version": "1.2", "creator": creator, "entries": exchanges}})


def _exchange(
    at: float,
    milliseconds: int,
    what: str,
    *,
    sent: Sequence[tuple[str, str]] = (),
    got: Sequence[tuple[str, str]] = (),
) -> dict[str, Any]:
    """A request and the response to it, with all members that HAR 1.2 asks for."""
    method, url = what.split()
    message = {"httpVersion": "HTTP/2", "cookies": [], "headersSize": -1, "bodySize": 0}
    request = [("host", url.split("/")[2]), ("accept", "application/json"), *sent]
    response = [("content-type", "application/json"), *got]
    return {
        "startedDateTime": timestamp(at),
        "time": milliseconds,
        "request": {"method": method, "url": url, "headers": _headers(request), "queryString": []}
        | message,
        "response": {
            "status": 201 if method == "POST" else 200,
            "statusText": "",
            "headers": _headers(response),
            "content": {"size": 0, "mimeType": "application/json"},
            "redirectURL": "",
        }
        | message,
        "cache": {},
        "timings": {"send": 1, "wait": milliseconds - 2, "receive": 1},
    }


def _headers(headers: _Headers) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in headers]


# Databases.


def sqlite_file(story: Story) -> bytes:
    """An SQLite database: column `ect_jws` of table `ledger`, next to another table."""
    agents = dict.fromkeys(record.claims["iss"] for record in story.records)
    with closing(sqlite3.connect(":memory:")) as database:
        database.execute("PRAGMA page_size = 1024")
        database.execute("CREATE TABLE agents (agent_id TEXT PRIMARY KEY)")
        database.execute(
            "CREATE TABLE ledger (ledger_sequence INTEGER PRIMARY KEY, task_id TEXT, agent_id TEXT,"
            " action TEXT, ect_jws TEXT, signature_verified INTEGER, stored_timestamp TEXT)"
        )
        database.executemany("INSERT INTO agents VALUES (?)", [(agent,) for agent in agents])
        database.executemany(
            "INSERT INTO ledger VALUES (:ledger_sequence, :task_id, :agent_id, :action, :ect_jws,"
            " :signature_verified, :stored_timestamp)",
            _reference_entries(story),
        )
        database.commit()
        return database.serialize()


def parquet_file(story: Story) -> bytes:
    """A Parquet file: column `ect`, next to what else an entry of a chained ledger says."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "ledger.parquet"
        parquet.write(map(json.loads, chained(story).splitlines()), target)
        return target.read_bytes()


# Compression.

COMPRESSIONS: dict[str, Callable[[bytes], bytes]] = {
    "gz": lambda data: gzip.compress(data, compresslevel=9, mtime=0),
    "bz2": lambda data: bz2.compress(data, compresslevel=9),
    "xz": lambda data: lzma.compress(data, preset=6),
    "zst": lambda data: zstd.compress(data, level=19),
}
"""How a file is compressed, by its suffix."""


def packed(story: Story) -> bytes:
    """As `chained`, compressed with gzip."""
    return COMPRESSIONS["gz"](chained(story))
