"""ECTs in HTTP: `Execution-Context` headers in and out, and gates in front of WSGI and ASGI apps.

The header is `Execution-Context`, one line per ECT (draft-00). To HTTP several lines are one
list (RFC 9110 §5.3), and some servers join them with commas, so both are read. Nothing is checked
here that `verify` does not check: a gate reads the headers, has each token verified, and answers
403 with the finding where one is refused.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from functools import partial
from graphlib import CycleError, TopologicalSorter
from typing import Any, Generic, Protocol, TypeAlias, TypeVar
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from ectgraph import escape
from ectgraph.agent.dag import LIMITS, ECTStore
from ectgraph.agent.ledger import MemoryLedger
from ectgraph.agent.parse import Verified, as_bytes, parse
from ectgraph.agent.verify import VerifyOptions, verify
from ectgraph.encoding import compact_json
from ectgraph.errors import EctgraphError, VerificationError
from ectgraph.linter import finding
from ectgraph.model import Entry, Finding, Hit, Place, Problem
from ectgraph.policy import Policy
from ectgraph.rules import RULES, judge

HEADER = "Execution-Context"
"""The header that carries ECTs (draft-00)."""
ERROR_HEADER = "Execution-Context-Error"
"""The header of a refusal; it holds the code of the finding."""
ECTS = "ectgraph.ects"
"""Where an application finds its tokens: a key of the WSGI environ, and of the ASGI scope."""
MAX_TOKENS = 64
"""Tokens that one message may bring."""
MAX_BYTES = 1 << 16
"""Bytes of `Execution-Context` that one message may bring; most servers take less."""

Scope: TypeAlias = MutableMapping[str, Any]
Event: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Event]]
Send: TypeAlias = Callable[[Event], Awaitable[None]]
ASGIApplication: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]

Lines: TypeAlias = str | bytes | Iterable[str | bytes]
"""The value of one `Execution-Context` line, or of all lines of a message."""

_App = TypeVar("_App")

_SHAPE = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+)?")
"""A JWS in compact form, or an unsigned token: nothing that means anything to HTTP."""
_AT_THE_GATE = Policy(severities=LIMITS)
_NONE_CAME = Hit(f"no token came with the message: it has no {HEADER} header, or an empty one")


class Recorder(Protocol):
    """Where verified tokens are entered: a `MemoryLedger`, a `FileLedger`, or one of yours."""

    def append(self, ect: Verified) -> object:
        """Enter a token.

        Raises:
            VerificationError: it is there already; the message is refused with the finding.

        """


def read_headers(
    lines: Lines, *, max_tokens: int = MAX_TOKENS, max_bytes: int = MAX_BYTES
) -> list[str]:
    """Split the `Execution-Context` lines of a message into tokens; nothing is verified.

    A line may hold several tokens with commas between them; white space around them and empty
    elements mean nothing (RFC 9110 §5.6.1). A token that comes twice, byte for byte, is given
    once, where it came first: a proxy may double a line, and that says nothing new. The same `jti`
    in other bytes stays, for the gate to refuse.

    Args:
        lines: all values of the header, in order, or the one value. Bytes are read as Latin-1, so
            nothing in them can fail; what is no ASCII is no token either, and `verify` says so.
        max_tokens: how many tokens may come, doubled ones included.
        max_bytes: how many bytes may come, commas and white space included.

    Raises:
        VerificationError: there is more than a limit allows (ECT902). None of it is given then.

    >>> read_headers(["a.b.c, d.e.f", ", g.h.i ,"])
    ['a.b.c', 'd.e.f', 'g.h.i']

    """
    tokens: list[str] = []
    size = 0
    for line in (lines,) if isinstance(lines, str | bytes) else lines:
        size += len(line)  # also of a `str`: servers make one character of each byte
        if size > max_bytes:
            raise _limit_reached(f"more than {max_bytes} bytes of {HEADER}")
        text = line.decode("latin-1") if isinstance(line, bytes) else line
        tokens += filter(None, (element.strip(" \t") for element in text.split(",")))
        if len(tokens) > max_tokens:
            raise _limit_reached(f"more than {max_tokens} tokens in {HEADER}")
    return list(dict.fromkeys(tokens))


def write_headers(tokens: str | Iterable[str]) -> list[tuple[str, str]]:
    r"""The header lines that carry some tokens: one line for each, in their order (draft-00).

    Args:
        tokens: what `create` gave, or several of these.

    Raises:
        EctgraphError: one has not the shape of a token, so it could bring in other headers.

    >>> write_headers(["a.b.c", "d.e.f"])
    [('Execution-Context', 'a.b.c'), ('Execution-Context', 'd.e.f')]
    >>> write_headers("a.b.c\r\nX: y")
    Traceback (most recent call last):
    ectgraph.errors.EctgraphError: token 0 cannot go into a header: 'a.b.c\r\nX: y' is no token

    """
    headers = []
    for position, token in enumerate([tokens] if isinstance(tokens, str) else tokens):
        if not _SHAPE.fullmatch(token):
            shown = escape.terminal(repr(token), 60)
            message = f"token {position} cannot go into a header: {shown} is no token"
            raise EctgraphError(message)
        headers.append((HEADER, token))
    return headers


def verify_headers(
    lines: Lines,
    options: VerifyOptions,
    *,
    ledger: Recorder | None = None,
    required: bool = True,
    max_tokens: int = MAX_TOKENS,
    max_bytes: int = MAX_BYTES,
) -> tuple[Verified, ...]:
    """Verify all ECTs of one message, which pass together or not at all; what the gates below do.

    Tokens that build on each other are verified parents first, in whatever order they came, and
    where `options.store` is given a parent may be in the store or in the same message. Two tokens
    of one message with one `jti` are an equivocation. Only when all have verified, and a ledger of
    ours has none of them, are they appended: a message that is refused leaves nothing behind,
    unless another brings the same token at the same moment. A `jti_seen`, however, remembers those
    that verified before the one that did not.

    Args:
        lines: the values of the message's `Execution-Context` header, as for `read_headers`.
        options: how to verify. Its `store` and `ledger` are usually one and the same ledger.
        ledger: takes in every token.
        required: whether a message without any token is refused.
        max_tokens: how many tokens may come.
        max_bytes: how many bytes may come.

    Returns:
        The tokens, parents first.

    Raises:
        VerificationError: a token was refused, by `verify` or by the ledger (ECT301, ECT302);
            there is none (ECT009); or there is too much (ECT902).
        EctgraphError: there is nothing to verify with, or the ledger cannot be written.

    >>> from ectgraph.keys import KeyRing
    >>> verify_headers([], VerifyOptions(keys=KeyRing()), required=False)
    ()

    """
    tokens = read_headers(lines, max_tokens=max_tokens, max_bytes=max_bytes)
    if required and not tokens:
        raise _refusal("ECT009", _NONE_CAME)
    verified = _verify_together(tokens, options)
    if isinstance(ledger, MemoryLedger):
        for ect in verified:
            ledger.refuse_conflict(ect.entry)
    if ledger is not None:
        for ect in verified:
            ledger.append(ect)
    return verified


def _verify_together(tokens: list[str], options: VerifyOptions) -> tuple[Verified, ...]:
    """Verify the tokens of one message, parents first."""
    if len(tokens) <= 1:
        return tuple(verify(token, options) for token in tokens)
    together = MemoryLedger(clock=options.clock)
    store = None if options.store is None else _Joined(together, options.store)
    verified = []
    for token in _parents_first(tokens):
        verified.append(options.gate.verify(as_bytes(token), store))
        together.append(verified[-1])
    return tuple(verified)


def _parents_first(tokens: list[str]) -> list[str]:
    """Order tokens so that parents come before children; where a cycle forbids it, as they came."""
    read = {text: parse(text).token for text in tokens}
    named: dict[str, list[str]] = {}
    for text, token in read.items():
        if token is not None and token.jti is not None:
            named.setdefault(token.jti, []).append(text)
    sorter: TopologicalSorter[str] = TopologicalSorter()
    for text, token in read.items():
        parents = dict.fromkeys(token.parents) if token is not None else ()
        sorter.add(text, *(parent for jti in parents for parent in named.get(jti, ())))
    try:
        return list(sorter.static_order())
    except CycleError:
        return tokens


class _Joined(ECTStore):
    """The tokens of a message that have verified so far, and then a store."""

    def __init__(self, together: ECTStore, store: ECTStore) -> None:
        self._stores = (together, store)

    def get(self, jti: str, wid: str | None = None) -> Entry | None:
        """The entry of a task: of workflow `wid`, else of none, else of any."""
        found = [entry for store in self._stores if (entry := store.get(jti, wid)) is not None]

        def distance(entry: Entry) -> tuple[bool, bool]:
            theirs = entry.token.wid if entry.token is not None else None
            return theirs != wid, theirs is not None

        return min(found, key=distance, default=None)


def _limit_reached(detail: str) -> VerificationError:
    ((code, hit),) = judge(None, (Problem("limit-reached", HEADER, detail),), _AT_THE_GATE)
    return _refusal(code, hit)


def _refusal(code: str, hit: Hit) -> VerificationError:
    """The error that a finding about the message itself makes."""
    places = (Place("<message>"),)
    return VerificationError(finding(RULES[code], hit, _AT_THE_GATE, subject="", places=places))


class _Gate(Generic[_App]):
    """What both gates are told."""

    def __init__(
        self,
        app: _App,
        options: VerifyOptions,
        *,
        ledger: Recorder | None = None,
        required: bool = True,
        max_tokens: int = MAX_TOKENS,
        max_bytes: int = MAX_BYTES,
    ) -> None:
        """Stand before an application; for the arguments see `verify_headers`."""
        self._app = app
        self._verify = partial(
            verify_headers,
            options=options,
            ledger=ledger,
            required=required,
            max_tokens=max_tokens,
            max_bytes=max_bytes,
        )


class WSGIGate(_Gate[WSGIApplication]):
    """Verifies the ECTs of every request to a WSGI application (PEP 3333).

    The application finds them in `environ["ectgraph.ects"]`, a tuple of `Verified`, parents first.
    Where one is refused it is not called: the answer is 403, with the finding's code in the header
    `Execution-Context-Error` and its code, name, message and `jti` as JSON, and nothing else.
    Mistakes of the operator (no keys, a ledger that cannot be written) are raised, for the server
    to answer 500.

    >>> from ectgraph.keys import KeyRing
    >>> def app(environ, start_response):
    ...     return [environ["ectgraph.ects"][0].payload.exec_act.encode()]
    >>> gate = WSGIGate(app, VerifyOptions(keys=KeyRing()))
    >>> answer = gate({"HTTP_EXECUTION_CONTEXT": "junk"}, lambda status, headers: print(status))
    403 Forbidden
    >>> answer[0][:41]
    b'{"code":"ECT001","name":"unreadable-recor'

    """

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        value = environ.get("HTTP_EXECUTION_CONTEXT")
        try:
            environ[ECTS] = self._verify(() if value is None else str(value))
        except VerificationError as error:
            headers, body = _answer(error.finding)
            start_response("403 Forbidden", headers)
            return [] if environ.get("REQUEST_METHOD") == "HEAD" else [body]
        return self._app(environ, start_response)


class ASGIGate(_Gate[ASGIApplication]):
    """Verifies the ECTs of every request to an ASGI application, and of every WebSocket handshake.

    The application finds them in `scope["ectgraph.ects"]`, a tuple of `Verified`, parents first.
    Refusals are those of `WSGIGate`; a WebSocket is denied with the same answer where the server
    can send one, and else closed before it opens, with code 1008 and the finding's code as the
    reason. `lifespan` events pass through, and other kinds of connection are refused.

    Tokens are verified and appended in a thread (`asyncio.to_thread`), so neither a signature nor a
    ledger that waits for its disk holds up the event loop; `options` and `ledger` have to bear
    several threads, as ours do.

    >>> from ectgraph.keys import KeyRing
    >>> async def app(scope, receive, send): ...
    >>> async def send(event):
    ...     print(event["type"], event.get("status"))
    >>> gate = ASGIGate(app, VerifyOptions(keys=KeyRing()))
    >>> asyncio.run(gate({"type": "http", "headers": [(b"execution-context", b"x")]}, None, send))
    http.response.start 403
    http.response.body None

    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        kind = scope["type"]
        if kind == "lifespan":
            await self._app(scope, receive, send)
            return
        if kind not in ("http", "websocket"):
            message = f"no ECT can be read from a connection of type {kind!r}, so it is refused"
            raise EctgraphError(message)
        name = HEADER.lower().encode()
        lines = [value for key, value in scope.get("headers", ()) if key.lower() == name]
        try:
            ects = await asyncio.to_thread(self._verify, lines)
        except VerificationError as error:
            if kind == "websocket":
                await receive()  # the server tells of the handshake before it takes an answer
                await _deny(error.finding, scope, send)
            else:
                await _respond("http.response", error.finding, send)
        else:
            await self._app({**scope, ECTS: ects}, receive, send)


