"""A payload and a private key -> a signed token that the linter has nothing against."""

from __future__ import annotations

import hashlib
import json
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from dataclasses import replace as copy
from os import PathLike
from pathlib import Path
from typing import Any, Literal

from ectgraph.agent.payload import ECT_TYPE, ECT_TYPE_LEGACY, Payload
from ectgraph.agent.verdict import refuse
from ectgraph.encoding import encode_base64url
from ectgraph.errors import EctgraphError
from ectgraph.examiner import Examiner
from ectgraph.keys import private_key
from ectgraph.model import Level, Token
from ectgraph.policy import Policy
from ectgraph.rules import judge
from ectgraph.signature import sign

LIFETIME = 600
"""Seconds from `iat` to `exp` where nothing else is said."""


@dataclass(kw_only=True)
class CreateOptions:
    """How tokens are made."""

    kid: str = ""
    """The name of the key, by which verifiers look it up; a JWK may bring its own."""
    draft: Literal["00", "01"] = "00"
    """`00`: `par`, `ext` and the policy claims, as the reference implementation writes them. `01`:
    `pred` and `ect_ext`, with the policy claims in it."""
    lifetime: int = LIFETIME
    """Seconds from `iat` to `exp`, where the payload has no `exp`."""
    clock: Callable[[], float] = time.time
    """Read once for each token that has no `iat`."""


def default_create_options() -> CreateOptions:
    """The options of the reference implementation; `kid` is left to say.

    >>> default_create_options().lifetime
    600
    """
    return CreateOptions()


def create(payload: Payload, key: Any, options: CreateOptions) -> str:
    """Make a signed token; what is empty in the payload is filled in, on a copy of it.

    `iat` becomes now, `exp` ten minutes later, `jti` a random UUID, `par` an empty list and, in
    draft-00, `sub` the issuer. The same claims and the same key give the same token.

    Args:
        payload: the claims.
        key: the private key, on P-256: of `cryptography`, PEM, or a JWK.
        options: the key's `kid`, the draft, the lifetime.

    Raises:
        VerificationError: `ectgraph lint` would call it an error; with that finding.
        EctgraphError: the key is no private key for ES256, or the claims are no JSON.

    >>> from ectgraph.keys import generate_key
    >>> create(Payload(iss="a", exec_act="pay"), generate_key(), CreateOptions(kid="a-key"))
    Traceback (most recent call last):
    ectgraph.errors.VerificationError: ECT111 ill-typed-claim: the claim 'aud' is of the wrong ...

    """
    signer = private_key(key)
    if options.draft not in ("00", "01"):
        message = f"draft {options.draft!r}: tokens are made by draft 00 or 01"
        raise EctgraphError(message)
    kid = options.kid or (key.get("kid", "") if isinstance(key, Mapping) else "")
    typ = ECT_TYPE if options.draft == "01" else ECT_TYPE_LEGACY
    header = {"alg": "ES256", "typ": typ} | ({"kid": kid} if kid else {})
    claims = _filled(payload, options).claims(options.draft)
    signing_input = b".".join(encode_base64url(_json(part)) for part in (header, claims))
    _check(signing_input + _ROOM, "L2")
    return (signing_input + b"." + encode_base64url(sign(signing_input, signer))).decode()


def create_unsigned(payload: Payload, options: CreateOptions | None = None) -> str:
    """Make a token *without a signature* (draft-01, level L1), which anybody can forge.

    Verifiers refuse it unless their minimum level is `L1`. For transports that already prove who
    speaks; a ledger of such tokens proves nothing.

    Raises:
        VerificationError: `ectgraph lint` would call it an error, other than for its level.
        EctgraphError: the claims are no JSON.

    """
    chosen = copy(options or CreateOptions(), draft="01")
    text = encode_base64url(_json(_filled(payload, chosen).claims("01")))
    _check(text, "L1")
    return text.decode()


def _filled(payload: Payload, options: CreateOptions) -> Payload:
    """A copy of a payload in which nothing that `create` knows is empty."""
    iat = payload.iat or int(options.clock())
    # An `iat` that is no number has no `exp` to follow from it, and is refused for what it is.
    exp = iat + options.lifetime if isinstance(iat, (int, float)) else 0
    return copy(
        payload,
        iat=iat,
        exp=payload.exp or exp,
        jti=payload.jti or str(uuid.uuid4()),
        par=payload.par or [],
        sub=payload.sub or (payload.iss if options.draft == "00" else "") or None,
    )


def _json(value: Any) -> bytes:
    try:
        return json.dumps(
            value, separators=(",", ":"), ensure_ascii=False, allow_nan=False
        ).encode()
    except (TypeError, ValueError, RecursionError) as error:
        message = f"the claims cannot be written as JSON: {error}"
        raise EctgraphError(message) from error


_ROOM = b"." + encode_base64url(bytes(64))
"""What stands for the signature while there is none, so that the token has its size."""


def _check(unsigned: bytes, level: Level) -> None:
    """Raise what the linter would say of a token, before it is signed."""
    policy = Policy(minimum_level=level)
    facts = Examiner(None, policy, judge).examine_token(unsigned)
    refuse(facts.hits, facts.token, hashlib.sha256(unsigned).digest(), policy)


def validate_ext(ext: dict[str, Any], draft: Literal["00", "01"] = "01") -> None:
    """Check the size and the nesting of an extension object (draft-01 §4, ECT115 and ECT116).

    Raises:
        VerificationError: it is too large or too deep. Draft-00 says SHOULD NOT, and passes it.

    >>> validate_ext({"exec_time_ms": 12})
    """
    text, policy = _json(ext), Policy()
    token = Token(ext=json.loads(text), draft=draft)
    refuse(judge(token, (), policy), token, hashlib.sha256(text).digest(), policy)


def hash_file(path: str | PathLike[str]) -> str:
    """The SHA-256 of a file, as `inp_hash` and `out_hash` hold it.

    Raises:
        EctgraphError: it cannot be read.

    """
    try:
        with Path(path).open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").digest()
    except OSError as error:
        message = f"{path}: cannot be read ({error.strerror})"
        raise EctgraphError(message) from error
    return encode_base64url(digest).decode()
