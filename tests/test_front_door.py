"""`import ectgraph`: a few names, and nothing heavy behind them until they are used."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys

import pytest

import ectgraph

HEAVY = [
    "pandas",
    "numpy",
    "networkx",
    "graphviz",
    "typer",
    "click",
    "rich",
    "cryptography",
    "jwt",
    "msgspec",
    "loky",
    "asyncio",
]


def imported_by(statement: str) -> set[str]:
    """The heavy packages that a statement brings in, in a fresh interpreter."""
    script = f"import sys; {statement}; print(*({set(HEAVY)!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    return set(done.stdout.decode().split())


def test_importing_the_package_imports_nothing_heavy():
    assert imported_by("import ectgraph") == set()


def test_asking_what_there_is_imports_nothing_heavy():
    assert imported_by("import ectgraph; dir(ectgraph); ectgraph.__version__") == set()


def test_the_errors_are_at_hand_without_anything_heavy():
    assert imported_by("from ectgraph import EctgraphError, VerificationError") == set()


def test_loading_needs_neither_pandas_nor_graphviz_nor_a_command_line():
    heavy = imported_by("from ectgraph import load, Case, KeyRing, Policy")

    assert heavy.isdisjoint({"pandas", "numpy", "graphviz", "typer", "click", "rich"})


@pytest.mark.parametrize("name", ectgraph.__all__)
def test_every_name_leads_somewhere(name: str):
    value = getattr(ectgraph, name)

    assert value is not None
    assert getattr(ectgraph, name) is value
    assert name in dir(ectgraph)


def test_names_are_the_things_themselves():
    for name in set(ectgraph.__all__) - {"__version__"}:
        thing = getattr(ectgraph, name)
        if isinstance(thing, str):  # a constant has no name of its own
            assert name.isupper()
        else:
            assert thing.__name__ == name
            assert getattr(importlib.import_module(thing.__module__), name) is thing


def test_a_star_import_brings_every_name():
    names: dict[str, object] = {}
    exec("from ectgraph import *", names)  # noqa: S102

    assert set(ectgraph.__all__) <= set(names)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'laod'"):
        ectgraph.laod  # noqa: B018
    with pytest.raises(ImportError):
        exec("from ectgraph import laod")  # noqa: S102


@pytest.mark.parametrize("module", ["linter", "frames", "testing", "render.dot", "reports.text"])
def test_a_module_can_be_imported_before_any_other(module: str):
    assert "msgspec" in imported_by(f"import ectgraph.{module}")


def test_the_version_is_a_version():
    assert re.fullmatch(r"\d+\.\d+\.\d+(\.?\w+)?", ectgraph.__version__)
