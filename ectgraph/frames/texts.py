"""The texts of a frame, made safe all at once for the place that they go to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd


def mapped(frame: pd.DataFrame, escape: Callable[[str], str]) -> pd.DataFrame:
    """The same frame with every text escaped; its columns are numbered.

    Names of columns are left to the caller. What repeats itself is escaped once, and is text then:
    two claims may look the same when they are escaped, and categories may not.
    """
    columns = {number: _safe(frame.iloc[:, number], escape) for number in range(frame.shape[1])}
    return pd.DataFrame(columns, index=frame.index, copy=False)


def _safe(column: pd.Series[Any], escape: Callable[[str], str]) -> pd.Series[Any]:
    def safe(value: Any) -> Any:
        return escape(value) if isinstance(value, str) else value

    if isinstance(column.dtype, pd.CategoricalDtype):
        names = [safe(name) for name in column.cat.categories]
        texts = np.array([*names, None], dtype=object)  # an absent value has the code -1
        return pd.Series(texts[column.cat.codes], index=column.index, dtype=object)
    if column.dtype == object or isinstance(column.dtype, pd.StringDtype):
        return column.astype(object).map(safe)
    return column
