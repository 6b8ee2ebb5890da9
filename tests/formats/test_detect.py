"""The format is found by looking at the bytes."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ectgraph.formats import HEAD, READERS, detect
from ectgraph.testing import ledger_file, sketch

TOKENS = sketch("a@0; b@5<a; c@9<b").records
ENTRIES = [{"seq": n, "recorded_at": "x", "ect": t.decode()} for n, t in enumerate(TOKENS, 1)]
LINE = json.dumps(ENTRIES[0]).encode()
BOM = b"\xef\xbb\xbf"


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        # bare tokens, and everything that is no JSON
        (b"", "jws"),
        (b"\n\n", "jws"),
        (BOM, "jws"),
        (b"# only a comment", "jws"),
        (b"\n".join(TOKENS), "jws"),
        (b"# head\n\n  # more\n" + TOKENS[0], "jws"),
        (BOM + TOKENS[0], "jws"),
        (b"\x00\x01\x02", "jws"),
        (b"\xff\xfe{\x00}\x00", "jws"),
        (b"\x1f\x8b\x08\x00", "jws"),
        (b"hello ledger", "jws"),
        (b"eyJ.torn", "jws"),
        # one JSON value a line
        (LINE, "jsonl"),
        (LINE + b"\n" + LINE, "jsonl"),
        (BOM + LINE + b"\r\n" + LINE, "jsonl"),
        (b'"' + TOKENS[0] + b'"\n"' + TOKENS[1] + b'"', "jsonl"),
        (b'"torn', "jsonl"),
        (b"# head\n" + LINE, "jsonl"),
        (b"# head\n[1]", "jsonl"),
        (b'# head\n{"entries": [', "jsonl"),
        (b'{"jti":"x","iss":"y","par":[]}', "jsonl"),
        (b'{"jti":"x","iss":"y","par":[]}\n{"jti":"z"}', "jsonl"),
        (b'{"ect":"a.b.c","entries":[1]}', "jsonl"),
        (b'{"entries":{}}', "jsonl"),
        (b"{}", "jsonl"),
        (b"{", "jsonl"),
        (b"{junk\n" + LINE, "jsonl"),
        (b'{"seq":1,"seq":2}\n' + LINE, "jsonl"),
        # documents
        (b"[", "json"),
        (b"[]", "json"),
        (b" \n\t[1]", "json"),
        (BOM + b"[1]", "json"),
        (json.dumps(ENTRIES).encode(), "json"),
        (json.dumps(ENTRIES, indent=1).encode(), "json"),
        (b'{"entries":[]}', "json"),
        (b'{"format":"x","ledger":["a.b.c"]}\n', "json"),
        (b'{"tokens":["a"],"tokens":["b"]}', "json"),
        *((json.dumps({m: ENTRIES}).encode(), "json") for m in ("entries", "ects", "tokens")),
        *((json.dumps({"ledger": ENTRIES}, indent=i).encode(), "json") for i in (0, 2, "\t")),
        (json.dumps(ENTRIES[0], indent=2).encode(), "json"),
        (b'{\r\n  "entries": [', "json"),
        (b'{"meta": {\n "x": 1}, "entries": []}', "json"),
        (b'{"meta": 1,\n "entries": []}', "json"),
        (b'{"meta":\n 1, "entries": []}', "json"),
        # captures
        (b'{"log":{"version":"1.2","entries":[]}}', "har"),
        (b'{"log":{}}', "har"),
        (b'{\n  "log": {\n    "version": "1.2",', "har"),
        (BOM + b' \r\n{\t"log"\n:\n{', "har"),
        (b'{"log": {"entries": [' + b" " * HEAD, "har"),
        (b'{"log": {"entries": [}', "har"),
        # and what only begins like one
        (b'{"log":{"level":"info"},"ect":"a.b.c"}\n{"log":{}}', "jsonl"),
        (b'{"log":[],"entries":[]}', "json"),
        (b'{"log":"x","ect":"a.b.c"}', "jsonl"),
        (b'{"Log":{"entries":[]}}', "jsonl"),
        (b'# head\n{"log":{"entries":[]}}', "jsonl"),
        (b'["log",{"entries":[]}]', "json"),
        # databases
        (b"SQLite format 3\0" + bytes(84), "sqlite"),
        (b"SQLite format 3", "jws"),
        (b"\nSQLite format 3\0", "jws"),
        (b"PAR1\x15\x04", "parquet"),
        (BOM + b"PAR1", "jws"),
        (b"PARQUET", "jws"),
    ],
)
def test_formats(head, expected):
    assert detect(head) == expected


@pytest.mark.parametrize("cut", [6, 14, 40, 100, len(LINE) - 1])
def test_a_torn_first_line_does_not_make_lines_a_document(cut):
    assert LINE[:cut].rstrip()[-1:] not in b"{[,:"
    assert detect(LINE[:cut] + b"\n" + LINE + b"\n") == "jsonl"
    assert detect(LINE[cut:] + b"\n" + LINE + b"\n") == "jws"


@pytest.mark.parametrize("cut", [b'{"seq": 1,', b"{"])
def test_a_first_line_torn_where_a_printer_breaks_lines_does_not_either(cut):
    # In a document the name of a member would follow, never the beginning of an object.
    assert detect(cut + b"\n" + LINE + b"\n" + LINE + b"\n") == "jsonl"


MANY = ENTRIES * (HEAD // len(LINE) + 1)


@pytest.mark.parametrize(
    "document",
    [MANY, {"entries": MANY}, {"format": "x", "ledger": MANY}, {"n": {"a": [1, 2]}, "ects": MANY}],
)
@pytest.mark.parametrize("separators", [(",", ":"), (", ", ": ")])
def test_a_document_in_one_line_longer_than_the_head(document, separators):
    text = json.dumps(document, separators=separators).encode()
    assert len(text) > HEAD
    assert detect(text[:HEAD]) == "json"


def test_a_document_in_one_line_with_much_said_before_its_entries():
    text = json.dumps({"exported_by": "x" * 300, "entries": MANY}).encode()
    assert detect(text[:HEAD]) == "json"


@pytest.mark.parametrize("length", [HEAD - 1, HEAD, HEAD + 1, 2 * HEAD])
def test_one_line_longer_than_the_head_is_still_a_line(length):
    line = json.dumps({"seq": 1, "ect": "x" * length}).encode()
    assert detect((line + b"\n" + LINE)[:HEAD]) == "jsonl"
    assert detect((b"x" * length)[:HEAD]) == "jws"


def test_what_ectgraph_writes_is_found_to_be_lines():
    assert detect(ledger_file(TOKENS, [0, 5, 9])) == "jsonl"


@pytest.mark.parametrize("comment", [b"#\n", b"#\r\n\n", b" #x\n"])
def test_a_head_of_nothing_but_comments_is_no_work(comment):
    head = (comment * HEAD)[:HEAD]
    assert detect(head) == "jws"  # some hundredths of a second; ten seconds if it were quadratic


@given(st.binary(max_size=80) | st.text('[]{}",: \n#entris\ufeff', max_size=40).map(str.encode))
def test_any_bytes_have_a_format(data):
    assert detect(data) in READERS
