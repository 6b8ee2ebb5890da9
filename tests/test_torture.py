"""Every freedom of JSON, base64url and JOSE, at every place of a record: one reading, or a finding.

A row says what is done to the bytes of one part, and what must be told of it. What two honest
readers could understand in two ways is an error and spoils the token; what none can read is an
error as well; everything else reads fine, and reads as the standard library reads it.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ectgraph.claims import Reader
from ectgraph.encoding import compact_json, encode_base64url
from ectgraph.examiner import Examiner
from ectgraph.keys import KeyRing
from ectgraph.loader import load_bytes
from ectgraph.model import Severity, Trust
from ectgraph.policy import Policy
from ectgraph.rules import RULES, judge
from ectgraph.testing import EPOCH, jwks, seal, token

RING = KeyRing.from_jwks(jwks("agent-a"))
POLICY = Policy(minimum_level="L1")
HEADER = {"alg": "ES256", "typ": "wimse-exec+jwt", "kid": "agent-a"}
CLAIMS = {
    "iss": "spiffe://example.com/agent/a",
    "aud": ["spiffe://example.com/ledger"],
    "iat": EPOCH,
    "exp": EPOCH + 600,
    "jti": "550e8400-e29b-41d4-a716-446655440000",
    "exec_act": "review",
    "par": [],
}
GOOD = seal(compact_json(HEADER), compact_json(CLAIMS), "agent-a")

Change = Callable[[bytes], bytes]
FINE, NOTE, ENCODING, JSON, TWICE = "", "ECT007", "ECT003", "ECT004", "ECT005"


def told(record: bytes) -> tuple[list[str], Trust]:
    """(codes of what is told, trust) of a record, as it comes out of a container."""
    content = record.strip(b" \t\r\n")
    facts = Examiner(RING, POLICY, judge).examine(content, len(content))
    return sorted({code for code, _ in facts.hits}), facts.trust


def is_error(code: str) -> bool:
    return RULES[code].severity.rank >= Severity.ERROR.rank


# Places: where in a record an object of JSON stands


def in_header(change: Change) -> bytes:
    return seal(change(compact_json(HEADER)), compact_json(CLAIMS), "agent-a")


def in_payload(change: Change) -> bytes:
    return seal(compact_json(HEADER), change(compact_json(CLAIMS)), "agent-a")


def in_entry(change: Change) -> bytes:
    return change(b'{"note":1,"ect":"' + GOOD + b'"}')


def in_claims(change: Change) -> bytes:
    return change(compact_json(CLAIMS))


def in_encoded_claims(change: Change) -> bytes:
    return encode_base64url(change(compact_json(CLAIMS)))


SIGNED = {"header": in_header, "payload": in_payload}
BARE = {"entry": in_entry, "claims": in_claims}
PLACES = SIGNED | BARE | {"encoded": in_encoded_claims}

# What is done to an object


def member(text: bytes) -> Change:
    """Add a member."""
    return lambda made: made[:-1] + b"," + text + b"}"


def value(text: bytes) -> Change:
    """Add a member with this value, which has no meaning to anybody."""
    return member(b'"own":' + text)


def put(before: bytes, after: bytes = b"") -> Change:
    """Put something around the object."""
    return lambda made: before + made + after


def be(text: bytes) -> Change:
    """Put something in its place."""
    return lambda _: text


def encode(encoding: str) -> Change:
    return lambda made: made.decode().encode(encoding)


def space(blank: bytes) -> Change:
    """Put white space wherever it may stand."""

    def change(made: bytes) -> bytes:
        text = json.dumps(json.loads(made), separators=(" , ", " : "))
        return text.replace(" ", blank.decode()).encode()

    return change


def nested(levels: int, opening: bytes = b"[", closing: bytes = b"]") -> Change:
    """Add a member that brings the nesting to so many levels, the object counted."""
    return value(opening * (levels - 1) + b"1" + closing * (levels - 1))


LIMIT = POLICY.max_json_depth

VALUES: dict[str, list[bytes]] = {
    FINE: [
        b'"\\/"', b'"\\u002f"', b'"\\u00E9\\u00e9"', b'"\\ud83d\\ude00"', '"😀"'.encode(),
        '"\u2028\u2029\x85\xa0"'.encode(), b'"\x7f"', '"\uffff\ufdd0\U0010ffff"'.encode(),
        '"é e\u0301"'.encode(), b'"\\u0000"', b'"\\\\u0000"', b'"\\ud83d\\ude00\\n"', b'""',
        b"0", b"-0", b"-0.0", b"0e0", b"1e308", b"1E+3", b"1e-400", b"5e-324", b"1.50",
        b"9007199254740991", b"-9007199254740991", b"0.1000000000000000055511151231257827",
        b"9007199254740993.0", b"1." + b"0" * 5000, b"0e99999999999", b"true", b"null", b"[]", b"{}",
        b'[{"a":1},{"a":1}]', b'{"a":{"a":{"a":1}}}', b'{"":1}', b'{"__proto__":{"iss":"x"}}',
        b'{"iss":"x","ISS":"y"}', b'"' + b"x" * 20_000 + b'"', b"[" + b"0," * 5000 + b"0]",
        b'"eyJhbGciOiJub25lIn0.e30."', b'"{\\"iss\\":\\"x\\"}"', b'"<script>"', b'" "', b'"NaN"',
    ],
    NOTE: [
        b"9007199254740992", b"-9007199254740992", b"9007199254740993", b"18446744073709551615",
        b"18446744073709551616", b"-9223372036854775809", b"1" + b"0" * 400, b"9" * 4300,
        b'{"a":[{"b":123456789012345678901}]}',
    ],
    JSON: [
        b"", b" ", b"NaN", b"-NaN", b"nan", b"Infinity", b"-Infinity", b"inf", b"1e400", b"-1e400",
        b"9" * 4301, b"-" + b"9" * 5000, b"01", b"-01", b"00", b"+1", b"1.", b".5", b"-", b"1e", b"1e+",
        b"1,5", b"1_000", b"0x10", b"0b1", b"1n", "\u0661".encode(), "\uff11".encode(), b"True", b"None",
        b"undefined", b"TRUE", b"nulL", b"'x'", b"`x`", b"x", b'"x', b'"\n"', b'"\r"', b'"\t"', b'"\x00"',
        b'"\x1f"', b'"\\x41"', b'"\\u12"', b'"\\u 123"', b'"\\u{41}"', b'"\\U00000041"', b'"\\a"',
        b'"\\\'"', b'"\\"', b'"\\', b'"a" "b"', b'"a"+"b"', b"[1,]", b"[,1]", b"[1 2]", b"[", b"]", b"[}",
        b"{,}", b'{"a"}', b'{"a":}', b'{"a":1,}', b"{a:1}", b"{'a':1}", b"{1:1}", b"{null:1}", b'{"a"=1}',
        b'{"a":1;"b":2}', b"1//x", b"1/*x*/", b"/**/1", b"#x\n1", b"[1]]", b"(1)", b"[...]",
    ],
    ENCODING: [
        b'"\\ud800"', b'"\\udc00"', b'"\\ud800\\ud800"', b'"\\ude00\\ud83d"', b'"\\ud83dx\\ude00"',
        b'"\\uDBFF"', b'{"\\ud800":1}', b'{"a":{"\\udfff":1}}', b'{"a":{"\\ud800":1,"\\ud800":2}}',
        b'"\xff"', b'"\xfe"', b'"\x80"', b'"\xc3"', b'"\xe9"', b'"\xc0\xaf"', b'"\xc0\x80"', b'"\xe0\x80\xaf"',
        b'"\xf0\x80\x80\xaf"', b'"\xed\xa0\x80"', b'"\xed\xa0\xbd\xed\xb8\x80"', b'"\xf4\x90\x80\x80"',
        b'"\xf5\x80\x80\x80"', b'"\xf8\x88\x80\x80\x80"', b'{"\xff":1}', b'"\xe2\x82"',
    ],
    TWICE: [
        b'1,"own":1', b'1,"own":2', b'1,"\\u006fwn":2', b'{"a":1,"a":1}', b'[[{"a":1,"b":2,"a":3}]]',
        b'{"a":{"\\u0062":1,"b":2}}', b'{"":1,"":1}', b'{"x":{"a":1,"a":2},"x":3}',
        b'{"__proto__":1,"__proto__":2}', b'{"\\u00e9":1,"\xc3\xa9":2}', b'{"\\/":1,"/":2}',
    ],
}  # fmt: skip
"""Values of a member that nobody knows: where they stand matters as little as their name."""

OBJECTS: dict[str, list[Change]] = {
    FINE: [
        *map(space, (b" ", b"\t", b"\n", b"\r\n", b" \n\t")),
        put(b" "), put(b"", b" \t"), put(b"", b"\r\n"), member(b'"":1'), member(b'"__proto__":{"iss":"x"}'),
        member(b'"constructor":{"prototype":1}'), member(b'"iss ":1'), member('"\u0456ss":1'.encode()),
        member('"e\u0301":1,"é":2'.encode()), nested(LIMIT), nested(LIMIT, b'{"a":', b"}"),
    ],
    JSON: [
        be(b"{"), lambda made: made[:-1], lambda made: made[:-9], lambda made: made[1:],
        put(b"", b"}"), put(b"", b"x"), put(b"", b"\0"), put(b"", b"{}"), put(b"", b","),
        put(b"", b";"), put(b"", b"//"), put(b"", b"\x0c"), put(b"", "\xa0".encode()),
        put(b"", "\u2028".encode()), member(b""),
        lambda made: made.replace(b'"', b"'"), lambda made: made.replace(b",", b";"), member(b"own:1"),
        nested(LIMIT + 1), nested(LIMIT + 1, b'{"a":', b"}"), nested(100_000), value(b"[" * 100_000),
        encode("utf-16-le"), encode("utf-32-le"),
    ],
}  # fmt: skip

PARTS: dict[str, list[Change]] = {
    JSON: [
        be(b""), be(b" "), be(b"null"), be(b"true"), be(b"1"), be(b'"x"'), be(b"[]"), be(b"[{}]"), be(b"NaN"),
        be(b"x"), put(b"[", b"]"), put(b'"', b'"'), put(b"\xef\xbb\xbf"), encode("utf-16-be"),
        put(b"\0"), put(b"\x0b"), put(b"(", b")"), put(b")]}',\n"), put(b"/**/"), put(b"x="),
        lambda made: compact_json(made.decode()), encode_base64url,
    ],
    ENCODING: [
        be(b"\xff"), encode("utf-16"), encode("utf-32"), put(b"\xfe\xff"), put(b"", b"\xff"),
    ],
}  # fmt: skip
"""What can only be done to a part of a JWS, since around a record it makes something else."""

LOOKALIKES: dict[str, list[bytes]] = {
    "header": [b'"Alg":1', b'"ALG":"none"', b'"KID":"x"', b'"\xe2\x84\xaaid":"x"', b'"typ\\u0000":1', b'"B64":1'],
    "payload": [
        b'"ISS":"x"', b'"Iss":"spiffe://example.com/agent/a"', b'"i\xc5\xbfs":"x"', b'"iss\\u0000":"x"',
        b'"PAR":["x"]', b'"Pred":["x"]', b'"Wid":"x"', b'"EXT":{}', b'"Pol_Decision":"approved"',
        b'"own":1,"Own":1', b'"OWN":1,"own":1', b'"ext":{"Pol":"x"}', b'"ext":{"own":1,"oWn":1}',
        b'"ext":{"COMPENSATION_REQUIRED":true}',
    ],
}  # fmt: skip


def cases() -> list[Any]:
    """(record, code to be told or none, place) of every row at every place where it makes sense."""
    rows = [
        *(("value", PLACES, code, list(map(value, texts))) for code, texts in VALUES.items()),
        *(("object", PLACES, code, changes) for code, changes in OBJECTS.items()),
        *(("part", SIGNED, code, changes) for code, changes in PARTS.items()),
        *(("lookalike", [place], TWICE, list(map(member, m))) for place, m in LOOKALIKES.items()),
    ]
    return [
        pytest.param(
            PLACES[place](change), code, place, id=f"{kind} {number} {place} {code or 'fine'}"
        )
        for kind, places, code, changes in rows
        for place in places
        for number, change in enumerate(changes)
    ]


@pytest.mark.parametrize(("record", "code", "place"), cases())
def test_every_part_has_one_reading_or_a_finding(record, code, place):
    if place in ("entry", "claims", "encoded"):  # a record that is no JSON is no record
        code = {JSON: "ECT001"}.get(code, code)
    if place == "encoded" and code == ENCODING:
        code = "ECT001"
    if place in ("entry", "header") and code == NOTE:  # nobody reads numbers there
        code = FINE

    codes, trust = told(record)

    assert codes == ([code] if code else [])
    unsigned = place in ("claims", "encoded")
    good = Trust.UNSIGNED if unsigned else Trust.VERIFIED
    assert (trust is good) == (not code or code == NOTE or (unsigned and code == TWICE))


def test_there_are_hundreds_of_cases_of_every_kind():
    codes = [case.values[1] for case in cases()]

    assert all(codes.count(code) >= 30 for code in (FINE, NOTE, ENCODING, JSON, TWICE))
    assert len(codes) > 1000


# What every reader makes of what reads fine


def fine_payloads() -> list[bytes]:
    good = compact_json(CLAIMS)
    return [change(good) for change in (*map(value, VALUES[FINE]), *OBJECTS[FINE])]


def readers() -> dict[str, Callable[[bytes], Any]]:
    found: dict[str, Callable[[bytes], Any]] = {"json": json.loads, "msgspec": msgspec.json.decode}
    for name in ("orjson", "simplejson", "ujson"):
        if importlib.util.find_spec(name):
            found[name] = importlib.import_module(name).loads
    return found


@pytest.mark.parametrize("name", readers())
def test_what_reads_fine_is_read_alike_by_every_reader(name):
    for text in fine_payloads():
        claims = Reader(LIMIT).read(seal(compact_json(HEADER), text, "agent-a")).claims
        assert repr(readers()[name](text)) == repr(claims)


FRAGMENTS = [
    *(bytes([c]) for c in b'{}[]:,"\\ \n0-.e'),
    *(text for texts in VALUES.values() for text in texts if len(text) < 50),
    *(b'"a":', b'"A":', b'"\\u0061":', b'"b":1,', b'{"a":1', b"},"),
]


@given(st.lists(st.sampled_from(FRAGMENTS), min_size=1, max_size=5).map(b"".join))
def test_of_any_text_another_reader_says_the_same_or_something_is_told(text):
    payload = b'{"own":' + text + b"}"
    reading = Reader(LIMIT).read(seal(compact_json(HEADER), payload, "agent-a"))
    if {problem.kind for problem in reading.problems} <= {"missing-claim"}:
        for read in readers().values():
            assert repr(read(payload)) == repr(reading.claims)


# Base64url, and the shape of a JWS


def as_text(compact: bytes) -> bytes:
    """A record that holds a token as a JSON string, so that it can hold any byte but quotes."""
    return json.dumps(compact.decode("latin-1")).encode()


def in_part(number: int, change: Change) -> bytes:
    parts = GOOD.split(b".")
    parts[number] = change(parts[number])
    return as_text(b".".join(parts))


def inside(text: bytes) -> Change:
    return lambda part: part[:7] + text + part[8:]


def set_spare_bits(part: bytes) -> bytes:
    """Set a bit that base64url leaves unused; of a part without such bits, add a character."""
    return part[:-1] + bytes([part[-1] + 1]) if len(part) % 4 else part + b"A"


SPELLINGS = {
    "padded": put(b"", b"="),
    "padded twice": put(b"", b"=="),
    "padded in front": put(b"="),
    "plus": inside(b"+"),
    "slash": inside(b"/"),
    "padding inside": inside(b"="),
    "blank inside": inside(b" "),
    "newline inside": inside(b"\n"),
    "return and newline inside": inside(b"\r\n"),
    "nul inside": inside(b"\0"),
    "percent": inside(b"%2D"),
    "tilde": inside(b"~"),
    "letter of another script": inside(b"\xe9"),
    "blank before": put(b" "),
    "blank after": put(b"", b" "),
    "newline after": put(b"", b"\n"),
    "nul after": put(b"", b"\0"),
    "bom before": put(b"\xef\xbb\xbf"),
    "spare bits": set_spare_bits,
    "quoted": put(b"'", b"'"),
    "one character alone": be(b"A"),
    "five characters": be(b"AAAAA"),
    "only padding": be(b"===="),
}


@pytest.mark.parametrize("number", range(3), ids=["header", "payload", "signature"])
@pytest.mark.parametrize("change", SPELLINGS.values(), ids=SPELLINGS)
def test_base64url_has_one_spelling(number, change):
    assert told(in_part(number, change)) == (["ECT003"], Trust.INVALID)


@pytest.mark.parametrize(("number", "code"), [(0, "ECT004"), (1, "ECT004"), (2, "ECT201")])
def test_a_part_that_is_empty_is_told(number, code):
    assert told(in_part(number, be(b""))) == ([code], Trust.INVALID)


PART = GOOD.split(b".")
SHAPES = {
    "one part": PART[1][:9],
    "two parts": b".".join(PART[:2]),
    "four parts": GOOD + b"." + PART[2],
    "five parts": GOOD + b"." + GOOD,
    "dot before": b"." + GOOD,
    "dot after": GOOD + b".",
    "detached twice": PART[0] + b".." + PART[1] + b"." + PART[2],
    "one dot": b".",
    "four dots": b"....",
    "two tokens": GOOD + b" " + GOOD,
    "two tokens and a comma": GOOD + b"," + GOOD,
    "nothing": b"",
    "a scheme before": b"Bearer a.b" + GOOD,
}


@pytest.mark.parametrize("compact", SHAPES.values(), ids=SHAPES)
def test_what_has_not_three_parts_is_no_token(compact):
    codes, trust = told(as_text(compact))

    assert codes == ["ECT001"]
    assert trust is Trust.INVALID


def test_a_token_without_its_payload_is_told():
    assert told(as_text(PART[0] + b".." + PART[2])) == (["ECT004"], Trust.INVALID)


# Headers


HEADERS: list[tuple[str, Trust, str, list[Any]]] = [
    ("alg", Trust.UNSUPPORTED, "ECT102", [
        "es256", "Es256", "ES256 ", "ES256\0", "none", "None", "nOnE", "", "HS256", "ES256K", None, 256,
        True, ["ES256"], {"alg": "ES256"},
    ]),
    ("typ", Trust.UNSUPPORTED, "ECT101", [
        "JWT", "", "EXEC+JWT", "Wimse-Exec+JWT", "application/exec+jwt", "application/wimse-exec+jwt",
        "wimse-exec+jwt;v=1", " exec+jwt", "exec+jwt\0", "exec jwt", "act+jwt", "exec+cwt", None, 1,
        ["exec+jwt"],
    ]),
    ("kid", Trust.UNKNOWN_KEY, "ECT103", ["", None, 0, 1, True, ["agent-a"], {"kid": "agent-a"}]),
    ("kid", Trust.UNKNOWN_KEY, "ECT202", [
        "Agent-A", "agent-a ", "agent-a\0", "agent\u2010a", "\uff41gent-a", "../agent-a", "' or 1=1", "*",
    ]),
    ("crit", Trust.UNSUPPORTED, "ECT104", [
        [], None, "exp", "", 0, False, {}, ["exp"], ["b64"], ["alg"], ["crit"], [1], [None], [[]], ["", ""],
        {"exp": 1},
    ]),
    ("b64", Trust.INVALID, "ECT003", [False, None, 0, "false", "true", 1, []]),
    ("zip", Trust.INVALID, "ECT003", ["DEF", "", None, "GZIP"]),
    ("cty", Trust.INVALID, "ECT003", ["JWT", "jwt", "application/jwt", "application/JWT"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        pytest.param(name, value, ([code], trust), id=f"{name} {value!r}")
        for name, trust, code, values in HEADERS
        for value in values
    ],
)
def test_a_header_that_is_nearly_right_is_not_right(name, value, expected):
    header = compact_json(HEADER | {name: value})

    assert told(seal(header, compact_json(CLAIMS), "agent-a")) == expected


@pytest.mark.parametrize("members", [{"b64": True}, {"cty": "json"}, {"zz": False}, {"exp": 1}])
def test_a_header_with_more_in_it_reads_fine(members):
    header = compact_json(HEADER | members)

    assert told(seal(header, compact_json(CLAIMS), "agent-a")) == ([], Trust.VERIFIED)


def test_names_that_only_a_font_tells_apart_are_names_of_different_keys():
    """Unicode has two spellings of é; bytes decide, and nothing is normalised."""
    composed, decomposed = "agent-\xe9", "agent-e\u0301"
    keys = [
        jwks(signer)["keys"][0] | {"kid": kid}
        for signer, kid in (("x", composed), ("y", decomposed))
    ]
    ring = KeyRing.from_jwks({"keys": keys})

    found = {
        (signer, kid): Examiner(ring, POLICY)
        .examine_token(token(CLAIMS, signer, HEADER | {"kid": kid}))
        .trust
        for signer in "xy"
        for kid in (composed, decomposed)
    }

    assert [pair for pair, trust in found.items() if trust is Trust.VERIFIED] == [
        ("x", composed),
        ("y", decomposed),
    ]


# Any bytes at all


def spoilt(data: st.DataObject, good: bytes) -> bytes:
    """A token with a piece cut out, put in, doubled or moved."""
    places = st.integers(0, len(good))
    begin, end, to = (data.draw(places) for _ in range(3))
    piece = data.draw(st.binary(max_size=4) | st.sampled_from(FRAGMENTS) | st.just(good[begin:end]))
    return good[:to] + piece + good[max(to, end) :]


@given(st.data())
def test_any_bytes_are_one_record_and_only_what_is_clean_is_verified(data):
    kinds = {"bad-encoding", "bad-json", "duplicate-member", "unreadable-record", "bad-signature"}
    record = data.draw(st.binary(max_size=40) | st.just(GOOD) | st.just(as_text(GOOD)))
    if data.draw(st.booleans()):
        record = spoilt(data, record)

    facts = Examiner(RING, POLICY, judge).examine(record, len(record))

    assert facts.token is not None or facts.hits
    if facts.trust is Trust.VERIFIED:
        assert facts.token == VERIFIED.token
        assert not kinds.intersection(problem.kind for problem in facts.problems)
    elif facts.trust is not Trust.UNSIGNED:
        assert any(is_error(code) for code, _ in facts.hits)


@given(st.lists(st.binary(max_size=30) | st.sampled_from([GOOD, as_text(GOOD)]), max_size=6))
def test_any_lines_give_an_entry_each(lines):
    texts = [line.replace(b"\n", b"").replace(b"\r", b"").strip(b" \t") for line in lines]
    wanted = [text for text in texts if text and not text.startswith(b"#")]

    ledger = load_bytes(b"\n".join([GOOD, *texts, b""]), RING, POLICY, judge=judge)

    assert [entry.record.body for entry in ledger] == [GOOD, *wanted]


VERIFIED = Examiner(RING, POLICY, judge).examine(GOOD, len(GOOD))


def test_no_byte_of_a_token_can_be_changed():
    """Neither of header, payload nor signature: not one other spelling verifies."""
    examiner = Examiner(RING, POLICY)
    assert VERIFIED.trust is Trust.VERIFIED
    changed = 0
    for position, byte in enumerate(GOOD):
        others = {byte ^ 1, byte ^ 2, byte ^ 32, byte + 1, byte - 1, *b"A_-+/=. \n\r\0\xff{"} - {
            byte
        }
        for other in others:
            record = GOOD[:position] + bytes([other]) + GOOD[position + 1 :]
            assert examiner.examine(record, len(record)).trust is not Trust.VERIFIED
            changed += 1
    assert changed > 15 * len(GOOD)


def test_no_byte_can_be_taken_from_a_token_or_doubled():
    examiner = Examiner(RING, POLICY)
    for position in range(len(GOOD)):
        for piece in (b"", GOOD[position : position + 1] * 2):
            record = GOOD[:position] + piece + GOOD[position + 1 :]
            assert examiner.examine(record, len(record)).trust is not Trust.VERIFIED
