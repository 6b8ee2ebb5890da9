"""HTTP archives: every Execution-Context header is a record, in the order of time."""

from __future__ import annotations

import hashlib
import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ectgraph.formats import har
from ectgraph.formats.har import read
from ectgraph.formats.lines import HEAD
from ectgraph.formats.source import Source
from ectgraph.model import Record

START = "2026-02-24T15:42:31.000Z"
ECT = "Execution-Context"


def headers(*pairs: tuple[str, Any]) -> list[dict[str, Any]]:
    return [{"name": name, "value": value} for name, value in pairs]


def exchange(
    request: list[Any] | None = None,
    response: list[Any] | None = None,
    started: Any = START,
    url: Any = "https://a.example/x",
    **members: Any,
) -> dict[str, Any]:
    """An exchange with these headers, and with a body that nobody needs."""
    return {
        "startedDateTime": started,
        "request": {"method": "POST", "url": url, "headers": request or []},
        "response": {
            "status": 200,
            "headers": response or [],
            "content": {"text": "<body>", "size": 6},
        },
    } | members


def archive(*entries: Any) -> bytes:
    log = {"version": "1.2", "creator": {"name": "x"}, "pages": [], "entries": list(entries)}
    return json.dumps({"log": log}).encode()


def read_all(data: bytes, **options: Any) -> tuple[list[Record], Source]:
    file, source = io.BytesIO(data), Source(name="file.har", **options)
    records = list(read(file, source))
    assert file.read() == b""
    assert [record.index for record in records] == list(range(len(records)))
    return records, source


def tokens(*entries: Any) -> list[bytes]:
    return [record.raw for record in read_all(archive(*entries))[0]]


def told(*entries: Any) -> list[tuple[str, str]]:
    return [(p.kind, p.detail) for p in read_all(archive(*entries))[1].problems]


def test_a_record_has_its_bytes_and_its_place_and_nothing_that_it_has_not():
    records, source = read_all(archive(exchange(headers((ECT, "a.b.c")))))
    assert source.problems == []
    assert records == [
        Record(
            "file.har",
            None,
            None,
            5,
            0,
            hashlib.sha256(b"a.b.c").digest(),
            0,
            0,
            b"a.b.c",
            address="entry 1, request POST https://a.example/x",
            beside={"recorded_at": START},
        )
    ]


@pytest.mark.parametrize(
    "name",
    [
        "Execution-Context",
        "execution-context",
        "EXECUTION-CONTEXT",
        "eXecution-conteXt",
        " Execution-Context ",
    ],
)
def test_the_name_is_compared_without_case(name):
    assert tokens(exchange(headers((name, "a.b.c")))) == [b"a.b.c"]


@pytest.mark.parametrize(
    "name",
    [
        ":path",
        ":execution-context",
        "X-Execution-Context",
        "Execution-Context-2",
        "Execution_Context",
        "Execution\u2010Context",  # another hyphen
        "",
        "authorization",
    ],
)
def test_other_headers_are_not_read(name):
    assert tokens(exchange(headers((name, "a.b.c"), (":method", "POST")))) == []
    assert told(exchange(headers((name, "a.b.c"), (":method", "POST")))) == []


