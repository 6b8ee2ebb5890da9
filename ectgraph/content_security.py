"""What a page of ours may run and load: its own scripts and style, by their digests, nothing else.

A page holds text that somebody else wrote. Should any of it ever get out of its place, a browser
still runs nothing that is not in the policy.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from hashlib import sha256


def policy(scripts: Iterable[str] = (), styles: Iterable[str] = ()) -> str:
    """A content security policy for a page of one file: no network, no frame, no form, no base.

    Args:
        scripts: the texts of its inline scripts, exactly as they are between the tags.
        styles: those of its inline style sheets.

    >>> policy(styles=["p {}"])
    "default-src 'none'; style-src 'sha256-SNJDlN1Iy2mnt7DOjQIyDb2LQE6O5PQiSZomcdzawQ4='; \
base-uri 'none'; form-action 'none'"

    """
    allowed = {"script-src": scripts, "style-src": styles}
    found = {name: " ".join(dict.fromkeys(map(digest, texts))) for name, texts in allowed.items()}
    return "; ".join(
        [
            "default-src 'none'",
            *(f"{name} {digests}" for name, digests in found.items() if digests),
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )


def digest(text: str) -> str:
    """What a policy calls an inline script or style by.

    >>> digest("")
    "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"
    """
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def inline(script: str) -> str:
    """A script as it is, if it can stand between the tags of a page.

    Raises:
        ValueError: a browser would see its end, or the beginning of a comment, within it.

    >>> inline("go();")
    'go();'

    """
    if "</script" in script.lower() or "<!--" in script:
        message = (
            "the script cannot be written into a page"  # none so far; the policy would stop it
        )
        raise ValueError(message)
    return script
