"""Two ledgers, or two copies of one, beside each other: what differs, and from where on.

Records are compared by their bytes: first by all of them, then by those of the token in them, so
that two copies may be of different formats. Several sources on one side are one history, in the
order of its entries.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict, deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice, zip_longest
from typing import Literal, TypeAlias, get_args

from ectgraph.analysis.changes import Change, changes
from ectgraph.analysis.parts import Parts
from ectgraph.analysis.side import Side
from ectgraph.collector import paused
from ectgraph.encoding import decode_base64url
from ectgraph.ledger import Ledger
from ectgraph.model import Entry, Trust

Kind: TypeAlias = Literal[
    "equivocation",
    "only-here",
    "only-there",
    "re-signed",
    "recorded-times",
    "re-ordered",
    "rewrapped",
]
"""What differs, gravest first: the same task with another payload; a task, or a record of none,
that the other has not; the same payload with another header or signature; a token that the other
holds more or less often; another order; the same token, wrapped otherwise."""
KINDS: tuple[Kind, ...] = get_args(Kind)

MOST = 20
"""Changes of one pair of records that are told; of more, how many there are."""


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One thing that is not the same on both sides."""

    kind: Kind
    here: int | None = None
    """Position of the entry in the one ledger; `None` where that has nothing to show."""
    there: int | None = None
    """Position of the entry in the other ledger."""
    records: tuple[int, int] = (1, 1)
    """How many records are meant, here and there."""
    changes: tuple[Change, ...] = ()
    """What the two entries say otherwise, at most `MOST`. Nothing, where only the bytes differ."""
    more: int = 0
    """How many changes are not among `changes`."""
    named: bool = False
    """Whether the side that does not have the task names it as a parent."""
    elsewhere: bool = False
    """Whether the side that does not have the task has its `jti` in another workflow."""
    twin: bool = False
    """Whether both signatures verify and have the same first half: of an ECDSA signature `(r, s)`
    anybody makes `(r, order - s)`, without the key."""


Relation: TypeAlias = Literal["same", "here-goes-on", "there-goes-on", "forked", "apart"]
"""Of two histories: they are alike; the one is the beginning of the other; they part; they share
nothing."""


@dataclass(frozen=True, kw_only=True)
class History:
    """How far two ledgers go together, entry by entry from the first."""

    alike: int
    """How many first records have the same content, and the same stated beside it."""
    tokens: int
    """How many first records hold the same tokens, however they are wrapped: `alike` or more."""
    relation: Relation
    """By their tokens; where they go on, or part, it is from position `tokens` on."""


@dataclass(frozen=True, kw_only=True)
class Diff:
    """What two ledgers have in common, and what not."""

    differences: tuple[Difference, ...]
    """Gravest kind first; within a kind in the order of the one ledger, then of the other."""
    history: History
    shared: int
    """How many records are on both sides: they hold the same token, or the same bytes."""


def diff(here: Ledger, there: Ledger) -> Diff:
    """Compare two ledgers.

    A task is a `jti` within its workflow; where a record of a `jti` names no workflow, all records
    of that `jti` are of one task (draft-00 §4). Every token that only one side has is in some
    difference. Blank lines, comments and line ends are no part of a record's content. Time and
    memory are linear in the records; what was moved takes n log n.

    Raises:
        EctgraphError: bytes that were left in a file have changed since.

    >>> from ectgraph.testing import sketch
    >>> here, there = sketch("a@0; b@1; c@2").ledger(), sketch("a@0; c@2; b@7; d@9").ledger()
    >>> for each in diff(here, there).differences:
    ...     print(each.kind, each.here, each.there, [change.name for change in each.changes])
    equivocation 1 2 ['iat', 'exp']
    only-there None 3 []

    """
    with paused():
        return _Comparison(Side(here), Side(there)).diff()


