"""The notebooks run, their stored outputs are what they print now, and they keep to their rules.

What is compared: printed text, our own answers and cards (as text and as HTML), and frames as text.
What is not: pictures, whose bytes depend on the Graphviz that is there; the HTML of frames, which is
pandas' own; and frames at all under another pandas than the one that the outputs were stored with.
"""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parents[1]
FILES = sorted((ROOT / "notebooks").glob("*.ipynb"))
PANDAS = "3"
"""The major version of pandas that wrote the stored frames; others lay them out otherwise."""
ELSEWHERE = re.compile(r"(?<![\w.…])/(?:home|root|tmp|var|usr|opt|work|Users)/|[A-Z]:\\\\")
"""A path of some machine, as JSON writes it."""

each_notebook = pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)


def code_of(file: Path) -> list[str]:
    return [cell.source for cell in nbformat.read(file, 4).cells if cell.cell_type == "code"]


def for_any_ledger(file: Path) -> bool:
    """Whether its first code cell says which ledger it is about, in two plain assignments."""
    return code_of(file)[0].startswith("LEDGER = ")


ANY_LEDGER = [file for file in FILES if for_any_ledger(file)]


def test_there_are_notebooks_and_some_fit_any_ledger():
    assert [file.name[:2] for file in FILES] == [f"{n:02}" for n in range(1, len(FILES) + 1)]
    assert ANY_LEDGER


def said(cell: nbformat.NotebookNode) -> list[dict[str, str]]:
    """What a cell has put out, without what may differ from machine to machine."""
    streams: dict[str, str] = {}
    shown = []
    for output in cell.outputs:
        if output.output_type == "stream":  # in as many pieces as the kernel pleases
            streams[output.name] = streams.get(output.name, "") + output.text
        else:
            shown.append(comparable(output))
    return [streams, *shown]


def comparable(output: nbformat.NotebookNode) -> dict[str, str]:
    data = output.data
    if "application/vnd.jupyter.widget-view+json" in data:
        return {}
    kept = {kind: data[kind] for kind in ("text/plain", "text/html") if kind in data}
    if 'class="dataframe"' in kept.get("text/html", ""):
        del kept["text/html"]
        if pd.__version__.split(".")[0] != PANDAS:
            del kept["text/plain"]
    return kept


@each_notebook
def test_its_outputs_are_what_it_puts_out_now(file):
    stored = nbformat.read(file, 4)
    run = nbformat.read(file, 4)
    for cell in run.cells:
        if cell.cell_type == "code":
            cell.outputs = []

    NotebookClient(
        run, timeout=120, resources={"metadata": {"path": str(file.parent)}}, record_timing=False
    ).execute()

    for before, now in zip(stored.cells, run.cells, strict=True):
        if before.cell_type == "code":
            assert said(now) == said(before), (
                f"{before.id} of {file.name} is stale: `make notebooks`"
            )


def aimed(source: str, ledger: Path, keys: Path) -> str:
    """The first code cell, with other names in its two assignments."""
    tree = ast.parse(source)
    for statement, name, path in zip(tree.body, ("LEDGER", "KEYS"), (ledger, keys), strict=False):
        match statement:
            case ast.Assign(targets=[ast.Name(id=found)], value=ast.Constant(value=str())):
                assert found == name
                statement.value = ast.Constant(str(path))
            case _:
                pytest.fail(f"no plain assignment to {name}")
    return ast.unparse(tree)


def run_cell(source: str, names: dict[str, object]) -> None:
    """Run a cell here, and show the value of its last line in every way that Jupyter may ask for."""
    tree = ast.parse(source)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "<cell>", "exec"), names)  # noqa: S102
    if last is not None:
        value = eval(compile(ast.Expression(last.value), "<cell>", "eval"), names)  # noqa: S307
        for way in ("__repr__", "_repr_html_", "_repr_mimebundle_"):
            if value is not None and hasattr(value, way):
                getattr(value, way)()


@pytest.mark.parametrize("file", ANY_LEDGER, ids=lambda file: file.stem)
def test_it_runs_on_a_ledger_that_it_was_not_written_for(file, shared, shared_ledger, monkeypatch):
    ledger = shared / "ledgers" / f"{shared_ledger}.jsonl"
    first, *others = code_of(file)
    names: dict[str, object] = {"__name__": "__main__", "display": lambda *_, **__: None}
    monkeypatch.chdir(file.parent)

    run_cell(aimed(first, ledger, ledger.with_suffix(".keys.json")), names)
    for source in others:
        run_cell(source, names)

    counted = json.loads(ledger.with_suffix(".expected.json").read_bytes())
    assert names["case"].report.summary.tasks == counted["tasks"]


@each_notebook
def test_nothing_in_it_depends_on_the_machine_or_the_hour(file):
    text = file.read_text()
    notebook = nbformat.read(file, 4)

    assert not ELSEWHERE.search(text)
    assert not re.search(r"\bat 0x[0-9a-f]{6,}", text)
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    assert notebook.metadata.kernelspec.name == "python3"
    assert set(notebook.metadata.language_info) == {"name"}
    assert not any(cell.metadata for cell in notebook.cells)


@each_notebook
def test_every_cell_was_run_once_and_in_order(file):
    cells = [cell for cell in nbformat.read(file, 4).cells if cell.cell_type == "code"]

    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    for cell in cells:
        silent = isinstance(ast.parse(cell.source).body[-1], (ast.Assign, ast.Import))
        assert cell.outputs or silent, cell.id
        assert all(output.output_type != "error" for output in cell.outputs)
        assert all(output.get("name") != "stderr" for output in cell.outputs)


@each_notebook
def test_it_uses_public_names_and_short_functions(file):
    for source in code_of(file):
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Attribute):
                assert not node.attr.startswith("_"), node.attr
            if isinstance(node, ast.ImportFrom):
                assert not any(name.name.startswith("_") for name in node.names)
            if isinstance(node, (ast.FunctionDef, ast.Lambda)):
                assert node.end_lineno - node.lineno < 30


@each_notebook
def test_it_begins_with_a_title_and_ends_in_words(file):
    cells = nbformat.read(file, 4).cells

    assert cells[0].cell_type == cells[-1].cell_type == "markdown"
    assert cells[0].source.startswith("# ")
    assert len(cells[0].source.split("\n\n")) > 1
