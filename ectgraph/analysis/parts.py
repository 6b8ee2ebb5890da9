"""A record taken apart for comparison: its token, what that signs, and what is wrapped around it.

The wrapper is the ledger operator's word, the token the agent's; two ledgers may differ in either.
"""

from __future__ import annotations

from typing import Any

import msgspec

from ectgraph.encoding import EncodingError, decode_base64url, read_json
from ectgraph.formats.entry import TOKEN_MEMBERS, Content, unwrap
from ectgraph.model import Entry
from ectgraph.policy import Policy

_DEPTH = Policy().max_json_depth


class Parts(msgspec.Struct, frozen=True, gc=False):
    """A record's content, taken apart (RFC 7515 §3.1)."""

    body: bytes
    """All of it, as it lies."""
    header: bytes | None
    """The token's header, as it lies; `None` of an unsigned token, and of what is no token."""
    payload: bytes
    """What the token says, decoded; where it is no base64url, as it lies. Of content without a
    token, all of it."""
    signature: bytes | None
    """As it lies."""
    form: str
    """How the token is held: as it stands, as a JSON string, or under which member of an object."""
    stated: dict[str, Any]
    """All that the operator states next to the token, in the entry and beside it."""

    def members(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """The members of the header, and the claims, as found; none where they cannot be read."""
        header = {} if self.header is None else _object(_decoded(self.header))
        return header, _object(self.payload)


def parts(entry: Entry) -> Parts:
    """Take a record apart.

    Raises:
        EctgraphError: its bytes were left in a file that has changed since.

    >>> from ectgraph.testing import sketch
    >>> entry = sketch("a@0 recorded=5").ledger()[0]
    >>> parts(entry).form, parts(entry).stated
    ('ect', {'recorded_at': 1771943005})

    """
    body = entry.record.body
    content = unwrap(body, _DEPTH)
    form = _form(body, content)
    stated = {name: value for name, value in content.stated.items() if name != form}
    header = signature = None
    payload = body
    if content.compact is not None:
        pieces = content.compact.split(b".", 3)
        if len(pieces) == 3:
            header, payload, signature = pieces
        else:
            payload = content.compact
        payload = _decoded(payload)
    return Parts(body, header, payload, signature, form, {**(entry.record.beside or {}), **stated})


def _form(body: bytes, content: Content) -> str:
    first = body[:1]
    if first == b'"':
        return "a JSON string"
    if first != b"{" or content.compact is None:
        return "as it stands"
    members = (name for name in TOKEN_MEMBERS if isinstance(content.stated.get(name), str))
    return next(members, "a JWS in JSON")


def _decoded(data: bytes) -> bytes:
    try:
        return decode_base64url(data)
    except EncodingError:
        return data


def _object(data: bytes) -> dict[str, Any]:
    try:
        value, _ = read_json(data, _DEPTH)
    except EncodingError:
        return {}
    return value if isinstance(value, dict) else {}