@pytest.mark.parametrize(
    ("value", "elements"),
    [
        ("a.b.c", [b"a.b.c"]),
        ("a.b.c,d.e.f", [b"a.b.c", b"d.e.f"]),
        (" a.b.c ,\td.e.f\t", [b"a.b.c", b"d.e.f"]),
        (",, a.b.c , ,d.e.f,", [b"a.b.c", b"d.e.f"]),
        ("a.b.c\nd.e.f", [b"a.b.c", b"d.e.f"]),
        ("a.b.c\r\n d.e.f\r\n", [b"a.b.c", b"d.e.f"]),
        ("a.b.c d.e.f", [b"a.b.c d.e.f"]),
        ("", [b""]),
        (" \t", [b""]),
        (",", [b""]),
        (" , , ", [b""]),
        ("a.b.c\u00a0", ["a.b.c\u00a0".encode()]),
        ("prüfung", "prüfung".encode()),
        ('"a,b"', [b'"a', b'b"']),
        ("\x00", [b"\x00"]),
        ("\ud800", [b'"\\ud800"']),
        ("\ud83d\ude00", ["\U0001f600".encode()]),
        (None, [b"null"]),
        (5, [b"5"]),
        (True, [b"true"]),
        (["a.b.c", "ü"], [b'["a.b.c", "\\u00fc"]']),
        ({"token": "a.b.c"}, [b'{"token": "a.b.c"}']),
    ],
)
def test_a_header_is_read_as_a_list_and_nothing_of_it_is_lost(value, elements):
    expected = [elements] if isinstance(elements, bytes) else elements
    assert tokens(exchange(headers((ECT, value)))) == expected


def test_a_header_without_a_value_is_a_record_without_bytes():
    assert tokens(exchange([{"name": ECT}])) == [b""]


def test_the_headers_of_a_message_keep_their_order():
    request = headers(
        (ECT, "1"), ("Accept", "x"), (ECT.upper(), "2, 3"), (":path", "/"), (ECT, "4")
    )
    response = headers((ECT, "5"), (ECT, "6,7"))
    assert tokens(exchange(request, response)) == [b"1", b"2", b"3", b"4", b"5", b"6", b"7"]


def at(started: Any, name: str, **members: Any) -> dict[str, Any]:
    return exchange(headers((ECT, name)), started=started, **members)


@pytest.mark.parametrize(
    ("times", "order"),
    [
        (["2026-01-01T00:00:02Z", "2026-01-01T00:00:01Z", "2026-01-01T00:00:03Z"], [1, 0, 2]),
        (["2026-01-01T01:00:00+02:00", "2026-01-01T00:00:00+00:00"], [0, 1]),
        (["2026-01-01T00:00:00-05:00", "2026-01-01T04:59:59.999Z"], [1, 0]),
        (["2026-01-01T00:00:00.200Z", "2026-01-01T00:00:00.1234567Z"], [1, 0]),
        ([START, START, START], [0, 1, 2]),
        (
            ["yesterday", START, None, "2026-01-01T00:00:00", "2020-01-01T00:00:00Z"],
            [4, 1, 0, 2, 3],
        ),
        ([5, START, {}, ["x"], True, ""], [1, 0, 2, 3, 4, 5]),
        (["9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", START], [1, 2, 0]),
        (["2026-02-30T00:00:00Z", "2026-02-24T25:00:00Z", START], [2, 0, 1]),
        (["2026-01-01T00:00:00\u0660Z", START], [1, 0]),
    ],
)
def test_exchanges_come_in_the_order_of_time_and_those_without_at_the_end(times, order):
    entries = [at(time, str(number)) for number, time in enumerate(times)]
    assert tokens(*entries) == [str(number).encode() for number in order]
    assert told(*entries) == []


@pytest.mark.parametrize(
    "time", ["yesterday", None, 5, "2026-01-01T00:00:00", "2026-02-30T00:00:00Z"]
)
def test_a_time_that_cannot_be_read_is_not_stated(time):
    (record,), _ = read_all(archive(at(time, "a.b.c")))
    assert record.beside is None
    (record,), _ = read_all(archive({"request": exchange(headers((ECT, "x")))["request"]}))
    assert record.beside is None


def test_a_time_is_stated_as_written():
    (record,), _ = read_all(archive(at("2026-02-24T16:42:31.123456+01:00", "a.b.c")))
    assert record.beside == {"recorded_at": "2026-02-24T16:42:31.123456+01:00"}


