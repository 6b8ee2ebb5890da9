"""Frame -> Parquet -> the same frame, with its types, its categories and any text whatever.

pyarrow does it; it is an extra, and only imported here. Text in Parquet is UTF-8, and the name of a
file may be no text: a column in which there is such a name is written as bytes, and so that is seen
by whoever reads the file with something else.
"""

from __future__ import annotations

import json
from os import PathLike
from typing import IO, Any, cast

import pandas as pd

from ectgraph.errors import EctgraphError
from ectgraph.extras import extra
from ectgraph.frames.arrays import TEXT

_OURS = b"ectgraph"
"""The name under which a file holds what Parquet has no place for."""


def need() -> Any:
    """The library.

    Raises:
        EctgraphError: it is not installed.

    """
    extra("pyarrow.parquet", "parquet", "Parquet needs pyarrow")
    return extra("pyarrow", "parquet", "Parquet needs pyarrow")


def to_parquet(frame: pd.DataFrame, target: str | PathLike[str] | IO[bytes]) -> None:
    """Write a frame, its index included, so that `read_parquet` makes the same of it.

    Args:
        frame: a table of `frames`, or what was made of one.
        target: a file, or its name.

    Raises:
        EctgraphError: pyarrow is not installed, a column holds what Parquet does not, or the file
            cannot be written.

    >>> import io
    >>> file = io.BytesIO()
    >>> to_parquet(pd.DataFrame({"n": pd.array([1, None], "Int64")}), file)
    >>> read_parquet(file).n.tolist()
    [1, <NA>]

    """
    pa = need()
    if not frame.columns.is_unique:
        message = "a frame in which two columns have one name cannot be written as Parquet"
        raise EctgraphError(message)
    names = [name for name in frame.columns if isinstance(name, str) and _is_text(frame[name])]
    odd = [name for name in names if not _is_unicode(frame[name])]
    ours = {
        "types": {name: str(_texts(frame[name]).dtype) for name in names},
        "bytes": odd,
        # A dictionary that no row refers to is not written.
        "categories": {
            name: frame[name].cat.categories.tolist()
            for name in names
            if isinstance(frame[name].dtype, pd.CategoricalDtype) and frame[name].isna().all()
        },
    }
    try:
        safe = frame.assign(
            **{
                name: _with(frame[name], [_encode(text) for text in _texts(frame[name])], "object")
                for name in odd
            }
        )
        table = pa.Table.from_pandas(safe)
        kept = {**table.schema.metadata, _OURS: json.dumps(ours).encode()}
        table = table.replace_schema_metadata(kept)
        pa.parquet.write_table(table, target, dictionary_pagesize_limit=1 << 30)
    except OSError as error:
        message = f"{target}: cannot be written ({error.strerror or _line(error)})"
        raise EctgraphError(message) from error
    except (pa.ArrowException, TypeError, ValueError) as error:
        message = f"this frame cannot be written as Parquet: {_line(error)}"
        raise EctgraphError(message) from error


def read_parquet(source: str | PathLike[str] | IO[bytes]) -> pd.DataFrame:
    """Read a frame that `to_parquet` wrote.

    Args:
        source: a file, or its name.

    Raises:
        EctgraphError: pyarrow is not installed, or the file cannot be read, or holds no frame.

    """
    pa = need()
    try:
        table = pa.parquet.ParquetFile(source).read()
        frame = table.to_pandas(types_mapper={pa.string(): TEXT}.get)
        ours = json.loads((table.schema.metadata or {}).get(_OURS, b"{}"))
        for name, stated in ours.get("types", {}).items():
            texts = ours["categories"].get(name) or _texts(frame[name])
            if name in ours["bytes"]:
                texts = map(_decode, texts)
            kept = TEXT if stated == str(TEXT) else stated
            frame[name] = _with(frame[name], list(texts), kept)
    except OSError as error:
        message = f"{source}: cannot be read ({error.strerror or _line(error)})"
        raise EctgraphError(message) from error
    except (pa.ArrowException, TypeError, ValueError, LookupError, AttributeError) as error:
        message = f"{source}: holds no frame: {_line(error)}"
        raise EctgraphError(message) from error
    return cast("pd.DataFrame", frame)


def _texts(column: pd.Series[Any]) -> pd.Series[Any] | pd.Index[Any]:
    """What there is of text in a column: its values, or its categories."""
    return column.cat.categories if isinstance(column.dtype, pd.CategoricalDtype) else column


def _is_text(column: pd.Series[Any]) -> bool:
    texts = _texts(column)
    if isinstance(texts.dtype, pd.StringDtype):
        return True
    return texts.dtype == object and pd.api.types.infer_dtype(texts) in ("string", "empty")


def _is_unicode(column: pd.Series[Any]) -> bool:
    try:
        for text in _texts(column).dropna():
            text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _encode(text: Any) -> Any:
    return text.encode("utf-8", "surrogatepass") if isinstance(text, str) else None


def _decode(data: Any) -> Any:
    return data.decode("utf-8", "surrogatepass") if isinstance(data, bytes) else data


def _with(column: pd.Series[Any], texts: list[Any], dtype: Any) -> pd.Series[Any]:
    """A column with other texts: its values, or its categories."""
    if not isinstance(column.dtype, pd.CategoricalDtype):
        changed: pd.Series[Any] = pd.Series(texts, column.index, dtype=dtype)
        return changed
    names = pd.Index(pd.array(texts, dtype=dtype) if texts else [], dtype=dtype)
    made = pd.CategoricalDtype(names, ordered=column.cat.ordered)
    codes = column.cat.codes.to_numpy()
    return pd.Series(pd.Categorical.from_codes(codes, dtype=made), index=column.index)


def _line(error: Exception) -> str:
    return " ".join(str(error).split())
