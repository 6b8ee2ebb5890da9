"""What the tests of pages share: a page of a few tasks, and what is in it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from ectgraph.page.page import Page, make
from ectgraph.testing import Sketch


@pytest.fixture(scope="session")
def page_of() -> Callable[..., Page]:
    """Make the page of a sketch."""

    def call(made: Sketch, **options: Any) -> Page:
        return make(made.evidence(), made.lint(), **options)

    return call


@pytest.fixture(scope="session")
def document_in() -> Callable[[Page], dict[str, Any]]:
    """The document that a page brings along for its scripts."""

    def call(page: Page) -> dict[str, Any]:
        found = re.search(rb'<script type="application/json" id="case">(.*?)</script>', page.html)
        assert found
        document: dict[str, Any] = json.loads(found[1])
        return document

    return call