async def _respond(prefix: str, refused: Finding, send: Send) -> None:
    headers, body = _answer(refused)
    lines = [(name.lower().encode(), value.encode()) for name, value in headers]
    await send({"type": f"{prefix}.start", "status": 403, "headers": lines})
    await send({"type": f"{prefix}.body", "body": body})


async def _deny(refused: Finding, scope: Scope, send: Send) -> None:
    """Deny a WebSocket, with an answer where the server has the extension for it."""
    if "websocket.http.response" in (scope.get("extensions") or {}):
        await _respond("websocket.http.response", refused, send)
    else:
        await send({"type": "websocket.close", "code": 1008, "reason": refused.code})


def _answer(refused: Finding) -> tuple[list[tuple[str, str]], bytes]:
    """(headers, body) of the answer to whoever sent what was refused.

    Message and `jti` are made of what they sent; only JSON takes them in, never a header.
    """
    told = {"code": refused.code, "name": refused.name, "message": refused.message}
    body = compact_json(told | ({"jti": refused.jti} if refused.jti is not None else {}))
    headers = [
        ("Content-Type", "application/json"),
        ("Content-Length", str(len(body))),
        ("X-Content-Type-Options", "nosniff"),
        (ERROR_HEADER, refused.code),
    ]
    return headers, body
