"""Compressed sources: all that can be decompressed is read, and whatever cannot be is told."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import lzma
import sys
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ectgraph.formats import compressed
from ectgraph.formats.compressed import FREE, compression, decompress
from ectgraph.formats.source import Source

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

PACK = {
    "gz": lambda data: gzip.compress(data, mtime=0),
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": lambda data: zstd.compress(
        data, options={zstd.CompressionParameter.checksum_flag: True}
    ),
}
KINDS = sorted(PACK)
RATIO = 200
TOKENS = b"".join(b"eyJ%d.eyJ.c2ln\n" % number for number in range(40))


def unpack(data: bytes, kind: Any, ratio: int = RATIO) -> tuple[bytes, list[str]]:
    """(content, kinds of problems told); the file has been read to its end."""
    file, source = io.BytesIO(data), Source(name="file")
    content = decompress(file, kind, source, ratio).read()
    assert file.read() == b""
    return content, [problem.kind for problem in source.problems]


def detail(data: bytes, kind: Any, ratio: int = RATIO) -> str:
    source = Source(name="file")
    decompress(io.BytesIO(data), kind, source, ratio).read()
    (problem,) = source.problems
    assert problem.where == "source"
    return problem.detail


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("data", [b"", b"x", TOKENS, TOKENS * 1000], ids=len)
def test_what_was_compressed_is_read_and_nothing_is_told(kind, data):
    packed = PACK[kind](data)
    assert compression(packed) == kind
    assert unpack(packed, kind) == (data, [])


@pytest.mark.parametrize("kind", KINDS)
def test_files_that_were_joined_are_read_one_after_the_other(kind):
    packed = PACK[kind](b"one\n") + PACK[kind](b"") + PACK[kind](TOKENS)
    assert unpack(packed, kind) == (b"one\n" + TOKENS, [])


EMPTY = {**{kind: pack(b"") for kind, pack in PACK.items()}, "zst": b"\x50\x2a\x4d\x18\0\0\0\0"}


@pytest.mark.parametrize("kind", KINDS)
def test_only_so_many_files_in_a_row_may_hold_nothing(kind, monkeypatch):
    monkeypatch.setattr(compressed, "_EMPTY", 50)
    full, empty = PACK[kind](b"x"), EMPTY[kind]
    assert unpack((full + empty * 50) * 3, kind) == (b"xxx", [])
    assert unpack(empty * 51, kind) == (b"", [])
    assert unpack(full + empty * 51 + full, kind) == (b"x", ["limit-reached"])
    assert "after 1 bytes of content: more than 50 pieces" in detail(full + empty * 60, kind)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("chunk", [1, 7, 64])
def test_a_file_may_come_in_any_pieces(kind, chunk):
    class Slow(io.BytesIO):
        def read(self, size=-1):
            return super().read(min(size, chunk) if size >= 0 else chunk)

    packed = PACK[kind](b"one") + PACK[kind](TOKENS)
    source = Source(name="-")
    assert decompress(Slow(packed), kind, source, RATIO).read() == b"one" + TOKENS
    assert source.problems == []


@pytest.mark.parametrize("kind", KINDS)
def test_the_head_can_be_looked_at_before_anything_is_read(kind):
    stream = decompress(io.BytesIO(PACK[kind](TOKENS * 100)), kind, Source(name="-"), RATIO)
    assert stream.peek(1 << 20).startswith(TOKENS * 100)
    assert stream.readline() == TOKENS[: TOKENS.index(b"\n") + 1]


@pytest.mark.parametrize("kind", KINDS)
def test_cut_at_any_byte_it_gives_what_was_before_and_is_told(kind):
    packed = PACK[kind](TOKENS)
    longest = 0
    for length in range(len(packed)):
        content, told = unpack(packed[:length], kind)
        assert TOKENS.startswith(content)
        assert len(content) >= longest  # more of the file is never less of the content
        assert told == ["torn-tail"]
        longest = len(content)
    assert longest == len(TOKENS)  # where only the checksum is missing


@pytest.mark.parametrize("kind", KINDS)
def test_cut_in_its_second_part_it_gives_the_first(kind):
    first, second = PACK[kind](b"first\n"), PACK[kind](TOKENS)
    for length in range(1, len(second)):
        content, told = unpack(first + second[:length], kind)
        assert content.startswith(b"first\n")
        assert (b"first\n" + TOKENS).startswith(content)
        assert told == ["torn-tail"]


def test_a_cut_is_told_with_how_much_there_was():
    packed = gzip.compress(TOKENS)[:-3]
    assert detail(packed, "gz") == f"its gz data breaks off after {len(TOKENS)} bytes of content"


@pytest.mark.parametrize("kind", KINDS)
def test_any_single_bit_that_flips_is_told_or_changes_nothing(kind):
    packed = PACK[kind](TOKENS)
    for position in range(len(packed)):
        for bit in range(8):
            damaged = bytearray(packed)
            damaged[position] ^= 1 << bit
            content, told = unpack(bytes(damaged), kind)
            assert told or content == TOKENS
            assert len(told) <= 1


@pytest.mark.parametrize(
    ("kind", "block"), [("gz", 4 << 10), ("bz2", 100_000), ("xz", 4 << 10), ("zst", 128 << 10)]
)
def test_what_comes_before_damage_is_read_but_for_the_block_that_it_is_in(kind, block):
    text = b"".join(b"%s\n" % hashlib.sha256(b"%d" % i).digest()[:8] for i in range(120_000))
    packed = bytearray(bz2.compress(text, 1) if kind == "bz2" else PACK[kind](text))
    middle = len(packed) // 2
    whole, _ = unpack(bytes(packed[:middle]), kind)
    assert len(whole) > len(text) // 3 > block
    packed[middle : middle + 100] = b"\xff" * 100
    content, told = unpack(bytes(packed), kind)
    assert told == ["unreadable-record"]
    good = len(whole) - block
    assert content[:good] == whole[:good]


@pytest.mark.parametrize("kind", KINDS)
def test_a_wrong_checksum_says_that_nothing_can_be_relied_on(kind):
    if kind == "gz":
        packed = bytearray(PACK[kind](TOKENS))
        packed[-5] ^= 1  # the CRC, before the length
    elif kind == "zst":
        packed = bytearray(PACK[kind](TOKENS))
        packed[-1] ^= 1
    elif kind == "bz2":
        packed = bytearray(PACK[kind](TOKENS))
        packed[10] ^= 1  # the CRC of the first block
    else:
        packed = bytearray(lzma.compress(TOKENS, check=lzma.CHECK_CRC32))
        index = packed.rindex(b"YZ") - 12  # of the footer; before it the index
        packed[index - 8] ^= 1
    content, told = unpack(bytes(packed), kind)
    assert told == ["unreadable-record"]
    assert TOKENS.startswith(content)
    assert "may be damaged as well" in detail(bytes(packed), kind)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("junk", [b"x", b"\n", b"junk", b"eyJ.eyJ.c2ln\n" * 10_000], ids=len)
def test_bytes_after_the_compressed_data_are_told_and_not_read(kind, junk):
    packed = PACK[kind](TOKENS) + junk
    assert unpack(packed, kind) == (TOKENS, ["unreadable-record"])
    assert f"the last {len(junk)} bytes follow" in detail(packed, kind)


@pytest.mark.parametrize("kind", ["gz", "xz"])
@pytest.mark.parametrize("zeros", [4, 512, 100_000])
def test_zeros_that_pad_are_no_junk(kind, zeros):
    padded = PACK[kind](b"one") + bytes(zeros)
    assert unpack(padded, kind) == (b"one", [])
    assert unpack(padded + PACK[kind](b"two"), kind) == (b"onetwo", [])


@pytest.mark.parametrize("kind", ["bz2", "zst"])
def test_zeros_are_junk_where_nothing_says_that_they_pad(kind):
    assert unpack(PACK[kind](b"one") + bytes(8), kind) == (b"one", ["unreadable-record"])


def test_zstd_frames_that_hold_no_content_are_passed_over():
    skippable = b"\x5a\x2a\x4d\x18\x04\x00\x00\x00abcd"
    packed = skippable + PACK["zst"](b"one") + skippable + PACK["zst"](b"two") + skippable
    assert compression(packed) == "zst"
    assert unpack(packed, "zst") == (b"onetwo", [])


@pytest.mark.parametrize("kind", KINDS)
def test_only_one_layer_is_undone(kind):
    twice = PACK[kind](PACK[kind](TOKENS))
    content, told = unpack(twice, kind)
    assert told == []
    assert compression(content) == kind


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"eyJhbGciOi",
        b"BZh",
        b"BZh9eyJhbGciOiJFUzI1NiJ9",
        b"\x1f",
        b"\x1f\x8b\x07",
        b"{",
        b"PAR1",
        b"\xef\xbb\xbfeyJ",
        b"7zXZ",
        b"PK\x03\x04",
    ],
)
def test_what_is_not_compressed_is_not_taken_for_it(head):
    assert compression(head) is None


@pytest.mark.parametrize("kind", KINDS)
def test_a_bomb_is_not_read_on(monkeypatch, kind):
    assert FREE == 64 << 20
    monkeypatch.setattr(compressed, "FREE", 1 << 20)
    bomb = PACK[kind](bytes(8 << 20))
    source, size = Source(name="file"), 0
    stream = decompress(io.BytesIO(bomb), kind, source, max_ratio=50)
    while piece := stream.read(1 << 18):
        assert not any(piece)
        size += len(piece)
    assert [problem.kind for problem in source.problems] == ["limit-reached"]
    assert 1 << 20 < size <= 50 * len(bomb) + (1 << 20) + (8 << 10)


def test_what_shrinks_well_but_stays_small_is_no_bomb():
    data = bytes(4 << 20)
    assert unpack(PACK["gz"](data), "gz", ratio=1) == (data, [])


def test_what_is_large_but_shrinks_as_usual_is_no_bomb(monkeypatch):
    monkeypatch.setattr(compressed, "FREE", 1 << 16)
    assert unpack(PACK["gz"](TOKENS * 1000), "gz", ratio=1000)[1] == []
    assert unpack(PACK["gz"](TOKENS * 1000), "gz", ratio=2)[1] == ["limit-reached"]


def test_xz_that_takes_too_much_memory_is_not_read():
    packed = bytearray(lzma.compress(b"x", preset=0))
    header = packed[12:24]  # of the block, and its checksum
    header[4] = 36  # a dictionary of 1 GiB
    header[8:] = zlib.crc32(header[:8]).to_bytes(4, "little")
    packed[12:24] = header
    assert unpack(bytes(packed), "xz") == (b"", ["limit-reached"])
    assert "too much memory" in detail(bytes(packed), "xz")


def test_zstd_that_takes_too_much_memory_is_not_read():
    frame = b"\x28\xb5\x2f\xfd" + b"\x00" + b"\xa8" + b"\x01\x00\x00"  # a window of 2 GiB
    assert unpack(frame, "zst") == (b"", ["limit-reached"])


@pytest.mark.parametrize("kind", KINDS)
@given(st.data())
def test_any_bytes_can_be_read(kind, data):
    packed = PACK[kind](data.draw(st.binary(max_size=60)))
    head = packed[: data.draw(st.integers(0, len(packed)))]
    content, told = unpack(head + data.draw(st.binary(max_size=60)), kind)
    assert len(told) <= 1
    assert isinstance(content, bytes)


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_at_all_is_torn(kind):
    assert unpack(b"", kind) == (b"", ["torn-tail"])


def test_an_error_of_the_file_itself_is_not_taken_for_damage():
    class Broken(io.BytesIO):
        def read(self, _size=-1):
            raise OSError(5, "Input/output error")

    with pytest.raises(OSError, match="Input/output"):
        decompress(Broken(), "bz2", Source(name="-"), RATIO).read()


def test_every_kind_is_known_in_all_places():
    assert sorted(compressed._BEGINNINGS) == sorted(compressed._DECOMPRESSORS) == KINDS
