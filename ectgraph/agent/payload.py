"""What an agent says about one finished task, and how the drafts write it down."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ectgraph.claims import APPROVED, DECISIONS, PENDING, REJECTED, is_uuid
from ectgraph.encoding import hash_defect
from ectgraph.model import Draft, Token

if TYPE_CHECKING:
    from ectgraph.agent.parse import Verified

POL_DECISION_APPROVED = APPROVED
POL_DECISION_REJECTED = REJECTED
POL_DECISION_PENDING_HUMAN_REVIEW = PENDING

ECT_TYPE = "exec+jwt"
"""The `typ` of an ECT (draft-01 §3)."""
ECT_TYPE_LEGACY = "wimse-exec+jwt"
"""The `typ` of an ECT in draft-00, which draft-01 still accepts."""

_POLICY = ("pol", "pol_decision", "pol_enforcer", "pol_timestamp")
_PLAIN = ("wid", "inp_hash", "out_hash")
_IN_TOKEN = ("iss", "sub", "aud", "iat", "exp", "jti", "wid", "exec_act", "inp_hash", "out_hash")
_NAMED = frozenset({*_IN_TOKEN, *_POLICY, "par", "pred", "ext", "ect_ext"})


@dataclass(kw_only=True)
class Payload:
    """The claims of one task, under their own names (draft-00 §4, draft-01 §4).

    What is left empty is filled in by `create`. `par` is the list of parents in every draft, and
    `ext` the extension object.

    >>> Payload(iss="spiffe://example.com/agent/a", exec_act="review_spec").par
    []
    """

    iss: str = ""
    aud: list[str] | str = field(default_factory=list)
    iat: int | float = 0
    exp: int | float = 0
    jti: str = ""
    exec_act: str = ""
    par: list[str] = field(default_factory=list)
    wid: str | None = None
    sub: str | None = None
    inp_hash: str | None = None
    out_hash: str | None = None
    pol: str | None = None
    pol_decision: str | None = None
    pol_enforcer: str | None = None
    pol_timestamp: int | float | None = None
    ext: dict[str, Any] | None = None
    extra: dict[str, Any] = field(default_factory=dict)
    """Claims that the drafts do not name; they are kept as they are."""
    verified: Verified | None = field(default=None, init=False, repr=False, compare=False)
    """The token that `verify` made this of; how a ledger tells it from any other payload."""

    @property
    def compensation_required(self) -> bool:
        """Whether the task undoes something (draft-00 §4)."""
        return bool(self.ext) and self.ext.get("compensation_required") is True  # type: ignore[union-attr]

    def claims(self, draft: Draft = "00") -> dict[str, Any]:
        """The claims set as a draft writes it; what is `None` is left out.

        >>> Payload(iss="a", pol="p", pol_decision="approved").claims("01")["ect_ext"]
        {'pol': 'p', 'pol_decision': 'approved'}
        """
        is_01 = draft == "01"
        claims: dict[str, Any] = {"iss": self.iss}
        if self.sub is not None:
            claims["sub"] = self.sub
        claims |= {"aud": self.aud, "iat": self.iat, "exp": self.exp, "jti": self.jti}
        claims |= {"exec_act": self.exec_act, "pred" if is_01 else "par": self.par}
        claims |= {name: value for name in _PLAIN if (value := getattr(self, name)) is not None}
        policy = {name: value for name in _POLICY if (value := getattr(self, name)) is not None}
        extension = self.ext
        if is_01 and policy and isinstance(extension, dict | None):
            extension = (extension or {}) | policy
        elif policy:
            claims |= policy
        if extension is not None:
            claims["ect_ext" if is_01 else "ext"] = extension
        return claims | {name: v for name, v in self.extra.items() if name not in claims}

    @classmethod
    def of(cls, token: Token, claims: dict[str, Any]) -> Payload:
        """The payload that a token's claims make; ill-typed claims are left empty."""
        ext = token.ext
        policy = {name: claims[name] for name in _POLICY if name in claims}
        if ext is not None and "ect_ext" in claims:
            policy = {name: ext[name] for name in _POLICY if name in ext} | policy
            ext = {name: value for name, value in ext.items() if name not in _POLICY}
            ext = ext or (None if policy else {})  # an extension of policy claims alone is none
        enforcer, stamp = policy.get("pol_enforcer"), policy.get("pol_timestamp")
        aud = claims.get("aud")
        return cls(
            iss=token.iss or "",
            aud=aud if isinstance(aud, str) else list(token.aud),
            iat=token.iat or 0,
            exp=token.exp or 0,
            jti=token.jti or "",
            exec_act=token.exec_act or "",
            par=list(token.parents),
            wid=token.wid,
            sub=token.sub,
            inp_hash=token.inp_hash,
            out_hash=token.out_hash,
            pol=token.pol,
            pol_decision=token.pol_decision,
            pol_enforcer=enforcer if isinstance(enforcer, str) else None,
            pol_timestamp=stamp if type(stamp) in (int, float) else None,
            ext=ext,
            extra={name: value for name, value in claims.items() if name not in _NAMED},
        )


def valid_uuid(text: str) -> bool:
    """Whether an id is a UUID in its usual form (RFC 9562 §4); see ECT112.

    >>> valid_uuid("550e8400-e29b-41d4-a716-446655440000"), valid_uuid("7")
    (True, False)
    """
    return is_uuid(text)


def valid_pol_decision(text: str) -> bool:
    """Whether a policy decision is one that the drafts know; see ECT119.

    >>> valid_pol_decision(POL_DECISION_APPROVED), valid_pol_decision("ok")
    (True, False)
    """
    return text in DECISIONS


def validate_hash_format(text: str) -> bool:
    """Whether a hash claim is a hash: SHA-256, or with `sha-384:` and the like before; see ECT113.

    >>> validate_hash_format("ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0")
    True
    """
    return hash_defect(text) is None
