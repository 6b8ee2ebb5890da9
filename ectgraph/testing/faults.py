"""A token in the making, and the ways in which it can go wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ectgraph.encoding import compact_json, decode_base64url, encode_base64url
from ectgraph.keys import public_jwk
from ectgraph.signature import ORDER
from ectgraph.testing.tokens import private_key, seal


@dataclass(frozen=True)
class Draft:
    """A token in the making: what a fault may change before, or after, it is signed."""

    header: dict[str, Any]
    claims: dict[str, Any]
    signer: str

    def seal(self, payload: bytes | None = None) -> bytes:
        """Sign it; with another payload, if given."""
        body = compact_json(self.claims) if payload is None else payload
        return seal(compact_json(self.header), body, self.signer)


def _with_claims(**changes: Any) -> Callable[[Draft], bytes]:
    def make(draft: Draft) -> bytes:
        claims = {name: changes.get(name, value) for name, value in draft.claims.items()}
        return Draft(draft.header, claims | changes, draft.signer).seal()

    return make


def _payload(change: Callable[[bytes], bytes]) -> Callable[[Draft], bytes]:
    return lambda draft: draft.seal(change(compact_json(draft.claims)))


def _text(change: Callable[[bytes], bytes]) -> Callable[[Draft], bytes]:
    return lambda draft: change(draft.seal())


def _resign(compact: bytes, change: Callable[[bytes], bytes]) -> bytes:
    """Change the 64 bytes of the signature."""
    signing_input, _, signature = compact.rpartition(b".")
    return signing_input + b"." + encode_base64url(change(decode_base64url(signature)))


def _formed(*, high: bool) -> Callable[[Draft], bytes]:
    """Bring the signature into one of its two forms: (r, s) and (r, n - s) verify alike."""

    def form(mark: bytes) -> bytes:
        s = int.from_bytes(mark[32:])
        return mark if (s > ORDER // 2) == high else mark[:32] + (ORDER - s).to_bytes(32)

    return _text(lambda compact: _resign(compact, form))


FAULTS: dict[str, Callable[[Draft], bytes]] = {
    "oversized": _with_claims(note="x" * (1 << 20)),
    "padded": _text(lambda compact: compact + b"=="),
    "trailing-bits": _text(lambda compact: compact[:-1] + bytes([compact[-1] + 1])),
    "nan": _payload(lambda payload: payload[:-1] + b',"x":NaN}'),
    "cut": _payload(lambda payload: payload[:-9]),
    "nested": _payload(lambda payload: payload[:-1] + b',"x":' + b"[" * 99 + b"]" * 99 + b"}"),
    "twice": _payload(lambda payload: payload[:-1] + b',"exec_act":"pay"}'),
    "crit": lambda draft: Draft(
        draft.header | {"crit": ["b64"], "b64": False}, draft.claims, draft.signer
    ).seal(),
    "jwk": lambda draft: Draft(
        draft.header | {"jwk": public_jwk(private_key(draft.signer), draft.signer)},
        draft.claims,
        draft.signer,
    ).seal(),
    "iat-string": lambda draft: _with_claims(iat=str(draft.claims["iat"]))(draft),
    "iat-true": _with_claims(iat=True),
    "two-lists": lambda draft: _with_claims(
        par=draft.claims.get("par", draft.claims.get("pred")), pred=[]
    )(draft),
    "flipped": _text(
        lambda compact: _resign(compact, lambda mark: bytes([mark[0] ^ 1]) + mark[1:])
    ),
    "short": _text(lambda compact: _resign(compact, lambda mark: mark[:-1])),
    "stranger": lambda draft: Draft(draft.header, draft.claims, "a stranger").seal(),
    "unsigned": lambda draft: compact_json(draft.claims),
    "ext-large": lambda draft: Draft(
        draft.header,
        draft.claims | {"ect_ext" if "pred" in draft.claims else "ext": {"note": "x" * 4096}},
        draft.signer,
    ).seal(),
}
"""What can go wrong with a token: each makes a faulty one. `no-CLAIM` leaves a claim out."""

FORMS: dict[str, Callable[[Draft], bytes]] = {
    "high-s": _formed(high=True),
    "low-s": _formed(high=False),
}
"""What else a token can be and stay right: signed by its own signer, in the form of that name."""
