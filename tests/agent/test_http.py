"""ECTs in HTTP headers, and the gates in front of WSGI and ASGI applications on real servers."""

from __future__ import annotations

import asyncio
import http.client
import itertools
import json
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
import uvicorn
from hypothesis import given
from hypothesis import strategies as st

from ectgraph.agent.http import (
    ECTS,
    HEADER,
    MAX_BYTES,
    MAX_TOKENS,
    ASGIGate,
    WSGIGate,
    read_headers,
    verify_headers,
    write_headers,
)
from ectgraph.agent.ledger import MemoryLedger
from ectgraph.agent.verify import Gate, VerifyOptions
from ectgraph.errors import EctgraphError, VerificationError
from ectgraph.keys import KeyRing
from ectgraph.model import Finding
from ectgraph.testing import EPOCH, jwks, sketch, task_id, token

RING = KeyRing.from_jwks(jwks("agent-a", "agent-b"))


def options(**choices: Any) -> VerifyOptions:
    """A verifier's, ten seconds after the beginning of every sketch."""
    return VerifyOptions(**({"keys": RING, "clock": lambda: EPOCH + 10} | choices))


def guarded(ledger: MemoryLedger, **choices: Any) -> VerifyOptions:
    """A verifier's who looks at the lineage as well."""
    return options(store=ledger, **choices)


def ects(text: str) -> list[str]:
    """The tokens of a sketch."""
    return [record.decode() for record in sketch(text).records]


def refused(function: Callable[..., Any], *args: Any, **choices: Any) -> Finding:
    with pytest.raises(VerificationError) as caught:
        function(*args, **choices)
    return caught.value.finding


def acts(verified: Any) -> list[str]:
    return [ect.payload.exec_act for ect in verified]


# Reading headers


@pytest.mark.parametrize(
    ("lines", "tokens"),
    [
        ([], []),
        ("", []),
        (["", " ", ",", " ,\t,"], []),
        ("a.b.c", ["a.b.c"]),
        (b"a.b.c", ["a.b.c"]),
        (["a.b.c", "d.e.f"], ["a.b.c", "d.e.f"]),
        (["a.b.c,d.e.f"], ["a.b.c", "d.e.f"]),
        ([b"a.b.c , d.e.f\t", "g.h.i"], ["a.b.c", "d.e.f", "g.h.i"]),
        ([",a.b.c,, ,d.e.f,"], ["a.b.c", "d.e.f"]),
        (["a.b.c", "d.e.f", "a.b.c"], ["a.b.c", "d.e.f"]),
        (["a b", "a\x0bb\xa0"], ["a b", "a\x0bb\xa0"]),
        ([b"\xff\xfe", "\u2028"], ["\xff\xfe", "\u2028"]),
    ],
)
def test_lines_are_split_into_tokens(lines, tokens):
    assert read_headers(lines) == tokens


def test_lines_may_come_from_a_generator():
    assert read_headers(line for line in ("a.b.c", b"d.e.f")) == ["a.b.c", "d.e.f"]


def test_the_number_of_tokens_is_limited_and_the_limit_itself_allowed():
    tokens = [f"t{number}" for number in range(MAX_TOKENS)]

    assert read_headers(tokens) == tokens
    assert read_headers(", ".join(tokens)) == tokens
    for lines in ([*tokens, "x"], ",".join([*tokens, "x"]), [tokens[0]] * (MAX_TOKENS + 1)):
        assert refused(read_headers, lines).code == "ECT902"


def test_the_bytes_are_limited_and_the_limit_itself_allowed():
    assert read_headers(["x" * MAX_BYTES]) == ["x" * MAX_BYTES]
    for lines in (["x" * MAX_BYTES, ","], [b" " * (MAX_BYTES + 1)], "," * (MAX_BYTES + 1)):
        assert refused(read_headers, lines).code == "ECT902"


