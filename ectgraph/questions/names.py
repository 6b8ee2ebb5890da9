"""Which agent, key or workflow is meant, of those that tokens name."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from ectgraph import escape, labels
from ectgraph.errors import EctgraphError
from ectgraph.ledger import Ledger

_LOOKED_AT, _LONGEST = 1000, 200
"""Names among which the nearest is looked for, and how much of each."""


def meant(what: str, text: str, names: Iterable[str | None]) -> str:
    """The one of some names that is meant: by itself, by its last part, or by its beginning.

    Raises:
        EctgraphError: none is, or several are; the message names the nearest, or some.

    >>> meant("iss", "crane", ["spiffe://harbour.example/agent/crane", "https://other.example"])
    'spiffe://harbour.example/agent/crane'

    """
    known = sorted({each for each in names if each is not None})
    if text in known:
        return text
    found = [each for each in known if text and each.rstrip("/").rpartition("/")[2] == text]
    found = found or [each for each in known if text and each.startswith(text)]
    if len(found) == 1:
        return found[0]
    asked = escape.terminal(repr(text), 80)
    if found:
        raise EctgraphError(f"several {what} may be meant by {asked}: {_some(found)}")
    whole = {each[:_LONGEST]: each for each in known[:_LOOKED_AT]}
    near = difflib.get_close_matches(text[:_LONGEST], whole, 1)
    hint = f"did you mean {_some([whole[near[0]]])}?" if near else f"there are {_some(known)}"
    raise EctgraphError(f"there is no {what} {asked}; {hint}")


def agent(ledger: Ledger, text: str) -> str:
    """The agent that is meant, of all that any record names; see `meant`."""
    return meant("iss", text, (entry.token.iss for entry in ledger if entry.token is not None))


def _some(names: list[str]) -> str:
    """A few names that somebody else wrote, in a message."""
    shown = [escape.terminal(labels.fit(each, 80), 80) for each in names[:5]]
    return labels.some([*shown, *names[5:]], 5) or "none"
