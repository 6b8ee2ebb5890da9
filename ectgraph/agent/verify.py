"""One token at the gate: every step that draft-00 §5 asks for, in order, or an error.

The checks are not here. Reading, the signature and the rules on one token are the examiner's, those
on lineage are `dag`'s; this file puts them in the order of the steps (`verdict.STEPS`), and stops
at the first that fails.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from msgspec.structs import replace

from ectgraph.agent.dag import DAGConfig, ECTStore, lineage
from ectgraph.agent.parse import Verified, as_bytes
from ectgraph.agent.verdict import refuse
from ectgraph.errors import EctgraphError
from ectgraph.examiner import Examiner
from ectgraph.keys import KeyRing, Keys, Resolver
from ectgraph.model import Entry, Hit, Level, Severity, Trust
from ectgraph.policy import Policy
from ectgraph.rules import judge

Clock: TypeAlias = Callable[[], float]
"""Tells the time, in seconds since 1970."""
OnAttempt: TypeAlias = Callable[[str | None, Exception | None], object]


@dataclass(kw_only=True)
class VerifyOptions:
    """How a verifier verifies. Change any of it at any time.

    >>> VerifyOptions(verifier_id="spiffe://example.com/agent/b").iat_max_age
    900
    """

    verifier_id: str | None = None
    """The verifier's own id, which `aud` must hold; `None` takes tokens for anybody."""
    resolve_key: Resolver | None = None
    """Gives the public key for a `kid`: of `cryptography`, PEM, a JWK; `None`: unknown."""
    keys: KeyRing | None = None
    """The public keys, where they are known beforehand; instead of `resolve_key`."""
    store: ECTStore | None = None
    """The tasks known so far; without it the lineage is not looked at."""
    jti_seen: Callable[[str], bool] | None = None
    """Remembers a `jti`, and says whether it knew it: a `JTICache`, or a function of yours."""
    validate_uuids: bool = False
    """Whether a `jti` or `wid` that is no UUID is refused, not only warned of."""
    algorithms: tuple[str, ...] = ("ES256",)
    """Values of `alg` that are taken; also known are `ES384`, `EdDSA` and `RS256`."""
    minimum_level: Level = "L2"
    """`L1` takes tokens without a signature, which anybody can write."""
    iat_max_age: int = 900
    """Seconds for which a token is taken after its `iat`."""
    iat_max_future: int = 30
    """Seconds by which an `iat` may lie ahead."""
    leeway: int = 30
    """Seconds for which a token is taken after its `exp`."""
    dag: DAGConfig = field(default_factory=DAGConfig)
    """What is accepted of a token's place in its workflow."""
    policy: Policy | None = None
    """What the workflow asks of a token, as `Policy.load` reads it from a file. An option, here or
    in `dag`, that is not at its default comes before what the policy says of the same."""
    on_verify_attempt: OnAttempt | None = None
    """Called after every attempt with the `jti`, as far as it is known, and the error or `None`.
    What it raises is raised: a token whose record could not be made is not accepted."""
    clock: Clock = time.time
    """Read once for each token."""

    def __setattr__(self, name: str, value: Any) -> None:
        """Take a new value, and mark what followed from the old ones as old."""
        self.__dict__[name] = value
        self.__dict__["_edition"] = object()

    @property
    def gate(self) -> Gate:
        """What verifies by these options; made anew after one of them was set."""
        edition, gate = self.__dict__["_edition"], self.__dict__.get("_gate")
        if isinstance(gate, Gate) and gate.edition is edition and gate.options is self:
            return gate
        made = self.__dict__["_gate"] = Gate(self, edition)  # an option was set, or this is a copy
        return made


