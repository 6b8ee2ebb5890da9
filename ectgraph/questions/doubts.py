"""What an answer about some tasks leaves open, whatever the question was."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from ectgraph import labels
from ectgraph.errors import EctgraphError
from ectgraph.model import Trust
from ectgraph.rule import Evidence


def of_links(evidence: Evidence, tasks: Iterable[str]) -> tuple[str, ...]:
    """Why the links of some tasks are less than proven, in sentences.

    >>> from ectgraph.testing import sketch
    >>> evidence = sketch("a@0<z").evidence()
    >>> of_links(evidence, evidence.graph)
    ('1 of these tasks without a record: what it builds on is not known.',)
    """
    nodes = evidence.graph.nodes
    trust = Counter(nodes[task].get("trust", "missing") for task in tasks)
    missing = trust.pop("missing", 0)
    unproven = trust.total() - trust[Trust.VERIFIED.value]
    found = []
    if evidence.ring is None:
        found.append("No keys were given, so no signature was checked: links are only claimed.")
    elif unproven:
        says = "it says of its" if unproven == 1 else "they say of their"
        found.append(
            f"{unproven:,} of these tasks did not verify: what {says} parents is only claimed."
        )
    if missing:
        builds = "it builds" if missing == 1 else "they build"
        found.append(f"{missing:,} of these tasks without a record: what {builds} on is not known.")
    if evidence.ledger.earlier:
        found.append(
            "Of the records before the checkpoint only those were read that have to do with later "
            "ones: links among the others are not known."
        )
    return tuple(found)


def of_claims(evidence: Evidence, tasks: Iterable[str]) -> tuple[str, ...]:
    """Why what some tasks say of themselves is less than proven, in a sentence or none.

    >>> from ectgraph.testing import sketch
    >>> evidence = sketch("a@0; b@5<a !flipped").evidence()
    >>> of_claims(evidence, evidence.graph)
    ('1 of these tasks did not verify: who made it, when, and what it did is only claimed.',)
    """
    nodes = evidence.graph.nodes
    trust = (nodes[task].get("trust", Trust.VERIFIED.value) for task in tasks)
    unproven = sum(each != Trust.VERIFIED.value for each in trust)
    if not unproven:
        return ()
    if evidence.ring is None:
        return ("No keys were given, so no signature was checked: what tasks say is only claimed.",)
    made = "it, when, and what it" if unproven == 1 else "them, when, and what they"
    return (f"{unproven:,} of these tasks did not verify: who made {made} did is only claimed.",)


def of_records(evidence: Evidence) -> tuple[str, ...]:
    """What the ledger holds and no question can see, in sentences or none.

    >>> from ectgraph.testing import sketch
    >>> of_records(sketch("a@0; 'junk'").evidence())
    ('What 1 unreadable record said: `ectgraph lint` tells what is wrong with it.',)
    """
    tokens = [entry.token for entry in evidence.ledger]
    unread = sum(token is None for token in tokens)
    nameless = sum(token is not None and token.jti is None for token in tokens)
    found = []
    if unread:
        what, it = labels.count(unread, "unreadable record"), "it" if unread == 1 else "them"
        found.append(f"What {what} said: `ectgraph lint` tells what is wrong with {it}.")
    if nameless:
        what = labels.count(nameless, "token without a jti is", "tokens without a jti are")
        found.append(f"To which task {what} to be counted.")
    return tuple(found)


def check_limit(limit: int) -> None:
    """Make sure that a number of rows makes sense.

    Raises:
        EctgraphError: it is below 1.

    """
    if limit < 1:
        message = f"limit: {limit} is too few, at least 1 is needed"
        raise EctgraphError(message)
