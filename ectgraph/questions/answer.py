"""What a question comes to: a table, what it establishes, and what it does not.

Made of plain values by the questions next to this file; pandas turns it into a frame, and `reports`
shows it. Claims in it are as they were found: whoever shows them escapes them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ectgraph.columns import Column
from ectgraph.errors import EctgraphError

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True, repr=False)
class Answer:
    """A table that somebody can defend; it shows itself as text, and in Jupyter as a page."""

    question: str
    """The name of the question."""
    title: str
    """What was asked, with the names of what it is about."""
    columns: tuple[Column, ...]
    rows: tuple[tuple[Any, ...], ...]
    """In an order that does not depend on chance."""
    established: tuple[str, ...]
    """What the table comes to, in sentences with their numbers."""
    not_established: tuple[str, ...] = ()
    """What it does not show: a bound that was reached, what was assumed, what is only claimed."""
    tasks: tuple[str, ...] = ()
    """The tasks that it is about, as nodes of the graph; `case.draw(tasks=answer.tasks)`."""

    def __len__(self) -> int:
        """The number of rows."""
        return len(self.rows)

    @cached_property
    def table(self) -> pd.DataFrame:
        """The rows as a frame, with a type for each column; with its columns also when empty."""
        from ectgraph import frames  # noqa: PLC0415  # pandas only when a frame is asked for

        kinds = {column.name: column.kind for column in self.columns}
        return frames.frame(self.rows, kinds)

    def only(self, *names: str) -> Answer:
        """The same answer with some of its columns, in the order named; for a table to be read.

        Raises:
            EctgraphError: it has no column of that name.

        >>> import ectgraph
        >>> case = ectgraph.load("sample_ledgers/two-truths.jsonl", "sample_ledgers/keys.json")
        >>> case.ask.roots("b6f3").only("exec_act", "trust").rows
        (('close_batch', 'verified'),)

        """
        at = {column.name: number for number, column in enumerate(self.columns)}
        for name in names:
            if name not in at:
                message = f"{self.question} has no column {name!r}; it has {', '.join(at)}"
                raise EctgraphError(message)
        places = [at[name] for name in names]
        return replace(
            self,
            columns=tuple(self.columns[place] for place in places),
            rows=tuple(tuple(row[place] for place in places) for row in self.rows),
        )

    def __str__(self) -> str:
        """The answer as text."""
        from importlib import import_module  # noqa: PLC0415

        return str(import_module("ectgraph.reports.answer").as_text(self))  # of the floor above

    __repr__ = __str__

    def _repr_html_(self) -> str:
        from importlib import import_module  # noqa: PLC0415

        return str(import_module("ectgraph.reports.cards").answer(self))