def test_nothing_is_read_beyond_a_limit():
    def lines() -> Iterator[str]:
        yield from ("a", "b", "c")
        pytest.fail("it read on")

    assert refused(read_headers, lines(), max_tokens=2).code == "ECT902"


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ({"max_tokens": 2}, "more than 2 tokens in Execution-Context"),
        ({"max_bytes": 2}, "more than 2 bytes of Execution-Context"),
    ],
)
def test_a_limit_that_is_reached_is_an_error_that_says_which(limits, words):
    finding = refused(read_headers, "a,b,c", **limits)

    assert (finding.code, finding.name, finding.severity) == ("ECT902", "limit-reached", "error")
    assert words in finding.message
    assert [str(place) for place in finding.places] == ["<message>"]


_PIECES = st.lists(st.sampled_from(["a.b.c", "d.e.f", ",", " ", "\t", "\r\n", "é", "\x00"])).map(
    "".join
)
_LINES = st.lists(_PIECES | st.text() | st.binary(max_size=30) | _PIECES.map(str.encode))


@given(_LINES, st.integers(0, 8), st.integers(0, 60))
def test_only_tokens_that_came_are_given_all_of_them_or_none(lines, max_tokens, max_bytes):
    texts = [line.decode("latin-1") if isinstance(line, bytes) else line for line in lines]
    came = [piece.strip(" \t") for text in texts for piece in text.split(",")]
    came = [piece for piece in came if piece]
    too_much = len(came) > max_tokens or sum(map(len, texts)) > max_bytes

    if too_much:
        finding = refused(read_headers, lines, max_tokens=max_tokens, max_bytes=max_bytes)
        assert finding.code == "ECT902"
    else:
        tokens = read_headers(lines, max_tokens=max_tokens, max_bytes=max_bytes)
        assert tokens == list(dict.fromkeys(came))


# Writing headers


def test_every_token_gets_a_line_and_what_is_written_can_be_read():
    tokens = ects("a@0; b@5<a; c@9<b")

    headers = write_headers(tokens)

    assert [name for name, _ in headers] == [HEADER] * 3
    assert read_headers(value for _, value in headers) == tokens
    assert read_headers(", ".join(value for _, value in headers)) == tokens


def test_one_token_may_come_without_a_list_and_an_unsigned_one_has_no_dots():
    assert write_headers("a.b.c") == [(HEADER, "a.b.c")]
    assert write_headers(["eyJ9"]) == [(HEADER, "eyJ9")]
    assert write_headers([]) == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "a.b",
        "a.b.",
        "a..c",
        "a.b.c.d",
        "a.b.c,d.e.f",
        "a.b.c d",
        "a.b.c=",
        "a.b.c\n",
        "a.b.c\r\nSet-Cookie: x=y",
        "a.b.c\x00",
        "é.b.c",
        "²",
        "\ud800",
        "x" * 9999 + "!",
    ],
)
def test_text_that_is_no_token_never_becomes_a_header(text, refusal):
    message = refusal(write_headers, ["a.b.c", text])

    assert message.startswith("token 1 cannot go into a header")
    assert message.isprintable()
    assert len(message) < 120


# Verifying the tokens of one message


def test_tokens_that_build_on_each_other_are_verified_and_appended_parents_first():
    chain = ects("a@0; b@1<a; c@2<a,b")

    for order in itertools.permutations(chain):
        ledger = MemoryLedger()
        verified = verify_headers(order, guarded(ledger), ledger=ledger)
        assert acts(verified) == ["a", "b", "c"]
        assert [entry.record.body.decode() for entry in ledger] == chain


def test_tokens_that_have_nothing_to_do_with_each_other_stay_in_order():
    tokens = ects("c@0; a@0; b@0")

    assert acts(verify_headers(tokens, options())) == ["c", "a", "b"]


