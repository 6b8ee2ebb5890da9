"""Every number and choice that a check may depend on.

Below everything that checks, so the live gate and the archive linter cannot disagree on a limit.
"""

from __future__ import annotations

import msgspec

from ectgraph.model import Level


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """What the caller accepts. The defaults are those of the reference implementation.

    >>> Policy(max_parents=12).max_parents
    12
    """

    minimum_level: Level = "L2"
    """Level below which a token is refused; `L1` takes unsigned ones (draft-01, downgrade)."""
    skew: int = 30
    """Seconds by which clocks of agents may differ."""
    max_parents: int = 100
    """Fan-in above which a join is reported."""
    max_depth: int = 10_000
    """Length of the longest path, in parent links, above which a ledger is reported."""
    max_record_bytes: int = 1 << 20
    """Size above which a record is reported and not read."""
    max_json_depth: int = 64
    """Nesting of objects and arrays above which a JSON text is reported and not read."""