def moved(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """A smallest set of pairs without which the rest is in the same order on both sides.

    What stays is a longest increasing subsequence, found by patience sorting in n log n; of several
    it is the one with the smallest ends.

    Args:
        pairs: (position, position) of what is on both sides, sorted by the first; none twice.

    >>> moved([(0, 0), (1, 3), (2, 1), (3, 2)])
    [(1, 3)]

    """
    ends: list[int] = []  # the smallest end of an increasing run, by the run's length
    piles: list[int] = []  # which pair that is
    below: list[int | None] = []  # for each pair the one before it in its run
    for number, (_, there) in enumerate(pairs):
        length = bisect_left(ends, there)
        below.append(piles[length - 1] if length else None)
        ends[length : length + 1] = [there]
        piles[length : length + 1] = [number]
    stays: set[int] = set()
    at = piles[-1] if piles else None
    while at is not None:
        stays.add(at)
        at = below[at]
    return [pair for number, pair in enumerate(pairs) if number not in stays]


_Positions: TypeAlias = Sequence[int]
_Pair: TypeAlias = tuple[int, int]
_Look: TypeAlias = Callable[[Side, int], Hashable]


class _Comparison:
    """Two sides, beside each other."""

    def __init__(self, one: Side, two: Side) -> None:
        self.one, self.two = one, two

    def diff(self) -> Diff:
        loose = _loose(chain(self.one.ledger, self.two.ledger))
        mine, theirs = self.one.groups(loose), self.two.groups(loose)
        pairs: list[_Pair] = []
        found: list[Difference] = []
        for group in dict.fromkeys(chain(mine, theirs)):
            here, there = mine.get(group, ()), theirs.get(group, ())
            if group is not None and not (here and there):
                found.append(self._alone(here, there))
                continue
            same, left = self._alike(here, there)
            pairs += same
            if any(left):
                wrapped, left = self._matched(*left, Side.token)
                pairs += wrapped
                found += (self._rewrapped(*pair) for pair in wrapped)
            if any(left):
                found += self._unmatched(here, there, is_task=group is not None)
        pairs.sort()
        found += (Difference(kind="re-ordered", here=a, there=b) for a, b in moved(pairs))
        found.sort(key=_order)
        history = self._history(apart=not pairs)
        return Diff(differences=tuple(found), history=history, shared=len(pairs))

    def _alike(
        self, here: _Positions, there: _Positions
    ) -> tuple[list[_Pair], tuple[_Positions, _Positions]]:
        """Pairs of records of the same content; and what is left on each side."""
        if len(here) == len(there) == 1 and self._are_same(here[0], there[0]):
            return [(here[0], there[0])], ((), ())
        pairs, left = self._matched(here, there, Side.record)
        if all(left):
            more, left = self._matched(*left, Side.content)
            pairs += more
        return pairs, left

    def _are_same(self, here: int, there: int) -> bool:
        """Whether two records have the same content."""
        if self.one.record(here) == self.two.record(there):
            return True
        return self.one.content(here) == self.two.content(there)

    def _matched(
        self, here: _Positions, there: _Positions, look: _Look
    ) -> tuple[list[_Pair], tuple[_Positions, _Positions]]:
        """Pairs of what looks alike, the first with the first; and what is left on each side."""
        alike: defaultdict[Hashable, deque[int]] = defaultdict(deque)
        for position in there:
            alike[look(self.two, position)].append(position)
        pairs, left = [], []
        for position in here:
            others = alike.get(look(self.one, position))
            if others:
                pairs.append((position, others.popleft()))
            else:
                left.append(position)
        return pairs, (left, sorted(chain.from_iterable(alike.values())))

    def _alone(self, here: _Positions, there: _Positions) -> Difference:
        """A task that only one side has."""
        side, other = (self.one, self.two) if here else (self.two, self.one)
        token = side.ledger[(here or there)[0]].token
        jti = token.jti if token is not None else None
        return Difference(
            kind="only-here" if here else "only-there",
            here=here[0] if here else None,
            there=there[0] if there else None,
            records=(len(here), len(there)),
            named=jti in other.named,
            elsewhere=jti in other.jtis,
        )

    def _unmatched(
        self, here: _Positions, there: _Positions, *, is_task: bool
    ) -> Iterator[Difference]:
        """The tokens of one task, or of none, that one side alone has, or has more often."""
        mine, theirs = _by(here, self.one.token), _by(there, self.two.token)
        for token, found in mine.items():
            others = theirs.get(token, found)
            if len(found) != len(others):
                records = len(found), len(others)
                yield Difference(
                    kind="recorded-times", here=found[0], there=others[0], records=records
                )
        new = [found for token, found in mine.items() if token not in theirs]
        other = [found for token, found in theirs.items() if token not in mine]
        if is_task:
            firsts = [found[0] for found in new], [found[0] for found in other]
            yield from self._versions((here, there), firsts)
            return
        for found in new:
            yield Difference(kind="only-here", here=found[0], records=(len(found), 0))
        for found in other:
            yield Difference(kind="only-there", there=found[0], records=(0, len(found)))

    def _versions(
        self, all_: tuple[_Positions, _Positions], new: tuple[_Positions, _Positions]
    ) -> Iterator[Difference]:
        """Tokens of one task that one side alone has, beside what the other has instead.

        Args:
            all_: the records of the task, here and there.
            new: the first record of each token that the other side does not have.

        """
        one, two = self.one.payload, self.two.payload
        mine, theirs = _by(all_[0], one), _by(all_[1], two)
        signed = _by(new[0], one), _by(new[1], two)
        others: tuple[list[int], list[int]] = [], []
        for payload in dict.fromkeys(chain(*signed)):
            found = [side.get(payload, []) for side in signed]
            if payload in mine and payload in theirs:
                instead = mine[payload][0], theirs[payload][0]
                for pair in _beside(found, instead):
                    yield self._re_signed(*pair)
            else:
                others[0].extend(found[0])
                others[1].extend(found[1])
        for pair in _beside(others, (all_[0][0], all_[1][0])):
            yield self._equivocation(*pair)

    def _equivocation(self, here: int, there: int) -> Difference:
        header, claims = self.one.parts(here).members()
        other_header, other_claims = self.two.parts(there).members()
        found = chain(changes(claims, other_claims), changes(header, other_header, "header."))
        return _difference("equivocation", here, there, found)

    def _re_signed(self, here: int, there: int) -> Difference:
        one, two = self.one.parts(here), self.two.parts(there)
        found = chain(
            changes(one.members()[0], two.members()[0], "header."),
            changes(_signature(one), _signature(two)),
        )
        verified = self.one.ledger[here].trust is self.two.ledger[there].trust is Trust.VERIFIED
        twin = verified and _are_twins(one, two)
        return _difference("re-signed", here, there, found, twin=twin)

    def _rewrapped(self, here: int, there: int) -> Difference:
        found: Iterator[Change] = iter(())
        if self.one.marks(here).around != self.two.marks(there).around:
            one, two = self.one.parts(here), self.two.parts(there)
            found = changes(one.stated, two.stated)
            if one.form != two.form:
                found = chain([Change("form", one.form, two.form)], found)
        return _difference("rewrapped", here, there, found)

    def _history(self, *, apart: bool) -> History:
        sizes = len(self.one.ledger), len(self.two.ledger)
        alike = tokens = 0
        for position in range(min(sizes)):
            if self._are_same(position, position):
                alike += alike == tokens
            elif self.one.token(position) != self.two.token(position):
                break
            tokens += 1
        relation: Relation = "forked"
        if sizes == (tokens, tokens):
            relation = "same"
        elif apart:
            relation = "apart"
        elif tokens in sizes:
            relation = "there-goes-on" if tokens == sizes[0] else "here-goes-on"
        return History(alike=alike, tokens=tokens, relation=relation)


def _loose(entries: Iterable[Entry]) -> set[str]:
    """The `jti`s that some record uses without a workflow."""
    tokens = (entry.token for entry in entries)
    return {token.jti for token in tokens if token and token.jti is not None and token.wid is None}


def _by(positions: _Positions, look: Callable[[int], bytes]) -> dict[bytes, list[int]]:
    found: dict[bytes, list[int]] = {}
    for position in positions:
        found.setdefault(look(position), []).append(position)
    return found


def _beside(both: Sequence[_Positions], instead: _Pair) -> Iterator[_Pair]:
    """Two lists side by side; where one has come to its end, something else stands in for it."""
    for here, there in zip_longest(*both):
        yield instead[0] if here is None else here, instead[1] if there is None else there


def _signature(token: Parts) -> dict[str, str]:
    said = token.signature
    return {} if said is None else {"signature": said.decode(errors="backslashreplace")}


def _are_twins(one: Parts, two: Parts) -> bool:
    """Whether two signatures that verify are of one header, and have the same first half."""
    if one.header != two.header or one.signature is None or two.signature is None:
        return False
    first, second = decode_base64url(one.signature), decode_base64url(two.signature)
    half = len(first) // 2
    return first != second and first[:half] == second[:half]


def _difference(
    kind: Kind, here: int, there: int, found: Iterator[Change], *, twin: bool = False
) -> Difference:
    told = tuple(islice(found, MOST))
    more = sum(1 for _ in found)
    return Difference(kind=kind, here=here, there=there, changes=told, more=more, twin=twin)


def _order(each: Difference) -> tuple[int, bool, int, int]:
    return KINDS.index(each.kind), each.here is None, each.here or 0, each.there or 0
