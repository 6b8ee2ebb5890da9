"""Compressed sources: `.gz .bz2 .xz .zst` -> the bytes inside, as far as they can be had.

What is broken is told of the source, and whatever came before it is read as if the source ended
there. The libraries' decompressors are driven directly: their file classes pass over bytes that
follow the compressed data, and drop what they had decompressed when they meet damage.
"""

from __future__ import annotations

import bz2
import io
import lzma
import sys
import zlib
from collections.abc import Callable
from typing import BinaryIO, Literal, Protocol

from ectgraph.formats.source import Source

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

Compression = Literal["gz", "bz2", "xz", "zst"]

FREE = 64 << 20
"""Bytes that any source may grow to, however small it is."""

_CHUNK = 16 << 10
_PIECE = 4 << 10  # what is decompressed at a time, so the most that damage takes along with it
_BUFFER = 1 << 20
_EMPTY = 10_000  # in a row; each costs a decompressor
_MEMORY = 256 << 20  # xz -9 takes 65 MiB; zstd by itself refuses windows above 128 MiB
_DAMAGE = (zlib.error, lzma.LZMAError, zstd.ZstdError, OSError)  # bz2 raises OSError

_BEGINNINGS: dict[Compression, tuple[bytes, ...]] = {
    "gz": (b"\x1f\x8b\x08",),
    "bz2": tuple(  # ten bytes, for three letters might begin a text
        b"BZh%d" % size + block for size in range(1, 10) for block in (b"1AY&SY", b"\x17rE8P\x90")
    ),
    "xz": (b"\xfd7zXZ\0",),
    "zst": (b"\x28\xb5\x2f\xfd", *(b"%c\x2a\x4d\x18" % first for first in range(0x50, 0x60))),
}
_LONGEST = 10
_PADDED = ("gz", "xz")  # formats in which zero bytes may follow


