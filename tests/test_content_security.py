"""What a page of ours may run: its own scripts and style, by their digests."""

from __future__ import annotations

import pytest

from ectgraph.content_security import digest, inline, policy


def test_a_page_without_scripts_may_run_none():
    assert "script-src" not in policy(styles=["p {}"])
    assert policy().startswith("default-src 'none'; ")


def test_each_script_is_known_by_its_digest_once():
    made = policy(["a()", "b()", "a()"], ["p {}"])
    assert f"script-src {digest('a()')} {digest('b()')};" in made
    assert f"style-src {digest('p {}')};" in made
    assert "unsafe" not in made


@pytest.mark.parametrize("text", ["a('</script>')", "a('</SCRIPT')", "/* <!-- */"])
def test_a_script_that_would_end_early_is_refused(text):
    with pytest.raises(ValueError, match="cannot be written into a page"):
        inline(text)
