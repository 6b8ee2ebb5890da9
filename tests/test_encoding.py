"""Base64url and JSON have one reading or none."""

from __future__ import annotations

import base64
import hashlib
import json
import math
from collections.abc import Callable
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ectgraph.encoding import (
    EncodingError,
    compact_json,
    decode_base64url,
    deeper_than,
    encode_base64url,
    hash_bytes,
    hash_defect,
    hash_of,
    inexact_integer,
    lookalikes,
    read_json,
)

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def oracle_base64url(data: bytes) -> bytes | None:
    """Decode as laxly as the standard library does; keep what encodes to the same text."""
    try:
        decoded = base64.urlsafe_b64decode(data + b"=" * (-len(data) % 4))
    except ValueError:
        return None
    return decoded if base64.urlsafe_b64encode(decoded).rstrip(b"=") == data else None


def attempt(function: Callable[..., Any], *args: Any) -> tuple[Any, EncodingError | None]:
    """(what a function gives, None), or (None, how it refuses)."""
    try:
        return function(*args), None
    except EncodingError as error:
        return None, error


def strict_base64url(data: bytes) -> bytes | None:
    decoded, refusal = attempt(decode_base64url, data)
    assert refusal is None or (refusal.kind == "bad-encoding" and refusal.detail)
    return decoded


@given(st.binary(max_size=24) | st.text(ALPHABET + "=+/ \n.", max_size=24).map(str.encode))
def test_base64url_is_accepted_exactly_when_it_encodes_back(data):
    assert strict_base64url(data) == oracle_base64url(data)


@pytest.mark.parametrize("beginning", [b"", b"A", b"Zz", b"_-9"])
def test_base64url_endings_are_all_judged_like_the_oracle(beginning):
    for last in product(range(256), repeat=2):
        data = beginning + bytes(last)
        assert strict_base64url(data) == oracle_base64url(data)


@given(st.binary(max_size=200))
def test_base64url_round_trip(data):
    text = encode_base64url(data)
    assert text == base64.urlsafe_b64encode(data).rstrip(b"=")
    assert decode_base64url(text) == data


@pytest.mark.parametrize(
    ("data", "detail"),
    [
        (b"aGk=", "it is padded with '='"),
        (b"aG+k", "byte 2 is '+', which is not in the base64url alphabet"),
        (b"aG/k", "byte 2 is '/', which is not in the base64url alphabet"),
        (b"aG\nk", "byte 2 is '\\n', which is not in the base64url alphabet"),
        (b"aG\xe9k", "byte 2 is '\\xe9', which is not in the base64url alphabet"),
        (b"aGkxa", "5 characters are one too many or too few"),
        (b"aGl", "its unused trailing bits are not zero"),
        (b"aH", "its unused trailing bits are not zero"),
    ],
)
def test_base64url_defects_are_named(data, detail):
    with pytest.raises(EncodingError) as caught:
        decode_base64url(data)
    assert caught.value.kind == "bad-encoding"
    assert caught.value.detail == detail


def depth_of(value: Any) -> int:
    if not isinstance(value, (dict, list)):
        return 0
    inner = value.values() if isinstance(value, dict) else value
    return 1 + max(map(depth_of, inner), default=0)


def is_strict_json(data: bytes, max_depth: int) -> bool:
    """Whether the standard library, with every freedom taken from it, reads the same bytes."""

    def refuse(name: str) -> None:
        raise ValueError(name)

    try:
        value = json.loads(data.decode(), parse_constant=refuse)
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except ValueError:
        return False
    return depth_of(value) <= max_depth


def same_json(one: Any, other: Any) -> bool:
    """Equal, with 1, 1.0 and true told apart."""
    return json.dumps(one) == json.dumps(other)


FRAGMENTS = [
    *(bytes([c]) for c in b'{}[]:,"\\ \n0-.e'),
    b'"a":',
    b'"b":1',
    b'"\\u0061":2',
    b"[1,2]",
    b"{}",
    b"true",
    b"null",
    b"-0",
    b"1.50",
    b"1e400",
    b"1e5",
    b"123456789012345678901234567890",
    b"NaN",
    b"-Infinity",
    b'"\\ud800"',
    b'"\\ud83d\\ude00"',
    b'"\xc3\xa9"',
    b'"\xed\xa0\x80"',
    b'"\xff"',
    b"\xef\xbb\xbf",
    b"\x00",
]


