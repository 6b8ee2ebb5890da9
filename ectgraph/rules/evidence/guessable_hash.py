"""The hash of nothing, or of next to nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

from ectgraph.encoding import encode_base64url, hash_of
from ectgraph.rule import Hit, Policy, Severity, Token, token_rule

_TRIVIAL = {
    b"": "empty input",
    b"\n": "an empty line",
    b" ": "one space",
    b"0": "the digit 0",
    b"1": "the digit 1",
    b"null": "the JSON null",
    b"true": "the JSON true",
    b"false": "the JSON false",
    b"{}": "an empty JSON object",
    b"[]": "an empty JSON array",
    b'""': "an empty JSON string",
}
_PREFIXES = {"sha256": ("", "sha-256:"), "sha384": ("sha-384:",), "sha512": ("sha-512:",)}


def _known() -> Iterator[tuple[str, str]]:
    """(hash, as a claim holds it; what it is the hash of) of all that is trivial."""
    for data, what in _TRIVIAL.items():
        ended = {data + b"\n": f"{what} and a line break"} if data.strip() else {}
        for text, said in ({data: what} | ended).items():
            for algorithm, prefixes in _PREFIXES.items():
                value = encode_base64url(hashlib.new(algorithm, text).digest()).decode()
                yield from ((prefix + value, said) for prefix in prefixes)


_KNOWN = dict(_known())


@token_rule(
    "ECT802",
    "guessable-hash",
    Severity.NOTE,
    cites="draft-00 §4 (inp_hash, out_hash)",
    advice="Ask whether nothing went in, or came out; if something did, the agent hashes nothing.",
    good=(f"a@0 inp_hash={hash_of(b'a question')} out_hash={hash_of(b'an answer')}",),
    bad=(
        "a@0 out_hash=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU",
        "a@0 inp_hash=RBNvo1WzZ4oRRq0W9-hknpT7T8If536DEMBg9hyq_4o",
    ),
    step=12,
)
def check(token: Token, policy: Policy) -> Sequence[Hit]:
    """`inp_hash` or `out_hash` is the hash of empty input, or of input like `{}` or `null`.

    A hash ties a task to its data because nobody can guess what was hashed. Here anybody can: it
    shows that the agent hashed nothing, or a placeholder, and so proves nothing of the data. It is
    what a broken logger writes, and what somebody writes who does not want the data to be found.
    Where a step really takes nothing in, or puts nothing out, it is harmless.
    """
    if token.inp_hash not in _KNOWN and token.out_hash not in _KNOWN:
        return ()
    return [
        Hit(
            f"{name!r} is the hash of {_KNOWN[value]}",
            evidence={"claim": name, "hash": value, "of": _KNOWN[value]},
            witness=name,
        )
        for name, value in (("inp_hash", token.inp_hash), ("out_hash", token.out_hash))
        if value in _KNOWN
    ]
