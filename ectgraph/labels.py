"""Ids as people say them, in pictures and tables; never in anything that has to be exact."""

from __future__ import annotations


def agent(iss: str) -> str:
    """The telling end of an issuer's URI.

    >>> agent("spiffe://example.com/agent/reviewer")
    'reviewer'
    """
    return iss.rstrip("/").rpartition("/")[2] or iss


def short(jti: str) -> str:
    """The beginning of an id.

    >>> short("550e8400-e29b-41d4-a716-446655440000")
    '550e8400'
    """
    return jti[:8]


def fit(text: str, width: int) -> str:
    """Cut text to a width in the middle; the end of a long name tells most.

    >>> fit("PIPELINE.PREPARE.SORT_BAM_FILES", 20)
    'PIPELI…ORT_BAM_FILES'
    """
    if len(text) <= width:
        return text
    tail = (width - 1) * 2 // 3 + 1
    return f"{text[: width - 1 - tail]}…{text[-tail:]}"