@given(st.binary(max_size=30) | st.lists(st.sampled_from(FRAGMENTS), max_size=9).map(b"".join))
def test_any_bytes_are_json_to_us_exactly_when_the_strictest_reader_takes_them(data):
    result, refusal = attempt(read_json, data, 3)
    assert (refusal is None) == is_strict_json(data, 3)
    if refusal is None:
        assert same_json(result[0], json.loads(data))
    else:
        assert refusal.kind in ("bad-encoding", "bad-json")


@given(st.data(), st.booleans(), st.sampled_from([(",", ":"), (", ", ": ")]))
def test_json_values_are_read_as_the_standard_library_reads_them(
    json_values, data, ensure_ascii, separators
):
    value = data.draw(json_values)
    text = json.dumps(value, ensure_ascii=ensure_ascii, separators=separators).encode()
    read, duplicates = read_json(text, 64)
    assert same_json(read, value)
    assert duplicates == ()


NAMES = st.sampled_from(["a", "b", "jti", "é", "\u2028", '"', ""])


@st.composite
def objects_with_duplicates(draw: st.DrawFn, levels: int = 3) -> tuple[str, set[str]]:
    """(text of a JSON object, names that occur twice in it or in an object inside it)."""
    names = draw(st.lists(NAMES, max_size=4))
    twice = {name for name in names if names.count(name) > 1}
    members = []
    for name in names:
        written = draw(
            st.sampled_from(
                [
                    json.dumps(name),
                    json.dumps(name, ensure_ascii=False),
                    '"' + "".join(f"\\u{ord(char):04X}" for char in name) + '"',
                ]
            )
        )
        value = draw(st.sampled_from(["1", "[]", '"a"', "{}"]))
        if levels and draw(st.booleans()):
            value, inner = draw(objects_with_duplicates(levels - 1))
            twice |= inner
            value = draw(st.sampled_from([value, f"[0, {value}]"]))
        members.append(f"{written}:{value}")
    return "{" + ",".join(members) + "}", twice


@given(objects_with_duplicates())
def test_every_duplicate_is_found_however_deep_and_however_written(made):
    text, twice = made
    value, duplicates = read_json(text.encode(), 64)
    assert set(duplicates) == twice
    assert len(duplicates) == len(twice)
    assert value == json.loads(text)


def test_a_member_hidden_by_its_own_duplicate_is_searched_too():
    assert read_json(b'{"a":{"b":1,"b":2},"a":3}', 64) == ({"a": 3}, ("b", "a"))


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (b"", "bad-json"),
        (b" \n", "bad-json"),
        (b"{", "bad-json"),
        (b"{}x", "bad-json"),
        (b"{'a':1}", "bad-json"),
        (b"[1,]", "bad-json"),
        (b"01", "bad-json"),
        (b'"\n"', "bad-json"),
        (b"\xef\xbb\xbf{}", "bad-json"),
        (b"NaN", "bad-json"),
        (b'{"x":NaN}', "bad-json"),
        (b"[Infinity]", "bad-json"),
        (b"[-Infinity]", "bad-json"),
        (b"1e400", "bad-json"),
        (b'{"x":[-1e400]}', "bad-json"),
        (b"9" * 5000, "bad-json"),
        (b'"\\ud800"', "bad-encoding"),
        (b'{"\\udc00":1}', "bad-encoding"),
        (b'"\\ude00\\ud83d"', "bad-encoding"),
        (b'"\xff"', "bad-encoding"),
        (b'{"x":"\xc3"}', "bad-encoding"),
        (b'"\xed\xa0\x80"', "bad-encoding"),
        (b'"\xc0\xaf"', "bad-encoding"),
        (b"\xff\xfe{\x00}\x00", "bad-encoding"),
    ],
)
def test_json_that_is_none_is_refused(text, kind):
    with pytest.raises(EncodingError) as caught:
        read_json(text, 64)
    assert caught.value.kind == kind


def test_a_lone_surrogate_in_the_name_of_a_duplicate_is_refused():
    # The object that holds it is gone from the value, but its name would go into a report.
    with pytest.raises(EncodingError) as caught:
        read_json(b'{"a":{"\\ud800":1,"\\ud800":2},"a":3}', 64)
    assert caught.value.kind == "bad-encoding"


def test_numbers_at_the_edge_keep_their_value():
    text = b"[1e308,-0.0,18446744073709551616,9007199254740993,5e-324]"
    numbers, _ = read_json(text, 64)
    assert numbers == [1e308, 0.0, 2**64, 2**53 + 1, 5e-324]
    assert [type(number) for number in numbers] == [float, float, int, int, float]
    assert math.copysign(1, numbers[1]) == -1


