"""Frame -> the bytes of a file, in the form that its name asks for."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias, get_args

import pandas as pd

from ectgraph.columns import Column
from ectgraph.errors import EctgraphError
from ectgraph.frames import excel, parquet
from ectgraph.frames.csv import to_csv
from ectgraph.frames.html import to_html
from ectgraph.frames.json import to_json
from ectgraph.frames.markdown import to_markdown

Form: TypeAlias = Literal["csv", "parquet", "excel", "json", "markdown", "html"]
SUFFIXES: dict[str, Form] = {
    ".csv": "csv",
    ".parquet": "parquet",
    ".xlsx": "excel",
    ".json": "json",
    ".md": "markdown",
    ".markdown": "markdown",
    ".html": "html",
    ".htm": "html",
}


class Written(NamedTuple):
    """A frame as bytes, and what they do not show."""

    data: bytes
    notes: tuple[str, ...] = ()
    """Sentences about what was cut."""


def form(path: Path) -> Form:
    """The form that the name of a file asks for.

    Raises:
        EctgraphError: it asks for none that there is.

    >>> form(Path("tasks.xlsx"))
    'excel'

    """
    found = SUFFIXES.get(path.suffix.lower())
    if found is None:
        message = f"{path}: {path.suffix or 'no suffix'} is no form of a table; there are "
        raise EctgraphError(message + ", ".join(SUFFIXES))
    return found


def need(form: Form) -> None:
    """Make sure, before the long work, that a form can be written.

    Raises:
        EctgraphError: what it takes is not installed.

    """
    if form == "parquet":
        parquet.need()
    elif form == "excel":
        excel.need()


def write(frame: pd.DataFrame, form: Form, title: str, columns: tuple[Column, ...] = ()) -> Written:
    r"""Write a frame in a form.

    Args:
        frame: what to write.
        form: how.
        title: what it is, for the forms that say so.
        columns: what its columns mean, for the forms that say so.

    Raises:
        EctgraphError: a library is not installed, or the frame is too large for the form.

    >>> write(frame=pd.DataFrame({"n": [1]}), form="csv", title="numbers").data
    b'n\n1\n'

    """
    if form == "parquet":
        file = io.BytesIO()
        parquet.to_parquet(frame, file)
        return Written(file.getvalue())
    if form == "excel":
        return Written(*excel.to_excel(frame, title, columns))
    if form == "html":
        return Written(to_html(frame, title, columns).encode())
    if form not in get_args(Form):
        message = f"{form!r} is no form of a table; there are {', '.join(get_args(Form))}"
        raise EctgraphError(message)
    return Written({"csv": to_csv, "json": to_json, "markdown": to_markdown}[form](frame).encode())
