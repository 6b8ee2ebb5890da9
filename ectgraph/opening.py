"""Paths and keys -> a `Case`: where an investigation begins."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib import import_module
from os import PathLike, fspath
from threading import Thread
from typing import Any, TypeAlias

from msgspec.structs import replace

from ectgraph import artifacts as hashes
from ectgraph import checkpoint, loader
from ectgraph.artifacts import Artifacts
from ectgraph.case import Case
from ectgraph.checkpoint import Checkpoint
from ectgraph.errors import EctgraphError
from ectgraph.keys import KeyRing
from ectgraph.ledger import Ledger
from ectgraph.model import Input, Problem
from ectgraph.policy import Policy
from ectgraph.progress import shown
from ectgraph.reading import Manner
from ectgraph.resume import load_since
from ectgraph.rules import RULES, Catalogue
from ectgraph.sources import expand

Paths: TypeAlias = str | PathLike[str] | Iterable[str | PathLike[str]]
Keys: TypeAlias = Paths | KeyRing | None


def load(  # noqa: PLR0913  # the front door: one argument for each thing a caller may bring
    paths: loader.PathOrPaths,
    keys: Keys = None,
    *,
    roots: Paths | None = None,
    policy: Policy | None = None,
    rules: Catalogue = RULES,
    artifacts: str | PathLike[str] | Artifacts | None = None,
    manner: Manner | None = None,
    against: str | PathLike[str] | None = None,
    since: str | PathLike[str] | None = None,
    workers: int | None = None,
    progress: loader.Progress | None = None,
) -> Case:
    """Read one or more ledger files as one case, and verify every signature.

    Args:
        paths: ledger files, folders of them, patterns; `-` is standard input.
        keys: JWKS, PEM or certificate files, folders of them, or a `KeyRing`; without keys every
            signature stays unchecked, and the report says so.
        roots: certificates that those of the keys must chain to.
        policy: limits and choices; the defaults without it.
        rules: what to judge by; see `foreign` for rules of others.
        artifacts: a folder of files, to which the hashes in tokens are compared.
        manner: the format, the table and the column, where the bytes leave a choice.
        against: a checkpoint of the ledger, to compare it with.
        since: a checkpoint of the ledger; only what came after it is verified, when the bytes
            before are unchanged, and the keys and the policy are those of then.
        workers: processes to verify with, at most; one for each core without it.
        progress: called with the number of bytes done since the last call; without it, a notebook
            shows a bar when this takes longer than a moment.

    Raises:
        EctgraphError: a file cannot be read, or holds no usable key.

    >>> import ectgraph
    >>> case = ectgraph.load("sample_ledgers/clinical-review.jsonl", "sample_ledgers/keys.json")
    >>> case.report.summary.tasks, case.report.summary.trust["verified"]
    (6, 6)

    """
    ring = key_ring(keys, roots)
    policy = policy or Policy()
    manner = manner or Manner()
    if artifacts is not None and not isinstance(artifacts, Artifacts):
        hashes.check(artifacts)
    if against is not None and since is not None:
        message = "against and since exclude each other: since compares with the checkpoint as well"
        raise EctgraphError(message)
    name = against or since
    seen = None if name is None else checkpoint.read(name)
    # networkx takes as long to import as a thousand signatures to verify: do both at once.
    Thread(target=import_module, args=("ectgraph.graph",)).start()
    if not isinstance(paths, (str, PathLike)):
        paths = list(paths)  # they are looked at twice
    ledger, refused = None, None
    with shown(paths) as bar:
        running: dict[str, Any] = {"workers": workers, "progress": progress or bar}
        if seen is not None and since is not None:
            refused = _refused(seen, ring, policy, rules)
            if refused is None:
                equipment = (ring, policy, rules.judge)
                ledger = load_since(one_path(paths), seen, equipment, manner, **running)
                refused = (
                    None if ledger is not None else "what came after it cannot be read by itself"
                )
        if ledger is None:
            manner = manner if seen is None else replace(manner, digest=max(1, seen.bytes))
            ledger = loader.load(paths, ring, policy, judge=rules.judge, manner=manner, **running)
    comparison = None
    if seen is not None and name is not None:
        comparison = checkpoint.compare(seen, fspath(name), ledger, refused)
    if artifacts is not None and not isinstance(artifacts, Artifacts):
        artifacts = Artifacts.read(artifacts, hashes.algorithms(ledger))
    return Case(ledger, ring, policy, comparison, rules=rules, artifacts=artifacts)


def _refused(
    seen: Checkpoint, ring: KeyRing | None, policy: Policy, rules: Catalogue
) -> str | None:
    """Why a checkpoint does not spare the reading of what came before it, if it does not."""
    if rules is not RULES:
        return "rules of others were not asked then"
    if any(step.needs for step in policy.steps):
        return "the policy asks for earlier steps, which may lie before it"
    return seen.vouches_for(ring.digest if ring else None, policy)


def load_each(paths: loader.PathOrPaths, keys: Keys = None, **options: Any) -> Iterator[Case]:
    """Read each of several sources as a case of its own; see `load`.

    One that cannot be read is a case without records, and a finding says why.
    """
    ring = key_ring(keys, options.pop("roots", None))
    for origin in expand([paths] if isinstance(paths, (str, PathLike)) else paths):
        try:
            case = load([origin], ring, **options)
        except EctgraphError as error:
            if not isinstance(error.__cause__, OSError):  # then the caller asks for the wrong thing
                raise
            why = error.__cause__.strerror or str(error.__cause__)
            problem = Problem("unreadable-record", "source", why)
            unread = Input(origin.name, "unreadable", 0, "", 0, problems=(problem,))
            policy, rules = options.get("policy") or Policy(), options.get("rules", RULES)
            case = Case(Ledger(inputs=[unread]), ring, policy, rules=rules)
        yield case


def one_path(paths: loader.PathOrPaths) -> str:
    """The one file that is meant, where there must be just one.

    Raises:
        EctgraphError: there are several, or none.

    """
    origins = expand([paths] if isinstance(paths, (str, PathLike)) else paths)
    if len(origins) != 1:
        message = f"a checkpoint is of one ledger file, and {len(origins)} are given"
        raise EctgraphError(message)
    return origins[0].name


def key_ring(keys: Keys, roots: Paths | None = None) -> KeyRing | None:
    """The key ring that a caller means."""
    if keys is None or isinstance(keys, KeyRing):
        return keys
    paths = [keys] if isinstance(keys, (str, PathLike)) else keys
    return KeyRing.load(*paths, roots=roots)