def nested(depth: int, opening: list[str], closing: list[str]) -> str:
    kinds = [index % len(opening) for index in range(depth)]
    return "".join(opening[k] for k in kinds) + "1" + "".join(closing[k] for k in kinds[::-1])


@pytest.mark.parametrize("padding", ["", " "], ids=["fast", "slow"])
@pytest.mark.parametrize(
    "brackets",
    [(["["], ["]"]), (['{"a":'], ["}"]), (['{"a":', '["x",'], ["}", ",0]"])],
    ids=["arrays", "objects", "both"],
)
@pytest.mark.parametrize("limit", [1, 2, 3, 16, 64])
def test_the_nesting_bound_is_exact(limit, brackets, padding):
    deepest = padding + nested(limit, *brackets)
    assert depth_of(json.loads(deepest)) == limit
    assert same_json(read_json(deepest.encode(), limit)[0], json.loads(deepest))
    with pytest.raises(EncodingError) as caught:
        read_json(f"[{deepest}]".encode(), limit)
    assert caught.value.kind == "bad-json"
    assert f"{limit} levels" in caught.value.detail


def test_brackets_in_strings_are_no_nesting():
    text = json.dumps(["[{" * 100])
    assert read_json(text.encode(), 1)[0] == ["[{" * 100]


def test_wide_values_are_not_deep():
    assert len(read_json(json.dumps([[], {}] * 500).encode(), 2)[0]) == 1000


@pytest.mark.parametrize(
    "text", [b"[" * 200_000, b"[" * 200_000 + b"]" * 200_000, b'{"a":' * 99999]
)
def test_a_hundred_thousand_brackets_break_nothing(text):
    with pytest.raises(EncodingError) as caught:
        read_json(text, 64)
    assert caught.value.kind == "bad-json"


# What is written


@given(st.data())
def test_compact_json_is_what_the_standard_library_writes_without_spaces(json_values, data):
    value = data.draw(json_values)
    written = compact_json(value)

    assert same_json(json.loads(written), value)
    assert len(written) <= len(json.dumps(value, ensure_ascii=False).encode())
    assert read_json(written, 64) == (value, ())


def test_compact_json_has_no_space_and_keeps_every_character():
    value = {"a": [1, True, None, "é\u2028 \U0001f600"], "b": {}}

    assert compact_json(value) == '{"a":[1,true,null,"é\u2028 \U0001f600"],"b":{}}'.encode()