def test_a_parent_may_be_in_the_store_or_in_the_message():
    a, b, c = ects("a@0; b@1<a; c@2<a,b")
    ledger = MemoryLedger()
    verify_headers(a, guarded(ledger), ledger=ledger)

    assert acts(verify_headers([c, b], guarded(ledger), ledger=ledger)) == ["b", "c"]
    assert len(ledger) == 3


def test_a_parent_in_the_message_counts_without_a_ledger_too_and_nothing_is_kept_of_it():
    store = MemoryLedger()
    given = options(store=store)

    assert acts(verify_headers(ects("b@1<a; a@0"), given)) == ["a", "b"]
    assert len(store) == 0
    assert given.store is store


def test_a_parent_that_was_refused_is_no_parent():
    tokens = ects("a@0 !flipped; b@1<a")

    assert refused(verify_headers, tokens, guarded(MemoryLedger())).code == "ECT201"


def test_a_missing_parent_stays_missing():
    finding = refused(verify_headers, ects("a@0; b@1<a,z"), guarded(MemoryLedger()))

    assert (finding.code, finding.jti) == ("ECT303", task_id("b"))


def test_a_message_that_is_refused_leaves_nothing_in_the_ledger_so_it_can_be_mended():
    ledger = MemoryLedger()
    a, spoilt = ects("a@0; b@1<a !flipped")
    (mended,) = ects("b@1<a")

    assert refused(verify_headers, [a, spoilt], guarded(ledger), ledger=ledger).code == "ECT201"
    assert len(ledger) == 0
    assert acts(verify_headers([a, mended], guarded(ledger), ledger=ledger)) == ["a", "b"]


@pytest.mark.parametrize("order", [1, -1])
def test_tokens_in_a_cycle_are_verified_in_the_order_they_came_and_refused(order):
    tokens = ects("a@0<b; b@0<a")[::order]

    assert acts(verify_headers(tokens, options())) == ["a", "b"][::order]
    finding = refused(verify_headers, tokens, guarded(MemoryLedger()))
    assert (finding.code, finding.jti) == ("ECT303", task_id("ab"[::order][0]))


@pytest.mark.parametrize("store", [MemoryLedger, lambda: None])
def test_two_tokens_with_one_jti_are_an_equivocation(store):
    tokens = ects("a@0; a@1")

    assert refused(verify_headers, tokens, options(store=store())).code == "ECT302"


def test_one_jti_in_two_workflows_is_two_tasks():
    tokens = ects("a@0; a@0 wid=other")
    ledger = MemoryLedger()

    assert acts(verify_headers(tokens, guarded(ledger), ledger=ledger)) == ["a", "a"]
    assert len(ledger) == 2


@pytest.mark.parametrize(
    ("kept", "came", "code"),
    [
        ("a@0 wid=", "a@1; b@2<a", "ECT302"),
        ("a@0", "a@1 wid=other; b@2<a", None),
        ("a@0 wid=other", "a@1; b@2<a", None),
        ("z@0", "a@1 wid=other; b@2<a", "ECT307"),
        ("a@0 wid=other", "z@1; b@2<a", "ECT307"),
    ],
)
def test_a_parent_of_the_own_workflow_comes_first_wherever_it_is(kept, came, code):
    ledger = MemoryLedger()
    verify_headers(ects(kept), guarded(ledger), ledger=ledger)
    call = partial(verify_headers, ects(came), guarded(ledger))

    if code is None:
        assert acts(call())[-1] == "b"
    else:
        assert refused(call).code == code


def test_a_token_that_comes_twice_in_a_message_is_taken_once():
    (a,) = ects("a@0")
    ledger = MemoryLedger()

    assert acts(verify_headers([a, f"{a}, {a}"], guarded(ledger), ledger=ledger)) == ["a"]
    assert len(ledger) == 1


