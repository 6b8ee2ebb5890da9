"""What a question is: a function from evidence to an `Answer`, and how others may ask it.

Adding a question is writing that function and `@question` above it. `case.ask`, the command
`analyze`, its help and the page of questions follow from its name, its parameters and its
docstring. The function only words and tabulates; what it finds out is in `analysis`.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, TypeAlias, TypeVar

from ectgraph.questions.answer import Answer

Task: TypeAlias = Annotated[str, "a jti, or the beginning of one"]
"""A parameter that means a task; `analysis.lineage.find` says which."""
Time: TypeAlias = Annotated[float, "a moment, in seconds since 1970"]
"""A parameter that means a moment; whoever asks may write it otherwise, see `ectgraph.moment`."""

_Asked = TypeVar("_Asked", bound=Callable[..., Answer])


@dataclass(frozen=True)
class Question:
    """One question of an investigator."""

    name: str
    """As it is typed: `common-ancestors`."""
    ask: Callable[..., Answer]
    """Takes the evidence first."""
    parameters: Mapping[str, inspect.Parameter]
    """What it takes besides, with resolved annotations: positional ones are words of a command,
    keyword-only ones are options of it."""

    @property
    def title(self) -> str:
        """What it asks, in a line."""
        return (inspect.getdoc(self.ask) or "").partition("\n")[0]

    @property
    def family(self) -> str:
        """What the questions of its file are about, in a line."""
        return (sys.modules[self.ask.__module__].__doc__ or "").strip().partition("\n")[0]


QUESTIONS: dict[str, Question] = {}
"""All questions by name: file by file, in each as they stand there."""


def question(ask: _Asked) -> _Asked:
    """Make a function a question, under its own name with hyphens."""
    _, *parameters = inspect.signature(ask, eval_str=True).parameters.values()
    name = ask.__name__.rstrip("_").replace("_", "-")
    QUESTIONS[name] = Question(name, ask, {each.name: each for each in parameters})
    return ask