def levels_of(value: Any) -> int:
    """How deep a value is, itself and its innermost value counted."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + max(map(levels_of, inner), default=0)


@given(st.data(), st.integers(0, 6))
def test_depth_is_counted_with_and_without_the_innermost_value(json_values, data, limit):
    value = data.draw(json_values)

    assert deeper_than(value, limit) == (depth_of(value) > limit)
    assert deeper_than(value, limit, leaves=True) == (levels_of(value) > limit)


@pytest.mark.parametrize("leaves", [False, True])
def test_the_depth_of_a_value_nested_a_hundred_thousand_times_is_counted(leaves):
    value: list[Any] = []
    for _ in range(99_999):
        value = [value]

    assert deeper_than(value, 99_999, leaves=leaves)
    assert not deeper_than(value, 100_000, leaves=leaves)


# What some readers read otherwise


def integers_in(value: Any) -> list[int]:
    if isinstance(value, dict):
        return [found for inner in value.values() for found in integers_in(inner)]
    if isinstance(value, list):
        return [found for inner in value for found in integers_in(inner)]
    return [value] if type(value) is int else []


@given(st.data())
def test_an_integer_that_some_readers_round_is_found_wherever_it_is(json_values, data):
    value = data.draw(json_values)
    large = [number for number in integers_in(value) if abs(number) > 2**53 - 1]

    found = inexact_integer(value)

    assert (found is None) == (large == [])
    assert found is None or found in large


@pytest.mark.parametrize("number", [2**53 - 1, 1 - 2**53, 0, True, 1e300, 2.0**53, "9" * 20, None])
def test_what_every_reader_reads_alike_is_not_rounded(number):
    assert inexact_integer({"a": [number]}) is None


def test_a_hundred_thousand_levels_are_searched_for_integers():
    value: Any = 2**53
    for _ in range(100_000):
        value = [value]

    assert inexact_integer(value) == 2**53


KNOWN = frozenset({"iss", "wid", "kid"})
SPELLINGS = [
    "iss",
    "ISS",
    "iSs",
    "i\u017fs",
    "iss\0",
    "Iss\0x",
    "wid",
    "\u212aid",
    "own",
    "OWN",
    "",
]


@given(st.lists(st.sampled_from(SPELLINGS) | st.text(max_size=3), unique=True))
def test_a_name_looks_like_another_when_case_is_all_that_differs(names):
    found = lookalikes(dict.fromkeys(names), KNOWN)

    def plain(name: str) -> str:
        return name.partition("\0")[0].casefold()

    assert all(plain(name) == plain(other) and name != other for name, other in found)
    odd = [name for name, _ in found]
    assert not KNOWN.intersection(odd)
    kept = [name for name in names if name not in odd]
    # Whoever ignores case finds no two alike, and no known one misspelt, among those not told.
    assert len({plain(name) for name in kept}) == len(kept)
    assert all(plain(name) not in KNOWN or name in KNOWN for name in kept)


def test_lookalikes_are_told_in_the_order_found():
    members = {"b": 1, "B": 2, "A": 3, "a": 4, "ISS": 5, "B\0": 6}

    assert lookalikes(members, KNOWN) == [("B", "b"), ("a", "A"), ("ISS", "iss"), ("B\0", "b")]


# Hashes


@given(
    st.sampled_from(["", "sha-256:", "sha-384:", "sha-512:"]),
    st.sampled_from([0, 1, 31, 32, 33, 48, 64]).flatmap(
        lambda size: st.binary(min_size=size, max_size=size)
    ),
)
def test_a_hash_is_base64url_of_the_length_of_its_kind(prefix, digest):
    size = {"": 32, "sha-256:": 32, "sha-384:": 48, "sha-512:": 64}[prefix]
    defect = hash_defect(prefix + encode_base64url(digest).decode())

    assert (defect is None) == (len(digest) == size)
    assert defect is None or defect == f"has {len(digest)} bytes; a hash of this kind has {size}"


GOOD_HASH = encode_base64url(bytes(range(32))).decode()


@pytest.mark.parametrize(
    ("text", "defect"),
    [
        (GOOD_HASH, None),
        (f"sha-256:{GOOD_HASH}", None),
        (f"{GOOD_HASH}=", "is no hash: it is padded with '='"),
        (f"{GOOD_HASH[:-1]}9", "is no hash: its unused trailing bits are not zero"),
        (f"é{GOOD_HASH[1:]}", "is no hash: byte 0 is"),
        (f"SHA-256:{GOOD_HASH}", "names 'SHA-256', which is none of sha-256, sha-384, sha-512"),
        (f"sha256:{GOOD_HASH}", "names 'sha256', which is none of"),
        (f":{GOOD_HASH}", "names '', which is none of"),
        (f"sha-256:sha-256:{GOOD_HASH}", "names 'sha-256:sha-256', which is none of"),
        ("sha-256:", "has 0 bytes; a hash of this kind has 32"),
        (f"sha-512:{GOOD_HASH}", "has 32 bytes; a hash of this kind has 64"),
        (hashlib.sha256(b"abc").hexdigest(), "has 48 bytes; a hash of this kind has 32"),
        (" " + GOOD_HASH, "is no hash: byte 0 is ' ', which is not in the base64url alphabet"),
        ("", "has 0 bytes; a hash of this kind has 32"),
    ],
)
def test_a_text_that_is_no_hash_has_its_defect_named(text, defect):
    found = hash_defect(text)

    assert found == defect or (defect is not None and found.startswith(defect))


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=90))
def test_any_text_is_a_hash_or_has_a_defect(text):
    defect = hash_defect(text)

    assert defect != ""
    if defect is None:
        assert len(decode_base64url(text.rpartition(":")[2].encode())) in (32, 48, 64)


@given(st.binary(max_size=99))
def test_the_hash_of_bytes_is_a_hash_and_theirs(data):
    text = hash_of(data)

    assert hash_defect(text) is None
    assert decode_base64url(text.encode()) == hashlib.sha256(data).digest()


# Hashes as tokens state them


@pytest.mark.parametrize("name", ["sha-256", "sha-384", "sha-512"])
@given(content=st.binary())
def test_a_stated_hash_is_read_back(name: str, content: bytes):
    made = hashlib.new(name.replace("-", ""), content).digest()
    text = base64.urlsafe_b64encode(made).rstrip(b"=").decode()

    assert hash_bytes(f"{name}:{text}") == made


def test_the_two_ways_to_write_sha_256_are_one():
    assert hash_bytes(hash_of(b"x")) == hash_bytes(f"sha-256:{hash_of(b'x')}")


@pytest.mark.parametrize("text", ["", "x", ":", "sha-256:", "md5:rL0Y20zC-Fzt72VPzMSk2A", "é" * 43])
def test_what_is_no_hash_states_none(text: str):
    assert hash_bytes(text) is None
