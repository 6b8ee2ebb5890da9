"""Reports to be written: of a small ledger with a bit of everything, and of hostile ones."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

from ectgraph import linter, loader
from ectgraph.encoding import compact_json
from ectgraph.keys import KeyRing
from ectgraph.model import Basis, Report
from ectgraph.policy import Policy
from ectgraph.reports import forms
from ectgraph.rule import Evidence, Rule
from ectgraph.rules import RULES, judge
from ectgraph.testing import EPOCH, jwks, sketch, token
from ectgraph.version import __version__

HOSTILE = [
    "plain",
    'say "yes"',
    "ends in a backslash\\",
    "a\\|b|c",
    "<b>bold</b><script>alert(1)</script>",
    '" onload="alert(1)',
    "]]>&lt;&amp;&#x41;&nbsp;&",
    "<!-- --> -->",
    "two\nlines\r\nor three",
    "a nul \0 in it \x1b[31mred\x1b]0;title\x07\x9b31m \x85 \x7f",
    "\u202egpj.exe\u202c \u2028\u2029\ufeff\u200b\ufffe\U000e0041",
    "=1+1",
    "@SUM(A1:A9)",
    "-2+3\t=1",
    "a,b;c\td::e%0A%25",
    "\n::error file=x,line=1::gotcha",
    "[click](https://evil.example) ![x](https://evil.example/x.png) [a]: https://evil.example",
    "`code` ``two`` *em* _em_ ~~no~~ # head\n# head\n- item\n1. item\n---",
    "@octocat #1 !2 $3 :smile: www.evil.example https://evil.example a@evil.example",
    "::error file=x::gotcha ::stop-commands::x ##[add-mask]e ##vso[task.setvariable variable=x]y",
    r"\[click\](https://evil.example) \\",
    "{0} {{1}} %s [bold red]markup[/]",
    "| a | b |\n|---|---|",
    "  two  spaces  ",
    "日本語 e\u0301 \U0001f600",
    "x" * 3000,
]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give every hostile text to the tests that ask for one."""
    if "hostile_text" in metafunc.fixturenames:
        metafunc.parametrize("hostile_text", HOSTILE, ids=[ascii(text[:24]) for text in HOSTILE])


@pytest.fixture(scope="session")
def judged() -> Callable[..., Report]:
    """Judge a sketched ledger."""

    def judge_it(text: str, source: str = "sketch", **choices: Any) -> Report:
        drawn = sketch(text)
        ledger = loader.load_bytes(drawn.data, drawn.ring, judge=judge, source=source)
        evidence = Evidence(ledger, drawn.ring, drawn.policy)
        return linter.lint(evidence, **{"rules": drawn.rules} | choices)

    return judge_it


@pytest.fixture(scope="session")
def few() -> dict[str, Rule]:
    """Some rules, with made-up docs; a snapshot shall stay when a rule is added, or told better."""
    said = {"doc": "What it is. Why it matters.", "advice": "Look at it.", "cites": "draft-00 §5"}
    codes = ("ECT001", "ECT201", "ECT209", "ECT303", "ECT308")
    return {code: dataclasses.replace(RULES[code], **said) for code in codes}


@pytest.fixture(scope="session")
def everything(judged: Callable[..., Report], few: dict[str, Rule]) -> Report:
    """A report with findings that count, known ones and ignored ones; about tasks and not."""
    text = "a@0; b@5<a,z; c@99 by=agent-b !flipped; d@0<c; 'junk'; e@9<y; !bad-key"
    known = next(f.fingerprint for f in judged(text).findings if f.jti and f.code == "ECT303")
    policy = Basis("policy", "payments.toml", "5" * 64)
    ignore = {"ECT209": "the keys of last year"}
    return judged(text, rules=few, ignore=ignore, baseline=[known], basis=[policy])


@pytest.fixture(scope="session")
def hostile_report() -> Callable[[str], Report]:
    """A report of a ledger with a text in every claim, its own name, and the caller's choices."""

    @cache
    def make(text: str) -> Report:
        def task(jti: str, iat: int, *parents: str, **changes: str) -> bytes:
            claims = dict.fromkeys(("iss", "sub", "aud", "wid", "exec_act", "inp_hash"), text)
            times = {"jti": jti, "iat": iat, "exp": iat + 9, "par": list(parents)}
            return token(claims | times | changes, signer=text)

        records = (
            task(text, EPOCH + 99),
            task(f"{text}?", EPOCH, text, f"missing {text}", f"{text} missing"),
            task(f"{text}!", EPOCH, f"{text}?", f"{text}!"),
            task(text + ".", EPOCH, f"{text}!"),
            task(text + ".", EPOCH + 1, text),
            compact_json({"jti": "u", "iss": text, "exec_act": text, "par": [text], "iat": text}),
            b"junk",
        )
        ring = KeyRing.from_jwks(jwks(text), source=text)
        ledger = loader.load_bytes(b"\n".join(records), ring, judge=judge, source=text)
        evidence = Evidence(ledger, ring, Policy(audience=f"{text}?"))
        found = linter.lint(evidence).findings
        return linter.lint(
            evidence,
            ignore={"ECT112": text},
            baseline=[f.fingerprint for f in found if f.code == "ECT303"],
            basis=[Basis("policy", text), Basis("baseline", text, "0" * 64)],
        )

    return make


@pytest.fixture(scope="session")
def written() -> Callable[..., str]:
    """Write reports in a form; the version of ectgraph is taken out."""

    def write(form: str, *reports: Report, **options: Any) -> str:
        made = forms.pieces(forms.Form(form), reports, forms.Options(**options))
        return b"".join(made).decode().replace(f'"{__version__}"', '"VERSION"')

    return write
