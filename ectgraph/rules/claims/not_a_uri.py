"""An agent, or an audience, that is named by no URI."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from ectgraph import labels
from ectgraph.rule import Hit, Policy, Severity, Token, token_rule

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:").match
_FOREIGN = re.compile(r"[^A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]|%(?![0-9A-Fa-f]{2})|#[^#]*#").search
_LARGEST_CACHED, _MOST_CACHED = 256, 4096  # characters of a URI, and URIs, remembered
_MOST_TOLD, _LONGEST_TOLD = 20, 200  # of those that are none, and characters of one, as evidence


@token_rule(
    "ECT118",
    "not-a-uri",
    Severity.WARNING,
    cites="draft-00 §4 (iss, aud); RFC 3986 §3, RFC 7519 §2",
    advice="Name agents and verifiers by SPIFFE IDs, or by other URIs that are theirs alone.",
    good=("a@0", "a@0 iss=https://example.com/agents/7 aud=urn:example:gate"),
    bad=("a@0 by=a iss=alice", "a@0 aud=gate", "a@0 by=a iss=spiffe://example.com/100%"),
    step=12,
)
def check(token: Token, policy: Policy) -> Sequence[Hit]:
    """`iss`, or somebody in `aud`, is not named by an absolute URI, such as a SPIFFE ID.

    A bare name means something else in every company. Where ledgers are put together, or a token
    goes from one organization to another, two agents called `planner` become one: tasks count as
    those of the wrong agent, and a rule that wants two different people is kept, or broken, by
    accident. An attacker calls an agent of his own like one that is trusted. Within one house that
    gives out names once it is harmless.
    """
    iss, aud = token.iss, token.aud
    if (iss is None or _is_uri(iss)) and all(map(_is_uri, aud)):
        return ()
    claims = {"iss": () if iss is None else (iss,), "aud": aud}
    odd = {name: [text for text in texts if not _is_uri(text)] for name, texts in claims.items()}
    told = [
        f"{name!r} names {labels.some([repr(labels.fit(text, 60)) for text in texts])}"
        for name, texts in odd.items()
        if texts
    ]
    return [
        Hit(
            f"no absolute URI: {' and '.join(told)}",
            evidence={
                name: [labels.fit(text, _LONGEST_TOLD) for text in texts[:_MOST_TOLD]]
                for name, texts in odd.items()
                if texts
            },
        )
    ]


def _is_uri(text: str) -> bool:
    """Whether a text is an absolute URI (RFC 3986 §3)."""
    return _is_known_uri(text) if len(text) <= _LARGEST_CACHED else _has_form(text)


def _has_form(text: str) -> bool:
    return _SCHEME(text) is not None and _FOREIGN(text) is None


_is_known_uri = lru_cache(_MOST_CACHED)(_has_form)
