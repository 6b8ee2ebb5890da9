"""The example of a rule -> a list of its tasks, for people who do not know the sketch language."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ectgraph import labels

FAULTS = {
    "oversized": "larger than a record may be",
    "padded": "its base64url has padding",
    "trailing-bits": "its base64url ends in bits that say nothing",
    "nan": "one of its numbers is NaN",
    "cut": "its claims end in the middle",
    "nested": "its claims nest too deep",
    "twice": "one of its members occurs twice",
    "jwk": "its header holds a key",
    "crit": "its header demands an extension that is not known",
    "iat-string": "its iat is a text",
    "iat-true": "its iat is true",
    "two-lists": "it names its parents under par, and none under pred",
    "flipped": "one bit of its signature is another",
    "short": "its signature lacks a byte",
    "stranger": "signed by somebody else",
    "unsigned": "not signed at all",
    "ext-large": "its extension object is too large",
    "high-s": "its signature has the high form",
    "low-s": "its signature has the low form",
}
"""What the faults and forms of `testing` come to."""
SWITCHES = {
    "no-keys": "no keys are given",
    "bad-key": "one of the given keys cannot be used",
    "broken-rule": "one rule breaks when it is run",
    "bound": "each key may sign for its own agent alone",
    "chained": "the records are entries of a hash chain",
    "torn": "the file ends in the middle of the last record",
    "revoked": "all keys are revoked at {} s",
    "low-s": "all signatures have the low form",
    "artifacts": "there are files with these contents: {}",
}
"""What the switches of a sketch come to."""
_OPTIONS = {
    "by": "signed by {}",
    "draft": "written as in draft {}",
    "life": "lives for {} s",
    "recorded": "recorded at {} s",
    "entry": "in an entry with {}",
}
"""What the options of a task come to; all others are claims and members of the header."""
WIDTH = 60
"""Characters of one value that are shown."""


class Item(NamedTuple):
    """One part of a sketch: a task, a record that is some text, or something about all of them."""

    name: str
    """The task's; empty for anything else."""
    at: str
    """Seconds at which it was issued."""
    parents: str
    about: str
    """What else there is to say of it."""


def items(text: str) -> Iterator[Item]:
    """The parts of a sketch, as it lists them.

    >>> [item.about for item in items("b@5<a by=agent-b !short; !no-keys")]
    ['signed by agent-b; its signature lacks a byte', 'no keys are given']

    """
    for part in filter(None, map(str.strip, text.split(";"))):
        if part.startswith("!"):
            yield Item("", "", "", _switch(part[1:]))
        elif part.startswith("'"):
            yield Item("", "", "", f"a record that is just this text: {labels.fit(part, WIDTH)}")
        else:
            head, *options = part.split()
            name, _, parents = head.partition("<")
            name, _, at = name.partition("@")
            about = "; ".join(map(_option, options))
            yield Item(name, at or "0", parents.replace(",", ", "), about)


def _option(option: str) -> str:
    if option.startswith("!no-"):
        return f"without {option[4:]}"
    if option.startswith("!"):
        return FAULTS.get(option[1:], option)
    name, _, value = option.partition("=")
    told = labels.fit(value, WIDTH)
    if name in _OPTIONS:
        return _OPTIONS[name].format(told)
    return f"{name} = {told}" if value else f"without {name}"


def _switch(switch: str) -> str:
    name, _, value = switch.partition("=")
    if name in SWITCHES:
        return SWITCHES[name].format(labels.fit(value, WIDTH))
    return f"the policy says {name} = {labels.fit(value, WIDTH)}"
