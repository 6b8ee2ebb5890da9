"""Which questions there are, and asking them by name; `case.ask` has each as a method."""

from __future__ import annotations

import difflib
import inspect
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from inspect import Parameter
from numbers import Integral, Real
from typing import Annotated, Any, get_args, get_origin

from ectgraph import escape, labels, moment
from ectgraph.errors import EctgraphError
from ectgraph.questions import doubts
from ectgraph.questions.answer import Answer
from ectgraph.questions.question import QUESTIONS, Question, Time
from ectgraph.rule import Evidence


def meant(name: str) -> Question:
    """The question of a name, written with hyphens or underscores.

    Raises:
        EctgraphError: there is none; the message names the nearest.

    >>> meant("common_ancestors").name
    'common-ancestors'

    """
    wanted = name.replace("_", "-")
    if wanted in QUESTIONS:
        return QUESTIONS[wanted]
    near = difflib.get_close_matches(wanted[:80], QUESTIONS, 1)
    hint = f"did you mean {near[0]}?" if near else "`ectgraph analyze questions` lists them"
    message = f"there is no question {escape.terminal(repr(name), 80)}; {hint}"
    raise EctgraphError(message)


def usage(asked: Question) -> str:
    """What a question takes, as it is typed: words, then options.

    >>> usage(meant("ancestors"))
    'ancestors TASK'
    """
    return " ".join([asked.name, *_words(asked.parameters), *_options(asked.parameters)])


def _words(parameters: Mapping[str, Parameter]) -> Iterator[str]:
    for name, each in parameters.items():
        word = name.rstrip("s").upper() if each.kind is Parameter.VAR_POSITIONAL else name.upper()
        if each.kind is Parameter.VAR_POSITIONAL:
            yield f"[{word}]..."
        elif each.kind is not Parameter.KEYWORD_ONLY:
            yield word if each.default is Parameter.empty else f"[{word}]"


def _options(parameters: Mapping[str, Parameter]) -> Iterator[str]:
    for name, each in parameters.items():
        if each.kind is Parameter.KEYWORD_ONLY:
            yield f"[--{name} …]" if each.default is not Parameter.empty else f"--{name} …"


def check(asked: Question, words: tuple[Any, ...], options: Mapping[str, Any]) -> None:
    """Make sure that a question takes what it is given.

    Raises:
        EctgraphError: it takes more words, or fewer, or another option, or others than these.

    """
    takes = asked.parameters
    try:
        given = inspect.Signature(list(takes.values())).bind(*words, **options).arguments
    except TypeError:
        raise EctgraphError(_misfit(asked, words, options)) from None
    for name, value in given.items():
        several = takes[name].kind is Parameter.VAR_POSITIONAL
        for each in value if several else (value,):
            _check_value(takes[name], each)


def _misfit(asked: Question, words: tuple[Any, ...], options: Mapping[str, Any]) -> str:
    for name in options:
        if name not in asked.parameters:
            return f"{asked.name} takes no --{name}: write `{usage(asked)}`"
    return f"write `{usage(asked)}`; {labels.count(len(words), 'word')} came after its name"


_VALUES: Mapping[type, tuple[type, str]] = {
    str: (str, "text"),
    int: (Integral, "a whole number"),
    float: (Real, "a number"),
}
"""What a parameter of a type takes, numbers of numpy as well; and how that is called."""


def _check_value(parameter: Parameter, value: Any) -> None:
    if value is None and parameter.default is None:
        return
    kind = next(each for each in _choices(parameter.annotation) if each is not type(None))
    if get_origin(kind) is Annotated:
        of, called = get_args(kind)
        takes, _ = _VALUES[of]
    else:
        takes, called = _VALUES[kind]
    good = isinstance(value, takes) and not isinstance(value, bool)
    if good and not (isinstance(value, Real) and not math.isfinite(value)):
        return
    shown = escape.terminal(repr(value), 80)
    message = f"{parameter.name} takes {called}, and not {shown} ({type(value).__name__})"
    raise EctgraphError(message)


def _is_time(parameter: Parameter) -> bool:
    return Time in _choices(parameter.annotation)


def _choices(annotation: Any) -> tuple[Any, ...]:
    """What a parameter may be: the parts of a union, else the one type."""
    whole = get_origin(annotation) in (None, Annotated)
    return (annotation,) if whole else get_args(annotation)


def listed() -> Iterator[str]:
    """A heading for each family, then a line for each of its questions."""
    width = max(len(_shape(each)) for each in QUESTIONS.values())
    family = None
    for each in QUESTIONS.values():
        if each.family != family:
            yield from ("",) * (family is not None)
            yield each.family
        family = each.family
        yield f"  {_shape(each):<{width}}  {each.title}"


def _shape(asked: Question) -> str:
    return " ".join([asked.name, *_words(asked.parameters)])


def told(asked: Question) -> str:
    """What is typed for a question, and what its answer means; not what is of Python alone."""
    words = (inspect.getdoc(asked.ask) or "").partition("\n>>> ")[0].partition("\n\nRaises:")[0]
    return f"{usage(asked)}\n\n{words.rstrip()}"


class Ask:
    """Asks questions of one case: `case.ask.descendants("550e")`; shows which there are."""

    def __init__(self, evidence: Evidence) -> None:
        """Take what is asked about."""
        self._evidence = evidence

    def __call__(self, name: str, *words: Any, **options: Any) -> Answer:
        """Ask a question by its name.

        Raises:
            EctgraphError: there is no such question, it takes other words, or what they name is
                not there.

        """
        asked = meant(name)
        for each, value in options.items():
            if value is not None and each in asked.parameters and _is_time(asked.parameters[each]):
                options[each] = moment.seconds(value)
        check(asked, words, options)
        answer = asked.ask(self._evidence, *words, **options)
        unseen = doubts.of_records(self._evidence)
        return replace(answer, not_established=(*answer.not_established, *unseen))

    def __getattr__(self, name: str) -> Callable[..., Answer]:
        """A question as a function of what it takes."""
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            asked = meant(name)
        except EctgraphError as error:
            raise AttributeError(str(error)) from error

        def ask(*words: Any, **options: Any) -> Answer:
            return self(name, *words, **options)

        ask.__name__, ask.__doc__ = asked.ask.__name__, asked.ask.__doc__
        ask.__signature__ = inspect.Signature(  # type: ignore[attr-defined]  # for help and tab
            list(asked.parameters.values()), return_annotation=Answer
        )
        return ask

    def __dir__(self) -> list[str]:
        """The names of the questions."""
        return sorted(name.replace("-", "_") for name in QUESTIONS)

    def __repr__(self) -> str:
        """The questions, a line each."""
        return "\n".join(listed())
