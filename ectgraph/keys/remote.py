"""A JWK Set from its issuer's server: the one place where ectgraph uses the network.

It does so only for a caller who gives a URL, only by HTTPS, and not for long.
"""

from __future__ import annotations

import time
from http.client import HTTPException, HTTPMessage
from typing import IO
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, Request, build_opener

from ectgraph.keys.key import Unusable

TIMEOUT = 10.0
"""Seconds for which a server may be silent, and in which the body of its answer has to come."""
MAX_BYTES = 4 << 20
"""Size of an answer above which it is no key set."""

_CHUNK = 1 << 16


def is_url(path: object) -> bool:
    """Whether a path of the caller's is a URL.

    >>> is_url("https://example.com/keys.json"), is_url("keys.json")
    (True, False)
    """
    return isinstance(path, str) and path.lower().startswith(("https://", "http://"))


def fetch(url: str) -> bytes:
    """What a server answers.

    Raises:
        Unusable: there is no answer, or none to be had safely.

    """
    if not _is_safe(url):
        raise Unusable("keys come by https:// only; by http:// anybody on the way may change them")
    end = time.monotonic() + TIMEOUT
    data = bytearray()
    try:
        with build_opener(_SafeRedirects).open(url, timeout=TIMEOUT) as answer:
            while chunk := answer.read1(_CHUNK):
                data += chunk
                if len(data) > MAX_BYTES:
                    raise Unusable(f"the answer is larger than {MAX_BYTES >> 20} MiB")
                if time.monotonic() > end:
                    raise Unusable(f"the answer takes longer than {TIMEOUT:g} s")
    except (OSError, HTTPException, ValueError) as error:
        if isinstance(error, HTTPError):
            error.close()  # it is the answer as well
        reason = " ".join(str(getattr(error, "reason", None) or error).split())
        raise Unusable(f"cannot be fetched ({reason or type(error).__name__})") from error
    return bytes(data)


def _is_safe(url: str) -> bool:
    return url.lower().startswith("https://")


class _SafeRedirects(HTTPRedirectHandler):
    """Follows a server elsewhere, but not into the clear."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> Request | None:
        if not _is_safe(newurl):
            reason = f"it leads to {newurl}, and keys come by https:// only"
            raise HTTPError(req.full_url, code, reason, headers, fp)
        return super().redirect_request(req, fp, code, msg, headers, newurl)
