"""Fixed keys, deterministic signatures, and the tokens and ledger files made with them."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from ectgraph import loader, signature
from ectgraph.encoding import compact_json, encode_base64url
from ectgraph.keys import public_jwk
from ectgraph.signature import ORDER

EPOCH = 1_771_943_000
"""Second 0 of every sketch: 2026-02-24 14:23:20 UTC."""
AGENTS = "spiffe://example.com/agent/"
"""Beginning of the `iss` of every agent in a sketch."""
NAMESPACE = uuid.UUID("6f9d3c1e-2b7a-5e4d-9c8f-0a1b2c3d4e5f")


@cache
def private_key(name: str) -> ec.EllipticCurvePrivateKey:
    """The P-256 key of an agent; the same for the same name, and public knowledge.

    >>> private_key("a").public_key() == private_key("a").public_key()
    True
    """
    number = int.from_bytes(hashlib.sha256(b"ectgraph.testing " + name.encode()).digest())
    return ec.derive_private_key(number % (ORDER - 1) + 1, ec.SECP256R1())


def jwks(*names: str) -> dict[str, Any]:
    """The public keys of agents as a JWK Set; an agent's name is the `kid` of its key."""
    return {"keys": [public_jwk(private_key(name), name) for name in names]}


def task_id(name: str) -> str:
    """The `jti` (or `wid`) that stands for a name in a sketch, a UUID.

    >>> task_id("a") == task_id("a") != task_id("b")
    True
    """
    return str(uuid.uuid5(NAMESPACE, name))


def sign(signing_input: bytes, signer: str) -> bytes:
    """Sign as an agent; see `signature.sign`."""
    return signature.sign(signing_input, private_key(signer))


def seal(header: bytes, payload: bytes, signer: str) -> bytes:
    """Make a compact JWS of a header and a payload that are already JSON, or whatever they are."""
    signing_input = encode_base64url(header) + b"." + encode_base64url(payload)
    return signing_input + b"." + encode_base64url(sign(signing_input, signer))


def token(claims: dict[str, Any], signer: str, header: dict[str, Any] | None = None) -> bytes:
    """Make a signed ECT of a claims set; `header` replaces the usual one.

    >>> token({"jti": "x"}, "a").count(b".")
    2
    """
    typ = "exec+jwt" if "pred" in claims else "wimse-exec+jwt"
    usual = {"alg": "ES256", "typ": typ, "kid": signer}
    return seal(compact_json(usual if header is None else header), compact_json(claims), signer)


def ledger_file(tokens: Sequence[bytes], recorded_at: Sequence[int]) -> bytes:
    """Write tokens as an `ectgraph-ledger/1` file (docs/formats.md), hash chain included.

    Args:
        tokens: compact JWSs in the order recorded.
        recorded_at: for each, when the ledger took it in (seconds since 1970).

    """
    lines: list[bytes] = []
    previous = ""
    for number, (compact, seconds) in enumerate(zip(tokens, recorded_at, strict=True), 1):
        time = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        entry = {
            "seq": number,
            "recorded_at": time,
            "jti": _jti(compact),
            "prev_hash": previous,
            "ect": compact.decode(),
        }
        lines.append(compact_json(entry))
        previous = hashlib.sha256(lines[-1]).hexdigest()
    return b"".join(line + b"\n" for line in lines)


def _jti(compact: bytes) -> str:
    ledger = loader.load_bytes(compact)
    read = ledger[0].token
    return (read.jti if read else None) or ""
