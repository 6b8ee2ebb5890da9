"""An investigator's questions, in words: evidence -> `Answer`, one file for each kind.

What they find out is in `analysis`; here it gets its table, its sentences and its doubts. Importing
this package makes all of them known.
"""

from __future__ import annotations

import pkgutil
from importlib import import_module

for _module in pkgutil.iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")
