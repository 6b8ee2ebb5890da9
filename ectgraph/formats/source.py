"""A container as its reader sees it: what it is called, what is allowed, and what is wrong with it.

Readers yield the records that they find and put down what is wrong with the source as a whole; they
raise only for mistakes of the caller, such as a table that is not there.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from ectgraph.model import Problem


@dataclass(kw_only=True)
class Source:
    """One container, while it is being read."""

    name: str
    """As the caller named it; goes into every record."""
    path: Path | None = None
    """The file itself, where the bytes that are read are those of a file, not compressed."""
    max_record_bytes: int = 1 << 20
    """Size above which only the head of a record is kept."""
    max_ratio: int = 200
    """How many times its size what a source holds may grow to."""
    table: str | None = None
    """The table that holds the tokens, where the caller says so."""
    column: str | None = None
    """The column that holds the tokens, where the caller says so."""
    offset: int = 0
    """Bytes of the source before those that are read now."""
    line: int = 0
    """Lines of the source before those that are read now."""
    index: int = 0
    """Records of the source before those that are read now."""
    problems: list[Problem] = field(default_factory=list)
    """What is wrong with the source as a whole, in the order met; kinds are names of rules:
    `torn-tail`, `limit-reached`, `unreadable-record`, `duplicate-member`."""

    def tell(self, kind: str, detail: str) -> None:
        """Put down what is wrong with the source as a whole.

        >>> source = Source(name="-")
        >>> source.tell("torn-tail", "the document breaks off")
        >>> source.problems[0].detail
        'the document breaks off'
        """
        self.problems.append(Problem(kind, "source", detail))
