"""The entries of one or more sources, in the order found, and which task each of them records.

A task is a `jti` within its workflow (`wid`); its name in graphs and tables is the `jti` alone
unless the ledger uses that `jti` in several workflows. Only dictionaries here, no graph.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import overload

from ectgraph.model import Entry, Input, Trust


class Ledger(Sequence[Entry]):
    """Entries, readable or not, in the order found; nothing is ever dropped."""

    def __init__(self, entries: Iterable[Entry] = (), inputs: list[Input] | None = None) -> None:
        """Take the entries as they are; `inputs` tells the sources they came from."""
        self.inputs = [] if inputs is None else inputs
        self.entries: list[Entry] = []
        self.earlier = 0
        """Records before those that were read, where only what came after a checkpoint was."""
        self.context = 0
        """How many of the first entries are of those earlier records."""
        self._positions: dict[str, list[int]] = {}  # by `jti`
        self._shared: dict[str, dict[str | None, list[int]]] = {}  # of several records, by `wid`
        for entry in entries:
            self.add(entry)

    def add(self, entry: Entry) -> None:
        """Put an entry, whatever it is, at the end."""
        position = len(self.entries)
        self.entries.append(entry)  # before its position is known to threads that read
        if entry.token is not None and entry.token.jti is not None:
            known = self._positions.get(entry.token.jti)
            if known is None:
                self._positions[entry.token.jti] = [position]
            else:
                self._share(entry.token.jti, known, position)
        for known_before in ("tasks", "_names"):  # what was worked out holds no longer
            self.__dict__.pop(known_before, None)

    def _share(self, jti: str, known: list[int], position: int) -> None:
        """Put down another record of a `jti`, by the workflow it is of."""
        by_wid = self._shared.setdefault(jti, {})
        for each in (position,) if by_wid else (*known, position):
            by_wid.setdefault(self._wid(each), []).append(each)
        known.append(position)

    def __len__(self) -> int:
        """The number of records."""
        return len(self.entries)

    def __iter__(self) -> Iterator[Entry]:
        """The entries in the order found."""
        return iter(self.entries)

    @overload
    def __getitem__(self, position: int) -> Entry: ...

    @overload
    def __getitem__(self, position: slice) -> Sequence[Entry]: ...

    def __getitem__(self, position: int | slice) -> Entry | Sequence[Entry]:
        """The entry at a position, or several."""
        return self.entries[position]

    def __repr__(self) -> str:
        """Say how much there is."""
        return f"<Ledger: {len(self)} records, {len(self.tasks)} tasks>"

    @cached_property
    def tasks(self) -> Mapping[str, Sequence[int]]:
        """Positions of the entries that record each task, by node name, in the order found."""
        if not self._names:
            return self._positions
        tasks: dict[str, list[int]] = {}
        for position, entry in enumerate(self.entries):
            if entry.token is not None and entry.token.jti is not None:
                name = self._name(entry.token.jti, entry.token.wid)
                tasks.setdefault(name, []).append(position)
        return tasks

    def rivals(self) -> Iterator[tuple[str, Sequence[int]]]:
        """Tasks that several records claim: node name, and the positions of those records."""
        for jti in self._shared:
            positions, names = self._positions[jti], self._names.get(jti)
            if names is None or None in names:
                yield (jti if names is None else min(names.values())), positions
            else:
                yield from (
                    (name, self.tasks[name]) for name in names.values() if len(self.tasks[name]) > 1
                )

    def _name(self, jti: str, wid: str | None) -> str:
        names = self._names.get(jti)
        return jti if names is None else names[wid]

    @cached_property
    def _names(self) -> dict[str, dict[str | None, str]]:
        """Node names by `jti` and `wid`, of those `jti` alone that several workflows use."""
        names: dict[str, dict[str | None, str]] = {}
        taken: set[str] = set()
        for jti, by_wid in self._shared.items():
            if len(by_wid) == 1:
                continue
            names[jti] = {}
            for wid in by_wid:
                name = jti if wid is None else f"{jti}@{wid}"
                while wid is not None and (name in self._positions or name in taken):
                    name += "'"  # a hostile `jti` may look like a name of ours
                taken.add(name)
                names[jti][wid] = name
        return names

    def _wid(self, position: int) -> str | None:
        token = self.entries[position].token
        return token.wid if token is not None else None

    def node(self, jti: str, wid: str | None) -> str | None:
        """Resolve a `jti` as a task of workflow `wid` means it; `None` when no record has it.

        The own workflow comes first, then tasks without a workflow, then any other (in the order
        found): that is a link across workflows (draft-00 §6).
        """
        if jti not in self._positions:
            return None
        names = self._names.get(jti)
        if names is None:
            return jti
        return names.get(wid) or names.get(None) or next(iter(names.values()))

    def entries_of(self, node: str) -> list[Entry]:
        """The entries that record a task, in the order found; none for a missing parent."""
        return [self.entries[position] for position in self.tasks.get(node, ())]

    def witness(self, node: str) -> Entry:
        """The entry that speaks for a task: the first that verified, else the first."""
        return self._first_verified(self.tasks[node])

    def _first_verified(self, positions: Sequence[int]) -> Entry:
        first = self.entries[positions[0]]
        if len(positions) == 1 or first.trust is Trust.VERIFIED:
            return first
        found = (self.entries[position] for position in positions)
        return next((entry for entry in found if entry.trust is Trust.VERIFIED), first)

    def get(self, jti: str, wid: str | None = None) -> Entry | None:
        """The entry that speaks for a task, resolved as `node` does, in constant time; or `None`.

        Names of nodes depend on the whole ledger, so this does without them: a ledger may grow
        between any two calls.
        """
        positions = self._positions.get(jti)
        if positions is None:
            return None
        by_wid = self._shared.get(jti)
        if by_wid is not None:
            positions = by_wid.get(wid) or by_wid.get(None) or next(iter(by_wid.values()))
        return self._first_verified(positions)

    def contains(self, jti: str, wid: str | None = None) -> bool:
        """Whether some record has this `jti`, as a task of workflow `wid` means it."""
        return self.get(jti, wid) is not None

    def workflows(self) -> list[str]:
        """The distinct `wid`s, in the order found."""
        found = dict.fromkeys(entry.token.wid for entry in self.entries if entry.token is not None)
        return [wid for wid in found if wid is not None]