def test_a_response_was_recorded_when_it_had_come_in():
    entry = exchange(headers((ECT, "q")), headers((ECT, "r")), time=1250.4)
    (request, response), _ = read_all(archive(entry))
    assert request.beside == {"recorded_at": START}
    assert response.beside == {"recorded_at": "2026-02-24T15:42:32.250Z"}
    assert response.address == "entry 1, response after 1250.4 ms to POST https://a.example/x"


@pytest.mark.parametrize("took", [-1, "250", None, [], 1e300, float("nan"), 10**400, 10**18])
def test_a_response_of_which_nobody_knows_the_time_states_none_but_keeps_its_place(took):
    entry = exchange(headers((ECT, "q")), headers((ECT, "r")), time=took)
    later = at("2026-02-24T15:42:31.001Z", "later")
    records, source = read_all(archive(later, entry))
    assert source.problems == []
    assert [record.raw for record in records] == [b"q", b"r", b"later"]
    assert records[1].beside is None
    assert records[1].address == "entry 2, response to POST https://a.example/x"


def test_exchanges_within_each_other_are_unfolded():
    outer = exchange(headers((ECT, "1")), headers((ECT, "4")), "2026-01-01T00:00:00Z", time=5000)
    inner = exchange(headers((ECT, "2")), headers((ECT, "3")), "2026-01-01T00:00:01Z", time=1000)
    assert tokens(outer, inner) == tokens(inner, outer) == [b"1", b"2", b"3", b"4"]


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://a.example/?q=\x1b[31m\n", "https://a.example/?q=\x1b[31m\n"),
        ("https://ä.example/\u202e", "https://ä.example/\u202e"),
        ("\ud800", "\\ud800"),
        (5, None),
        (None, None),
        ("", ""),
    ],
)
def test_any_url_can_be_an_address_that_is_text(url, shown):
    (record,), _ = read_all(archive(exchange(headers((ECT, "a.b.c")), url=url)))
    assert record.address == "entry 1, request POST" + (f" {shown}" if shown is not None else "")
    assert record.address.encode()


def test_a_long_url_is_cut():
    (record,), _ = read_all(archive(exchange(headers((ECT, "a")), url="https://a.example/" * 9999)))
    assert len(record.address) == 300
    assert record.address.endswith("…")


GOOD = exchange(headers((ECT, "good")))


@pytest.mark.parametrize(
    ("bad", "kept"),
    [
        (None, []),
        ([], []),
        ("a.b.c", []),
        (17, []),
        ({}, []),
        ({"request": None, "response": None}, []),
        ({"request": {"headers": headers((ECT, "q"))}}, [b"q"]),
        ({"response": {"headers": headers((ECT, "r"))}}, [b"r"]),
        (exchange() | {"request": {"headers": {ECT: "x"}}}, []),
        (exchange() | {"request": {"headers": "x"}}, []),
        (exchange([None, 5, "x", [], *headers((ECT, "q"))]), [b"q"]),
        (exchange([{"name": 5, "value": ECT}, *headers((ECT, "q"))]), [b"q"]),
        (exchange([{"value": "x"}]), []),
    ],
)
def test_what_is_no_exchange_is_told_once_and_its_neighbours_are_read(bad, kept):
    entries = [GOOD, GOOD, bad, GOOD, bad]
    assert sorted(tokens(*entries)) == sorted([b"good"] * 3 + kept * 2)
    detail = "2 of 5 entries: no whole HTTP exchange; first: entry 3"
    assert told(*entries) == [("unreadable-record", detail)]


def with_member(entry: dict[str, Any], path: tuple[str, ...], member: str) -> str:
    """The JSON of an exchange with one more member, first in the object at a path."""
    if not path:
        return "{" + member + "," + json.dumps(entry)[1:]
    inner = with_member(entry[path[0]], path[1:], member)
    return json.dumps(entry | {path[0]: "HERE"}).replace('"HERE"', inner)


