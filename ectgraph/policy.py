"""Every number and choice that a check may depend on.

Below everything that checks, so the live gate and the archive linter cannot disagree on a limit.
"""

from __future__ import annotations

import msgspec

from ectgraph.model import Level, Severity


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """What the caller accepts. The defaults are those of the reference implementation.

    >>> Policy(max_parents=12).max_parents
    12
    """

    algorithms: tuple[str, ...] = ("ES256",)
    """Values of `alg` that are taken; also known are `ES384`, `EdDSA` and `RS256`."""
    minimum_level: Level = "L2"
    """Level below which a token is refused; `L1` takes unsigned ones (draft-01, downgrade)."""
    skew: int = 30
    """Seconds by which clocks of agents may differ."""
    audience: str | None = None
    """The verifier's own id, which every token's `aud` must hold; `None`: any audience will do."""
    at: int | float | None = None
    """The time to judge tokens at (NumericDate), as a gate does. `None`, for archives: no time."""
    leeway: int = 30
    """Seconds after its `exp` for which a token is still taken at the time `at`."""
    max_age: int = 900
    """Seconds after its `iat` for which a token is taken at the time `at`."""
    max_ahead: int = 30
    """Seconds by which an `iat` may lie ahead of the time `at`."""
    max_lifetime: int = 900
    """Seconds between `iat` and `exp` above which a token is reported."""
    max_ext_bytes: int = 4096
    """Size of the extension object, as compact JSON, above which it is reported."""
    max_ext_depth: int = 5
    """Nesting of the extension object above which it is reported."""
    cross_workflow: bool = False
    """Whether a task may build on one of another workflow (another `wid`)."""
    compensation_by_flag: bool = True
    """Whether `compensation_required: true` lets a task follow a rejected or pending one."""
    review_by_decision: bool = True
    """Whether a task's own `pol_decision` can show it to be the human review of its parent."""
    max_parents: int = 100
    """Fan-in above which a join is reported."""
    max_ancestors: int = 10_000
    """Number of ancestors above which a task is reported."""
    max_depth: int = 10_000
    """Length of the longest path, in parent links, above which a ledger is reported."""
    max_record_bytes: int = 1 << 20
    """Size above which a record is reported and not read."""
    max_ratio: int = 200
    """How many times its compressed size a source may grow to, beyond the first 64 MiB."""
    max_json_depth: int = 64
    """Nesting of objects and arrays above which a JSON text is reported and not read."""
    severities: dict[str, Severity] = {}
    """Severity by rule code, where it is not to be the rule's own."""

    def severity(self, code: str, usual: Severity) -> Severity:
        """How bad findings of a rule are, for a caller whose policy this is.

        That the tool itself failed stays fatal, whatever a policy says.

        >>> Policy(severities={"ECT112": Severity.ERROR}).severity("ECT112", Severity.WARNING)
        <Severity.ERROR: 'error'>
        """
        if usual is Severity.FATAL or code not in self.severities:
            return usual
        return Severity(self.severities[code])
