"""What a case, a report, a finding, a task or an answer shows of itself in a notebook: a card.

A fragment of HTML without scripts, which can be read as well where its looks are dropped. It is
short however much there is, and says how much more there is.
"""

from __future__ import annotations

from ectgraph.reports.cards.answers import answer
from ectgraph.reports.cards.findings import finding
from ectgraph.reports.cards.reports import case, report
from ectgraph.reports.cards.stories import explanation
from ectgraph.reports.cards.tasks import task

__all__ = ["answer", "case", "explanation", "finding", "report", "task"]