class _Decompressor(Protocol):
    """What the decompressors of bz2, lzma and zstd have in common."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int) -> bytes: ...


class _Inflater:
    """The decompressor of zlib, for gzip, with what the others have in common."""

    def __init__(self) -> None:
        self._zlib = zlib.decompressobj(wbits=31)
        self._full = False

    @property
    def eof(self) -> bool:
        return self._zlib.eof

    @property
    def needs_input(self) -> bool:
        return not (self._full or self._zlib.unconsumed_tail)

    @property
    def unused_data(self) -> bytes:
        return self._zlib.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        content = self._zlib.decompress(self._zlib.unconsumed_tail + data, max_length)
        self._full = len(content) == max_length
        return content


_DECOMPRESSORS: dict[Compression, Callable[[], _Decompressor]] = {
    "gz": _Inflater,
    "bz2": bz2.BZ2Decompressor,
    "xz": lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_MEMORY),
    "zst": zstd.ZstdDecompressor,
}


def compression(head: bytes) -> Compression | None:
    r"""Tell by its first bytes how a source is compressed, if it is.

    >>> compression(b"\x1f\x8b\x08\x00"), compression(b"eyJhbGciOi")
    ('gz', None)
    """
    for kind, beginnings in _BEGINNINGS.items():
        if head.startswith(beginnings):
            return kind
    return None


def decompress(
    file: BinaryIO, kind: Compression, source: Source, max_ratio: int
) -> io.BufferedReader:
    """Read what is compressed; one layer of it, and in bounded memory.

    Damage never raises. The content ends where the damage begins, or up to 4 KiB or one compressed
    block before; the source is told, and the file is read to its end all the same. Of compressed
    files that were joined the contents are joined.

    Args:
        file: the compressed bytes.
        kind: how they are compressed.
        source: told what is wrong.
        max_ratio: how many times its compressed size the content may be, beyond the first 64 MiB.

    >>> import gzip
    >>> packed = io.BytesIO(gzip.compress(b"a.b.c") + gzip.compress(b"d.e.f")[:-1])
    >>> source = Source(name="-")
    >>> decompress(packed, "gz", source, max_ratio=200).read()
    b'a.b.cd.e.f'
    >>> source.problems[0].kind, source.problems[0].detail
    ('torn-tail', 'its gz data breaks off after 10 bytes of content')

    """
    return io.BufferedReader(_Content(file, kind, source, max_ratio), _BUFFER)


class _Content(io.RawIOBase):
    """What is in a compressed file."""

    def __init__(self, file: BinaryIO, kind: Compression, source: Source, max_ratio: int) -> None:
        self._file = file
        self._kind = kind
        self._source = source
        self._max_ratio = max_ratio
        self._decompressor = _DECOMPRESSORS[kind]()
        self._ahead = b""  # read from the file, but not yet decompressed
        self._taken = 0
        self._given = 0
        self._given_before = 0  # when the last piece of compressed data ended
        self._empty = 0  # such pieces in a row that held nothing
        self._ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        filled = 0
        while filled < len(buffer) and not self._ended:
            data = self._next(min(_PIECE, len(buffer) - filled))
            buffer[filled : filled + len(data)] = data
            filled += len(data)
        return filled

    def _next(self, most: int) -> bytes:
        """Some more of the content; empty also where there is more to come."""
        packed = b""
        if self._decompressor.eof:
            self._follow_on()
            return b""
        if self._decompressor.needs_input:
            packed = self._take()
            if not packed:
                self._end("torn-tail", f"its {self._kind} data breaks off after {self._so_far}")
                return b""
        try:
            data = self._decompressor.decompress(packed, most)
        except _DAMAGE as error:
            self._give_up(error)
            return b""
        self._given += len(data)
        if self._given > FREE and self._given > self._max_ratio * self._taken:
            ratio = f"more than {self._max_ratio} times its {self._kind} data"
            self._end("limit-reached", f"it is not read on after {self._so_far}: {ratio}")
        return data

    def _follow_on(self) -> None:
        """Go on with what follows the end of the compressed data: padding, more of it, or junk."""
        rest = self._decompressor.unused_data + self._ahead
        self._empty = self._empty + 1 if self._given == self._given_before else 0
        self._given_before = self._given
        self._ahead = b""
        while True:
            rest = rest.lstrip(b"\0") if self._kind in _PADDED else rest
            more = self._take() if len(rest) < _LONGEST else b""
            if not more:
                break
            rest += more
        self._ahead = rest
        beginnings = _BEGINNINGS[self._kind]
        if self._empty > _EMPTY and rest:
            empty = f"more than {_EMPTY} pieces of {self._kind} data in a row hold nothing"
            self._end("limit-reached", f"it is not read on after {self._so_far}: {empty}")
        elif rest.startswith(beginnings) or (rest and any(b.startswith(rest) for b in beginnings)):
            self._decompressor = _DECOMPRESSORS[self._kind]()
        elif rest:
            unread = self._end()
            detail = f"the last {unread} bytes follow the end of its {self._kind} data, unread"
            self._source.tell("unreadable-record", detail)
        else:
            self._end()

    def _give_up(self, error: Exception) -> None:
        if "memory" in str(error).lower():
            need = f"its {self._kind} data takes too much memory to be decompressed"
            self._end("limit-reached", f"it is not read on after {self._so_far}: {need}")
            return
        damage = f"its {self._kind} data is damaged after {self._so_far} ({error})"
        self._end("unreadable-record", f"{damage}; what comes before may be damaged as well")

    def _take(self) -> bytes:
        """Some more of the file."""
        data = self._ahead or self._file.read(_CHUNK)
        self._taken += 0 if self._ahead else len(data)
        self._ahead = b""
        return data

    def _end(self, kind: str | None = None, detail: str = "") -> int:
        """Let the content end here; give how many bytes of the file are left, and read them."""
        self._ended = True
        if kind is not None:
            self._source.tell(kind, detail)
        unread = len(self._ahead)
        while data := self._file.read(_BUFFER):
            unread += len(data)
        return unread

    @property
    def _so_far(self) -> str:
        return f"{self._given} bytes of content"