def test_a_token_that_comes_again_is_a_replay():
    ledger = MemoryLedger()
    verify_headers(ects("a@0"), options(), ledger=ledger)

    assert refused(verify_headers, ects("a@0"), options(), ledger=ledger).code == "ECT301"
    assert refused(verify_headers, ects("a@1"), options(), ledger=ledger).code == "ECT302"
    assert len(ledger) == 1


def test_a_message_without_tokens_is_refused_unless_it_may_be():
    ledger = MemoryLedger()
    finding = refused(verify_headers, [" , "], options())

    assert (finding.code, finding.severity) == ("ECT009", "error")
    assert "Execution-Context" in finding.message
    assert verify_headers([" , "], options(), ledger=ledger, required=False) == ()
    assert len(ledger) == 0


def test_what_comes_is_verified_also_where_nothing_need_come():
    assert refused(verify_headers, "junk", options(), required=False).code == "ECT001"


def test_a_limit_is_told_before_any_token_is_looked_at():
    tried = []
    given = options(on_verify_attempt=lambda *told: tried.append(told))
    finding = refused(verify_headers, ects("a@0; b@0"), given, max_tokens=1)

    assert finding.code == "ECT902"
    assert refused(verify_headers, ects("a@0"), given, max_bytes=99).code == "ECT902"
    assert tried == []


@pytest.mark.parametrize("text", ["a@0", "a@0; b@0"])
def test_no_keys_are_a_mistake_of_the_operator_and_not_of_the_sender(text):
    with pytest.raises(EctgraphError, match="no keys") as caught:
        verify_headers(ects(text), options(keys=None))

    assert not isinstance(caught.value, VerificationError)


def test_strangers_cannot_make_a_gate_load_its_keys_again(monkeypatch):
    made = []
    make = Gate.__init__

    def count(gate, options, edition):
        made.append(options)
        make(gate, options, edition)

    monkeypatch.setattr(Gate, "__init__", count)
    given = guarded(MemoryLedger())

    for _ in range(3):
        refused(verify_headers, ects("a@0 !stranger; b@1<a !stranger"), given)

    assert made == [given]


# Gates on real servers


