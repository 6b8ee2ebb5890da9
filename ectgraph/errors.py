"""What is raised: the caller's mistakes, and a verdict that somebody asked to have raised.

Bad *data* never raises: it becomes a fact on an entry and then a finding. These classes are for
everything else, so a command can turn `EctgraphError` into one line and exit code 2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ectgraph.model import Finding


class EctgraphError(Exception):
    """The caller asked for something that cannot be done; the message is one line and says why."""


class VerificationError(EctgraphError):
    """Something did not verify; `finding` says what, where and on what evidence."""

    def __init__(self, finding: Finding) -> None:
        """Take the finding that decided the matter; its message becomes the text."""
        super().__init__(f"{finding.code} {finding.name}: {finding.message}")
        self.finding = finding
