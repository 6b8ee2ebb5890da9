"""How a ledger is read from a command line -> commands to copy, which work as they stand."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ectgraph import escape

if TYPE_CHECKING:
    from ectgraph.rule import Rule

LONGEST = 300
"""Characters of a command, above which nobody would copy it."""


@dataclass(frozen=True, kw_only=True)
class Invocation:
    """How the same ledger is read from a command line."""

    paths: tuple[str, ...]
    options: tuple[str, ...] = ()

    def command(self, verb: str, *target: str | None) -> str | None:
        """A command line to copy; `None` where there is none that a person would copy, and works.

        >>> Invocation(paths=("my ledger.jsonl",), options=("--keys", "k.json")).command("lint")
        "ectgraph lint 'my ledger.jsonl' --keys k.json"
        """
        operands = (*self.paths, *(word for word in target if word is not None))
        if None in target:
            return None
        words: tuple[str, ...] = ("ectgraph", verb, *operands, *self.options)
        if any(each.startswith("-") and each != "-" for each in operands):
            words = ("ectgraph", verb, *self.options, "--", *operands)
        if any("\0" in word for word in words):
            return None
        line = " ".join(quoted(word) for word in words)
        return line if len(line) <= LONGEST else None


def about(code: str, rules: Mapping[str, Rule]) -> str:
    """The command that tells a rule; of one from a file, with that file.

    >>> about("ECT302", {})
    'ectgraph rule ECT302'
    """
    origin = rules[code].origin if code in rules else ""
    options = ("--rules-from", origin) if origin.endswith(".py") else ()
    line = Invocation(paths=(code,), options=options).command("rule")
    return line or f"ectgraph rule {code}"


def quoted(word: str) -> str:
    r"""A word as a shell takes it; one that cannot be shown as bash and zsh take it, in escapes.

    >>> quoted("my ledger.jsonl"), quoted("a\x1b[31m")
    ("'my ledger.jsonl'", "$'a\\x1b[31m'")
    """
    if escape.terminal(word) == word:
        return shlex.quote(word)
    kept = b"".join(
        bytes((byte,)) if 32 <= byte < 127 and byte not in b"'\\#:" else b"\\x%02x" % byte
        for byte in os.fsencode(word)
    )
    return f"$'{kept.decode()}'"