class Gate:
    """Verifies tokens by one set of options; loads keys and makes the policy once."""

    def __init__(self, options: VerifyOptions, edition: object) -> None:
        """Take the options as they are now, which is after `edition` was marked."""
        self.edition = edition
        keys: Keys = options.keys if options.keys is not None else options.resolve_key
        uuids = {"ECT112": Severity.ERROR} if options.validate_uuids else {}
        stated = options.policy or Policy()
        self._policy = options.dag.policy(
            stated.but(
                algorithms=options.algorithms,
                minimum_level=options.minimum_level,
                audience=options.verifier_id,
                leeway=options.leeway,
                max_age=options.iat_max_age,
                max_ahead=options.iat_max_future,
                severities=stated.severities | uuids,
            )
        )
        if keys is None and self._policy.minimum_level != "L1":
            message = "no keys to verify with: set `keys` or `resolve_key` of the VerifyOptions"
            raise EctgraphError(message)
        self.options = options
        self._examiner = Examiner(keys or KeyRing(), self._policy, judge)
        self._taken = {Trust.VERIFIED}
        if self._policy.minimum_level == "L1":
            self._taken.add(Trust.UNSIGNED)

    def verify(self, compact: bytes, store: ECTStore | None) -> Verified:
        """Verify one token against the tasks known; see `verify`."""
        parsed: Verified | None = None
        try:
            # Steps 1 to 12: size and shape; typ; alg; kid; the key and when it was good; the
            # signature; whose key it is; aud; exp; iat; claims and their types; formats. Each is a
            # rule.
            parsed = Verified(compact, self._examiner.examine_token(compact, self._now()))
            self._check(parsed, store)
        except Exception as error:
            self._tell(parsed, error)
            raise
        self._tell(parsed, None)
        return parsed

    def _now(self) -> float:
        now = self.options.clock()
        if not math.isfinite(now):
            message = f"the clock says {now}, and nothing can be judged by that"
            raise EctgraphError(message)
        return now

    def _check(self, parsed: Verified, store: ECTStore | None) -> None:
        """Raise the first thing that is wrong with a token that was examined."""
        options, policy, facts = self.options, self._policy, parsed.facts
        taken = facts.trust in self._taken
        if facts.hits or not taken:
            refuse(facts.hits, facts.token, parsed.digest, policy, anyway=not taken)
        # Step 14, the lineage, comes before step 13: whoever remembers the token as seen must not
        # refuse it when it comes again because its parents came too late the first time.
        if store is not None:
            hits = lineage(parsed, store, policy, self._confirm)
            if hits:
                refuse(hits, facts.token, parsed.digest, policy)
        # Step 13: not seen before.
        if options.jti_seen is not None:
            seen: object = options.jti_seen(parsed.token.jti or "")
            if not isinstance(seen, bool):  # a forgotten `return` would let every replay pass
                message = f"jti_seen gave {seen!r}; it has to say True or False"
                raise EctgraphError(message)
            if seen:
                refuse([("ECT301", _SEEN)], facts.token, parsed.digest, policy)
        # Step 15, entering it in the ledger, is the caller's.

    def _tell(self, parsed: Verified | None, error: Exception | None) -> None:
        """Tell whoever wants to know how an attempt ended."""
        if self.options.on_verify_attempt is not None:
            token = parsed.facts.token if parsed is not None else None
            self.options.on_verify_attempt(token.jti if token is not None else None, error)

    def _confirm(self, entry: Entry) -> Entry:
        """Check the signature of an entry that nobody has checked; what was signed counts."""
        record = entry.record
        facts = self._examiner.examine(record.body, record.length)
        return replace(entry, token=facts.token, trust=facts.trust)


_SEEN = Hit("its jti was seen before by this verifier")


def verify(compact: str | bytes, options: VerifyOptions) -> Verified:
    """Verify one token as a gate does, and say what it says; the time is read once.

    Args:
        compact: the token, as it came.
        options: keys, and what else is known and wanted.

    Returns:
        The token, with its `payload`. A ledger takes it: `ledger.append(compact, parsed.payload)`.

    Raises:
        VerificationError: with the finding of the first step that failed (draft-00 §5).
        EctgraphError: there is nothing to verify with.

    >>> verify("hello", VerifyOptions(keys=KeyRing()))
    Traceback (most recent call last):
    ectgraph.errors.VerificationError: ECT001 unreadable-record: this record cannot be read: ...

    """
    return options.gate.verify(as_bytes(compact), options.store)