@dataclass
class Service:
    """An application behind a gate, on a server on loopback."""

    port: int = 0
    seen: list[Any] = field(default_factory=list)
    """What the application was given, request by request."""

    def ask(self, *lines: str | bytes, method: str = "GET", body: bytes = b"") -> Answer:
        """Send a request with these lines of `Execution-Context`."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)) as connection:
            connection.putrequest(method, "/")
            for line in lines:
                connection.putheader(HEADER, line)
            if body:
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body or None)
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())


@dataclass
class Answer:
    status: int
    headers: Any
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """The code of the finding, where the answer is a refusal in which all parts agree."""
        told = self.json
        assert self.status == 403
        assert self.headers["Content-Type"] == "application/json"
        assert self.headers["X-Content-Type-Options"] == "nosniff"
        assert self.headers["Content-Length"] == str(len(self.body))
        assert self.headers["Execution-Context-Error"] == told["code"]
        assert told.keys() - {"jti"} == {"code", "name", "message"}
        return told["code"]


Start = Callable[..., Service]


class ThreadingWSGIServer(ThreadingMixIn, WSGIServer):
    request_queue_size = 64


class QuietHandler(WSGIRequestHandler):
    def log_message(self, *args: Any) -> None:
        """Leave standard error to errors."""


@contextmanager
def wsgi_service(given: VerifyOptions, **choices: Any) -> Iterator[Service]:
    service = Service()

    def app(environ, start_response):
        service.seen.append(environ[ECTS])
        if environ["REQUEST_METHOD"] == "PUT":
            raise VerificationError(refused(read_headers, "x", max_bytes=0))
        length = int(environ.get("CONTENT_LENGTH") or 0)
        body = environ["wsgi.input"].read(length) or " ".join(acts(environ[ECTS])).encode()
        start_response("200 OK", [("Content-Length", str(len(body)))])
        return [body]

    gate = WSGIGate(app, given, **choices)
    with make_server("127.0.0.1", 0, gate, ThreadingWSGIServer, QuietHandler) as server:
        service.port = server.server_port
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield service
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def asgi_service(given: VerifyOptions, **choices: Any) -> Iterator[Service]:
    service = Service()

    async def app(scope, receive, send):
        if scope["type"] == "lifespan":
            assert ECTS not in scope
            for step in ("startup", "shutdown"):
                assert (await receive())["type"] == f"lifespan.{step}"
                await send({"type": f"lifespan.{step}.complete"})
            service.seen.append("lifespan")
            return
        service.seen.append(scope[ECTS])
        if scope["method"] == "PUT":
            raise VerificationError(refused(read_headers, "x", max_bytes=0))
        body = (await receive())["body"] or " ".join(acts(scope[ECTS])).encode()
        headers = [(b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    gate = ASGIGate(app, given, **choices)
    config = uvicorn.Config(gate, lifespan="on", ws="none", log_config=None, access_log=False)
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listening:
        service.port = listening.getsockname()[1]  # whoever comes early waits in the backlog
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield service
        finally:
            server.should_exit = True
            thread.join()
    assert service.seen.pop() == "lifespan"


SERVICES = {"wsgi": wsgi_service, "asgi": asgi_service}


@pytest.fixture(params=SERVICES)
def serve(request):
    """Start an application behind a gate, on each kind of server."""
    return SERVICES[request.param]


def test_a_token_that_verifies_reaches_the_application(serve: Start):
    (a,) = ects("a@0 act=review")

    with serve(options()) as service:
        answer = service.ask(a)

    assert (answer.status, answer.body) == (200, b"review")
    assert "Execution-Context-Error" not in answer.headers
    ((ect,),) = service.seen
    assert (ect.compact, ect.payload.jti, ect.trust) == (a, task_id("a"), "verified")


def test_the_rest_of_the_request_reaches_the_application_too(serve: Start):
    with serve(options()) as service:
        assert service.ask(*ects("a@0"), method="POST", body=b"a report").body == b"a report"


def test_tokens_come_in_several_lines_joined_by_commas_or_both(serve: Start):
    a, b, c = ects("a@0; b@1<a; c@2<b")

    with serve(guarded(MemoryLedger())) as service:
        for lines in ((a, b, c), (c, b, a), (f"{c},{a} ,\t{b}",), ("", f"{b},,{a}", c)):
            assert service.ask(*lines).body == b"a b c"


def test_without_a_token_there_is_no_way_in(serve: Start):
    with serve(options()) as service:
        for lines in ((), ("",), (" , ", ",")):
            answer = service.ask(*lines)
            assert answer.code == "ECT009"
            assert "jti" not in answer.json

    assert service.seen == []


def test_without_a_token_there_is_a_way_in_where_none_is_required(serve: Start):
    with serve(options(), required=False) as service:
        assert service.ask().status == 200
        assert service.ask("junk").code == "ECT001"

    assert service.seen == [()]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("junk", "ECT001"),
        ("a.b.c", "ECT003"),
        (b"\xff\xfe\xfd", "ECT001"),
        (b"\xe9.\xe8.\xe7", "ECT003"),
        ('"quoted"', "ECT001"),
        ("Bearer eyJhbGciOiJub25lIn0.e30.", "ECT003"),
    ],
)
def test_junk_is_refused_with_a_finding(serve: Start, line, code):
    with serve(options()) as service:
        assert service.ask(line).code == code
        assert service.ask(*ects("a@0"), line).code == code

    assert service.seen == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a@0 !flipped", "ECT201"),
        ("a@0 !stranger", "ECT201"),
        ("a@0 by=agent-c", "ECT202"),
        ("a@0 alg=none", "ECT102"),
        ("a@0 typ=JWT", "ECT101"),
        ("a@-700", "ECT408"),
        ("a@99", "ECT408"),
        ("a@0<z", "ECT303"),
    ],
)
def test_a_refusal_says_which_rule_and_which_token_and_nothing_else(serve: Start, text, code):
    with serve(guarded(MemoryLedger())) as service:
        answer = service.ask(*ects(text))

    assert answer.code == code
    assert answer.json["jti"] == task_id("a")
    assert service.seen == []


def test_a_token_for_somebody_else_is_refused(serve: Start):
    with serve(options(verifier_id="spiffe://example.com/agent/b")) as service:
        assert service.ask(*ects("a@0")).json["name"] == "not-for-this-verifier"
        assert service.ask(*ects("a@0 aud=spiffe://example.com/agent/b")).status == 200


def test_a_replay_is_refused_by_the_ledger(serve: Start):
    ledger = MemoryLedger()
    a, b = ects("a@0; b@5<a")

    with serve(guarded(ledger), ledger=ledger) as service:
        assert service.ask(a).status == 200
        assert service.ask(a).code == "ECT301"
        assert service.ask(*ects("a@1")).code == "ECT302"
        assert service.ask(b).status == 200
        assert service.ask(a, b).code == "ECT301"

    assert [entry.record.body.decode() for entry in ledger] == [a, b]


def test_of_many_who_bring_one_token_at_once_one_is_let_in(serve: Start):
    ledger = MemoryLedger()
    together = threading.Barrier(20)
    (a,) = ects("a@0")

    with serve(guarded(ledger), ledger=ledger) as service, ThreadPoolExecutor(20) as pool:

        def ask(_: int) -> Answer:
            together.wait()
            return service.ask(a)

        answers = list(pool.map(ask, range(20)))

    assert sorted(answer.status for answer in answers) == [200] + [403] * 19
    assert {answer.code for answer in answers if answer.status == 403} == {"ECT301"}
    assert len(ledger) == len(service.seen) == 1


def test_many_who_bring_different_tokens_at_once_are_all_let_in(serve: Start):
    ledger = MemoryLedger()
    together = threading.Barrier(20)
    root, *tokens = ects("; ".join(["root@0", *(f"t{n}@1<root" for n in range(20))]))

    with serve(guarded(ledger), ledger=ledger) as service, ThreadPoolExecutor(20) as pool:
        assert service.ask(root).status == 200

        def ask(text: str) -> int:
            together.wait()
            return service.ask(text).status

        assert list(pool.map(ask, tokens)) == [200] * 20

    assert sorted(entry.record.body.decode() for entry in ledger) == sorted([root, *tokens])
    assert [entry.seq for entry in ledger] == list(range(1, 22))


def test_too_many_tokens_and_too_many_bytes_are_refused_by_the_gate(serve: Start):
    a, b, c = ects("a@0; b@0; c@0")

    with serve(options(), max_tokens=2, max_bytes=3000) as service:
        assert service.ask(a, b).status == 200
        assert service.ask(a, b, c).code == "ECT902"
        assert service.ask(f"{a},{b},{c}").code == "ECT902"
        assert service.ask("x" * 3001).code == "ECT902"

    assert len(service.seen) == 1


def test_headers_without_end_never_reach_the_application(serve: Start):
    with serve(options()) as service:
        try:
            status = service.ask(*["x" * 60_000] * 20).status
        except ConnectionError:  # the server hung up before it had read all of it
            status = None
        assert service.ask(*ects("a@0")).status == 200

    assert status in (None, 400, 403, 431)
    assert len(service.seen) == 1


def test_a_mistake_of_the_operator_is_no_403(serve: Start):
    with serve(options(keys=None)) as service:
        answer = service.ask(*ects("a@0"))

    assert answer.status == 500
    assert b"keys" not in answer.body
    assert service.seen == []


def test_a_ledger_that_cannot_be_written_is_no_403_and_nobody_is_let_in(serve: Start):
    class Full:
        def append(self, _: Any) -> None:
            raise EctgraphError("/var/ledger: the disk is full")

    with serve(options(), ledger=Full()) as service:
        answer = service.ask(*ects("a@0"))

    assert answer.status == 500
    assert b"disk" not in answer.body
    assert service.seen == []


def test_what_the_application_itself_finds_wrong_is_its_own_affair(serve: Start):
    with serve(options()) as service:
        answer = service.ask(*ects("a@0"), method="PUT")

    assert answer.status == 500
    assert "Execution-Context-Error" not in answer.headers
    assert len(service.seen) == 1


@pytest.mark.parametrize(
    "jti", ['"}\r\nSet-Cookie: x=y', "\x1b[2J\u202e", "<script>", "\x00", "é😀", "x" * 9000]
)
def test_what_an_attacker_writes_stays_within_the_json(serve: Start, jti: str):
    claims = {"iss": jti, "aud": jti, "iat": EPOCH, "exp": EPOCH + 600, "exec_act": jti, "jti": jti}
    evil = token(claims | {"par": [f"parent {jti}"]}, "agent-a").decode()

    with serve(guarded(MemoryLedger())) as service:
        answer = service.ask(evil)

    assert answer.code == "ECT303"
    assert "parent " in answer.json["message"]
    assert answer.json["jti"] == jti
    assert answer.json["message"].isprintable()
    assert "Set-Cookie" not in answer.headers


# What no server sends, and what only some do


def ask_wsgi(environ: dict[str, Any], **choices: Any) -> tuple[list[Any], list[bytes]]:
    """Call a gate before an application that says nothing; (what was started, the body)."""
    started: list[Any] = []

    def app(environ, start_response):
        start_response("200 OK", [])
        return []

    gate = WSGIGate(app, options(), **choices)
    body = gate(environ, lambda status, headers: started.append((status, dict(headers))))
    return started, list(body)


@pytest.mark.parametrize("value", [None, "", 0, 7, b"junk", ["a.b.c"], "\ud800", "\u2028.é.x"])
def test_an_odd_environ_is_refused_like_any_other(value):
    ((status, headers),), body = ask_wsgi({"HTTP_EXECUTION_CONTEXT": value})

    assert status == "403 Forbidden"
    assert headers["Execution-Context-Error"] == json.loads(b"".join(body))["code"]


def test_an_empty_environ_is_refused():
    ((status, headers),), _ = ask_wsgi({})

    assert (status, headers["Execution-Context-Error"]) == ("403 Forbidden", "ECT009")


def test_a_refused_head_request_is_answered_without_a_body():
    ((status, headers),), body = ask_wsgi({"REQUEST_METHOD": "HEAD"})

    assert status == "403 Forbidden"
    assert int(headers["Content-Length"]) > 0
    assert body == []


def test_what_a_client_calls_verified_is_not():
    environ = {"HTTP_ECTGRAPH.ECTS": "x", ECTS: ("forged",)}
    ask_wsgi(environ, required=False)

    assert environ[ECTS] == ()


_GOOD = sketch("a@0").records[0].decode()


@given(
    st.text()
    | st.tuples(st.integers(0, len(_GOOD) - 1), st.characters()).map(
        lambda change: _GOOD[: change[0]] + change[1] + _GOOD[change[0] + 1 :]
    )
)
def test_whatever_comes_is_let_in_verified_or_refused_with_a_finding(text: str):
    ((status, headers),), body = ask_wsgi({"HTTP_EXECUTION_CONTEXT": text})

    if text.strip(" \t,") == _GOOD:
        assert status == "200 OK"
    else:
        told = json.loads(b"".join(body))
        assert status == "403 Forbidden"
        assert headers["Execution-Context-Error"] == told["code"]
        assert told["message"].isprintable()


def ask_asgi(scope: dict[str, Any], given: VerifyOptions | None = None, **choices: Any):
    """Call a gate before an application; (what it was given, what was sent, what was received)."""
    seen: list[Any] = []
    sent: list[Any] = []
    received: list[str] = []

    async def app(scope, receive, send):
        seen.append(scope)

    async def receive():
        received.append(f"{scope['type']}.connect")
        return {"type": received[-1]}

    async def send(event):
        sent.append(event)

    asyncio.run(ASGIGate(app, given or options(), **choices)(scope, receive, send))
    return seen, sent, received


def websocket(*lines: str, **more: Any) -> dict[str, Any]:
    headers = [(b"execution-context", line.encode()) for line in lines]
    return {"type": "websocket", "headers": headers} | more


def test_a_websocket_with_a_good_token_reaches_the_application():
    scope = websocket(*ects("a@0"))
    (given,), sent, received = ask_asgi(scope)

    assert acts(given[ECTS]) == ["a"]
    assert ECTS not in scope
    assert sent == received == []


@pytest.mark.parametrize("more", [{}, {"extensions": None}, {"extensions": {"other": {}}}])
def test_a_websocket_is_closed_before_it_opens(more):
    seen, sent, received = ask_asgi(websocket("junk", **more))

    assert seen == []
    assert received == ["websocket.connect"]
    assert sent == [{"type": "websocket.close", "code": 1008, "reason": "ECT001"}]


def test_a_websocket_is_denied_with_an_answer_where_the_server_can_send_one():
    seen, sent, received = ask_asgi(websocket(extensions={"websocket.http.response": {}}))
    start, body = sent

    assert seen == []
    assert received == ["websocket.connect"]
    assert (start["type"], start["status"]) == ("websocket.http.response.start", 403)
    assert (b"execution-context-error", b"ECT009") in start["headers"]
    assert body["type"] == "websocket.http.response.body"
    assert json.loads(body["body"])["code"] == "ECT009"


def test_a_request_without_headers_and_one_with_capitals_are_read():
    _, (start, _), _ = ask_asgi({"type": "http"})
    (given,), _, _ = ask_asgi({"type": "http", "headers": [(b"Execution-Context", _GOOD.encode())]})

    assert start["status"] == 403
    assert acts(given[ECTS]) == ["a"]


def test_other_headers_are_no_tokens():
    headers = [(b"execution-context-error", b"x"), (b"authorization", _GOOD.encode())]
    _, (start, _), _ = ask_asgi({"type": "http", "headers": headers})

    assert (b"execution-context-error", b"ECT009") in start["headers"]


def test_a_connection_of_another_kind_is_no_way_around():
    with pytest.raises(EctgraphError, match="'webtransport'"):
        ask_asgi({"type": "webtransport"})


def test_lifespan_passes_through_untouched():
    scope = {"type": "lifespan"}
    (given,), sent, received = ask_asgi(scope)

    assert given is scope
    assert sent == received == []


def test_tokens_are_verified_and_appended_off_the_event_loop():
    threads: list[int] = []

    class Witness(MemoryLedger):
        def append(self, *args, **choices):
            threads.append(threading.get_ident())
            return super().append(*args, **choices)

    ledger = Witness()
    given = options(on_verify_attempt=lambda *_: threads.append(threading.get_ident()))
    ask_asgi(
        {"type": "http", "headers": [(b"execution-context", _GOOD.encode())]}, given, ledger=ledger
    )

    assert len(threads) == 2
    assert threading.get_ident() not in threads


def test_a_message_with_one_token_that_the_ledger_has_leaves_nothing_else_behind():
    ledger = MemoryLedger()
    options = VerifyOptions(keys=KeyRing.from_jwks(jwks("agent-a")), clock=lambda: EPOCH + 1)
    known, new = (record.decode() for record in sketch("a@0; b@0").records)
    verify_headers([known], options, ledger=ledger)

    with pytest.raises(VerificationError, match="ECT301"):
        verify_headers([new, known], options, ledger=ledger)

    assert len(ledger) == 1