@pytest.mark.parametrize(
    ("path", "member", "name"),
    [
        ((), '"request": {"headers": []}', "request"),
        ((), '"startedDateTime": "2020-01-01T00:00:00Z"', "startedDateTime"),
        (("request",), '"headers": [{"name": "Execution-Context", "value": "hidden"}]', "headers"),
        (("request",), '"\\u0068eaders": [{"name": "Execution-Context"}]', "headers"),
        (("response",), '"headers": [{"name": "execution-context", "value": "x"}]', "headers"),
        (("request",), '"url": "https://b.example/"', "url"),
    ],
)
def test_a_member_that_is_there_twice_is_told(path, member, name):
    raw = with_member(exchange(headers((ECT, "last"))), path, member)
    data = archive(GOOD, "HERE").replace(b'"HERE"', raw.encode())
    records, source = read_all(data)
    assert sorted(record.raw for record in records) == [b"good", b"last"]
    detail = f"1 of 2 entries: {name!r} twice in one object, the last was read; first: entry 2"
    assert [(p.kind, p.detail) for p in source.problems] == [("duplicate-member", detail)]


def test_a_header_with_two_names_is_told():
    pair = '{"name": "Execution-Context", "name": "Accept", "value": "a.b.c"}'
    raw = json.dumps(exchange(["HERE"])).replace('"HERE"', pair)
    _, source = read_all(archive("HERE").replace(b'"HERE"', raw.encode()))
    assert [p.kind for p in source.problems] == ["duplicate-member"]


def test_a_member_that_nobody_reads_may_be_there_twice():
    raw = with_member(exchange(headers((ECT, "a.b.c"))), (), '"_x": 1, "_x": 2')
    records, source = read_all(archive("HERE").replace(b'"HERE"', raw.encode()))
    assert [record.raw for record in records] == [b"a.b.c"]
    assert source.problems == []


@pytest.mark.parametrize("body", [b"\\ud800", b"\xff\xfe", b"\\u0000", b"\xe2\x80\xa8", b"\\u00e4"])
@pytest.mark.parametrize("carries", [True, False])
def test_a_body_that_is_no_text_spoils_nothing(body, carries):
    entry = exchange(headers((ECT if carries else "Accept", "a.b.c")))
    records, source = read_all(archive(entry, GOOD).replace(b"<body>", body))
    assert [record.raw for record in records] == [b"a.b.c"] * carries + [b"good"]
    assert source.problems == []


def test_a_name_may_be_spelled_with_escapes():
    escaped = "".join(f"\\u{ord(letter):04x}" for letter in "EXECUTION-context")
    data = archive(exchange(headers(("NAME", "a.b.c")))).replace(b"NAME", escaped.encode())
    assert [record.raw for record in read_all(data)[0]] == [b"a.b.c"]


@pytest.mark.parametrize("entries", [[exchange()], [exchange(headers(("Accept", "x")))] * 20])
def test_an_archive_without_such_a_header_has_no_record_and_nothing_is_wrong(entries):
    assert tokens(*entries) == []
    assert told(*entries) == []


@pytest.mark.parametrize(
    "data",
    [
        b"{}",
        b"",
        b'{"log": {}}',
        b'{"log": {"entries": []}}',
        b'{"log": []}',
        b'{"log": {"entries": {}}}',
        b'{"log": {"entries": null}}',
        b'{"entries": []}',
        b'\xef\xbb\xbf{"log": {"entries": []}}',
    ],
)
def test_an_archive_without_entries_has_no_record_and_that_is_told(data):
    records, source = read_all(data)
    assert records == []
    assert "there is no exchange in it (log.entries)" in [p.detail for p in source.problems]


@pytest.mark.parametrize("indent", [None, 2, "\t"])
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
def test_an_archive_may_be_written_in_any_way(indent, bom):
    text = json.dumps(json.loads(archive(GOOD, GOOD)), indent=indent, ensure_ascii=False)
    records, source = read_all(bom + text.encode())
    assert [record.raw for record in records] == [b"good", b"good"]
    assert source.problems == []


def test_where_it_breaks_off_the_exchanges_before_are_read():
    entries = [at(f"2026-01-01T00:00:0{number}Z", str(number)) for number in range(4)]
    data = archive(*entries)
    ends = [data.index(json.dumps(entry).encode()) + len(json.dumps(entry)) for entry in entries]
    for length in range(len(data)):
        records, source = read_all(data[:length])
        whole = sum(end <= length for end in ends)
        assert [record.raw for record in records][:whole] == [b"0", b"1", b"2", b"3"][:whole]
        assert source.problems


def test_an_exchange_that_is_too_long_is_told_and_not_read(monkeypatch):
    monkeypatch.setattr(har, "LARGEST", 3 << 20)
    long = exchange(headers((ECT, "lost")), _body="x" * (4 << 20))
    assert tokens(GOOD, long, GOOD) == [b"good", b"good"]
    detail = "1 of 3 entries: longer than 3 MiB, not read; first: entry 2"
    assert told(GOOD, long, GOOD) == [("limit-reached", detail)]


def test_of_a_token_that_is_too_long_the_head_is_kept():
    value = "a." * 5000
    (record,), _ = read_all(archive(exchange(headers((ECT, value)))), max_record_bytes=9000)
    assert record.kept == value.encode()[:HEAD]
    assert record.length == 10_000
    assert record.digest == hashlib.sha256(value.encode()).digest()


@pytest.mark.parametrize("deep", [50, 2000, 200_000])
@pytest.mark.parametrize("carries", [True, False])
def test_whatever_nests_too_deep_spoils_no_neighbour(deep, carries):
    entry = exchange(headers((ECT, "deep")) if carries else [], _x="HERE")
    data = archive(GOOD, entry, GOOD).replace(b'"HERE"', b"[" * deep + b"]" * deep)
    records, source = read_all(data)
    assert [record.raw for record in records].count(b"good") == 2
    assert bool(source.problems) == (deep > 1000)


def test_a_number_with_too_many_digits_spoils_no_neighbour():
    entry = exchange(headers((ECT, "x")), _x="HERE")
    data = archive(GOOD, entry, GOOD).replace(b'"HERE"', b"9" * 5000)
    records, source = read_all(data)
    assert [record.raw for record in records].count(b"good") == 2
    assert [p.kind for p in source.problems] == ["unreadable-record"]


MEMBERS = st.sampled_from(
    ["startedDateTime", "time", "request", "response", "headers", "name", "value", "url"]
)


@given(st.data())
def test_any_json_can_be_entries(json_values, data):
    odd = st.recursive(
        json_values | st.sampled_from([ECT, START, "a.b.c"]),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(MEMBERS, inner, max_size=4),
        max_leaves=12,
    )
    before, after = data.draw(st.lists(odd, max_size=3)), data.draw(st.lists(odd, max_size=3))
    records, source = read_all(archive(*before, GOOD, *after))
    assert b"good" in [record.raw for record in records]
    assert all(record.address and record.length == len(record.raw) for record in records)
    assert len(source.problems) <= 3


@given(st.data())
def test_damaged_bytes_are_no_reason_to_stop(data):
    good = archive(*[at(f"2026-01-01T00:00:0{number}Z", str(number)) for number in range(3)])
    damaged = bytearray(good)
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(good) - 1))] = data.draw(st.integers(0, 255))
    records, source = read_all(bytes(damaged))
    assert len(records) >= 2 or source.problems


def test_what_makes_an_archive_something_else_to_some_readers_is_told():
    text = b'{"ect": "a.b.c", "log": {"entries": [], "Entries": [], "token": "x"}, "Log": {}}'
    source = Source(name="a.har")
    assert list(har.read(io.BytesIO(text), source)) == []
    assert [p.detail for p in source.problems if p.kind == "duplicate-member"] == [
        "both a token ('ect') and entries, at byte 8",
        "another spelling of 'entries', which some readers take for it, at byte 51",
        "another spelling of 'log', which some readers take for it, at byte 77",
    ]
