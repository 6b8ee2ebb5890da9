"""Files of the caller's own: what they say, or in a line what is wrong with them and where."""

import re
from pathlib import Path
from typing import Annotated, Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ectgraph import toml
from ectgraph.errors import EctgraphError


class Need(msgspec.Struct, forbid_unknown_fields=True):
    act: Annotated[str, msgspec.Meta(min_length=1)]
    agents: Annotated[int, msgspec.Meta(ge=1, le=9)] = 1


class Step(msgspec.Struct, forbid_unknown_fields=True):
    act: str
    needs: tuple[Need, ...] = ()
    after: tuple[str, ...] | None = None


class Limits(msgspec.Struct, forbid_unknown_fields=True):
    max_parents: int = 100
    skew: int | float = 30
    strict: bool = False
    level: Literal["low", "high"] = "low"


class Settings(msgspec.Struct, forbid_unknown_fields=True):
    limits: Limits = msgspec.field(default_factory=Limits)
    steps: tuple[Step, ...] = ()
    severity: dict[str, Literal["error", "warning"]] = {}


def written(folder: Path, text: str | bytes) -> Path:
    path = folder / "file.toml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def refusal(folder: Path, text: str | bytes, **how) -> str:
    """What is said of a file, its folder left out."""
    with pytest.raises(EctgraphError) as caught:
        toml.read(written(folder, text), Settings, **how)
    message = str(caught.value)
    assert "\n" not in message
    return message.removeprefix(f"{folder}/")


def test_a_file_is_read_as_a_value_of_its_type(tmp_path: Path):
    text = "[limits]\nskew = 5\n[[steps]]\nact = 'pay'\nneeds = [{act = 'ok', agents = 2}]\n"

    assert toml.read(written(tmp_path, text), Settings) == Settings(
        limits=Limits(skew=5), steps=(Step("pay", (Need("ok", 2),)),)
    )


# One table of a file that is about other things as well


def test_a_table_is_read_alone(tmp_path: Path):
    path = written(tmp_path, "[project]\nname = 1\n[tool.ours.limits]\nskew = 5\n")

    assert toml.read(path, Settings, table=("tool", "ours")) == Settings(limits=Limits(skew=5))


@pytest.mark.parametrize("text", ["", "[tool]\nx = 1\n", "tool = 3\n", "[tools.ours]\nskew = 1\n"])
def test_a_file_without_the_table_says_none(tmp_path: Path, text: str):
    assert toml.read(written(tmp_path, text), Settings, table=("tool", "ours")) is None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "[tool.ours]\nlimit = 1\n",
            "2: limit: there is no such key; did you mean 'limits'?",
        ),
        ("a = 1\n[tool.ours.limits]\nskew = 'x'\n", "3: limits.skew: a text is given; "),
        ("[tool]\nours = 3\n", "2: a whole number is given; a table is wanted"),
    ],
)
def test_mistakes_in_a_table_have_the_line_of_the_file(tmp_path: Path, text: str, told: str):
    assert refusal(tmp_path, text, table=("tool", "ours")).startswith(f"file.toml:{told}")


# Files that are none


@pytest.mark.parametrize("text", ["", "# nothing\n", "[limits]\n", "steps = []\n\n[limits]\n"])
def test_a_file_that_says_nothing_is_refused(tmp_path: Path, text: str):
    assert refusal(tmp_path, text) == "file.toml: it says nothing; say something, or leave it out"


def test_a_table_that_says_nothing_is_refused(tmp_path: Path):
    told = refusal(tmp_path, "[tool.ours]\n", table=("tool", "ours"))

    assert told == "file.toml: it says nothing in [tool.ours]; say something, or leave it out"


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"\xef\xbb\xbf[limits]\n", ":1: it begins with a byte order mark"),
        (b"[limits]\nskew = 1 # \xff\n", ":2: this is not UTF-8"),
        ("[limits]\nskew = 1".encode("utf-16-le"), ":1: no TOML"),
        (b"[limits]\nskew =\n", ":2: no TOML: Invalid value"),
        (b"[limits]\r\nskew = 1\r\nskew = 2\r\n", ":3: no TOML: Cannot overwrite a value"),
        (b"[limits]\nskew = [1,\n2,", ":3: no TOML: "),
        (b"[limits]\nskew = [1,\n2,\n", ":3: no TOML: "),
        (b"[limits]\nskew = " + b"9" * 5000, ": no TOML: Exceeds the limit"),
        (b"skew = " + b"[" * 50_000, ": no TOML: it nests too deep"),
        (b"#" * (toml.LARGEST + 1), ": it is larger than 1048576 bytes"),
    ],
)
def test_what_is_no_toml_is_told_with_its_line(tmp_path: Path, data: bytes, told: str):
    assert refusal(tmp_path, data).startswith(f"file.toml{told}")


@pytest.mark.parametrize(
    ("name", "why"),
    [("nowhere.toml", "No such file"), (".", "Is a directory"), ("a\0b", "null byte")],
)
def test_a_file_that_cannot_be_read_is_told(tmp_path: Path, name: str, why: str):
    with pytest.raises(EctgraphError, match=rf"^[^\0\n]*: cannot be read \(.*{why}.*\)$"):
        toml.read(tmp_path / name, Settings)


# Files that say something wrong


NONE = "there is no such key"
LIMITS = "known are 'max_parents', 'skew', 'strict', 'level'"
TABLES = "known are 'limits', 'steps', 'severity'"
NUMBER, FLAG = "a whole number is wanted", "true or false is wanted"


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        (
            "[limits]\nmax-parents = 3\n",
            "2: limits.max-parents",
            f"{NONE}; did you mean 'max_parents'?",
        ),
        ("[limit]\nskew = 3\n", "1: limit", f"{NONE}; did you mean 'limits'?"),
        ("\nlimits.skw = 3\n", "2: limits.skw", f"{NONE}; did you mean 'skew'?"),
        ("[limits]\nzzz = 3\n", "2: limits.zzz", f"{NONE}; {LIMITS}"),
        ('[limits]\n"a\\u001b\\n" = 3\n', "2: limits.a\\x1b\\n", f"{NONE}; {LIMITS}"),
        (
            "[limits]\nlevel = 'hihg'\n",
            "2: limits.level",
            "there is no 'hihg'; did you mean 'high'?",
        ),
        (
            "[limits]\nskew = 1\n\nmax_parents = '3'\n",
            "4: limits.max_parents",
            f"a text is given; {NUMBER}",
        ),
        (
            "[limits]\nskew = []\n",
            "2: limits.skew",
            "an array is given; a whole number or a number is wanted",
        ),
        ("[limits]\nstrict = 1\n", "2: limits.strict", f"a whole number is given; {FLAG}"),
        (
            "[limits]\nmax_parents = 2020-01-01\n",
            "2: limits.max_parents",
            f"a date is given; {NUMBER}",
        ),
        ("limits = 3\n", "1: limits", "a whole number is given; a table is wanted"),
        ("limits = { skew = 3, skw = 4 }\n", "1: limits.skw", f"{NONE}; did you mean 'skew'?"),
        ("[[steps]]\nact = 'a'\n[[steps]]\nafter = []\n", "3: steps[1]", "it lacks 'act'"),
        (
            "[[steps]]\nact = 'a'\nafter = [\n 'b', # x\n 4,\n]\n",
            "3: steps[0].after[1]",
            "a whole number is given; a text is wanted",
        ),
        (
            "[[steps]]\nact = 'a'\nneeds = [\n { act = 'b' },\n { act = '' },\n]\n",
            "3: steps[0].needs[1].act",
            "it is empty",
        ),
        (
            "[[steps]]\nact = 'a'\n[[steps.needs]]\nact = 'b'\nagents = 0\n",
            "5: steps[0].needs[0].agents",
            "it must be at least 1",
        ),
        (
            "[[steps]]\nact = 'a'\n[[steps.needs]]\nact = 'b'\nagents = 10\n",
            "5: steps[0].needs[0].agents",
            "it must be at most 9",
        ),
        (
            "[severity]\nA = 'error'\nB = 'warnings'\n",
            "3: severity.B",
            "there is no 'warnings'; did you mean 'warning'?",
        ),
        (
            "[limits]\r\nskew = 1\r\nstrict = 1\r\n",
            "3: limits.strict",
            f"a whole number is given; {FLAG}",
        ),
        ('x = """\n[limits]\nstrict = 1\n"""\nlimits.strict = 1\n', "1: x", f"{NONE}; {TABLES}"),
        (
            'steps = [{ act = """\n[limits]\nstrict = 1\n""" }]\nlimits.strict = 1\n',
            "5: limits.strict",
            f"a whole number is given; {FLAG}",
        ),
    ],
)
def test_a_mistake_is_told_with_its_line_and_what_was_probably_meant(
    tmp_path: Path, text: str, where: str, what: str
):
    assert refusal(tmp_path, text) == f"file.toml:{where}: {what}"


def test_mistakes_that_types_do_not_show_are_told_with_their_line_too(tmp_path: Path):
    def check(settings: Settings):
        for number, step in enumerate(settings.steps):
            if "x" in (step.after or ()):
                yield ("steps", number, "after", 0), "nothing comes after 'x'"

    text = "[[steps]]\nact = 'a'\n[[steps]]\nact = 'b'\nafter = [\n'x',\n]\n[limits]\nskew = 1\n"

    assert (
        refusal(tmp_path, text, check=check)
        == "file.toml:5: steps[1].after[0]: nothing comes after 'x'"
    )


def test_a_long_name_is_cut(tmp_path: Path):
    told = refusal(tmp_path, f"[limits]\n{'x' * 9999} = 3\n")

    assert len(told) < 500
    assert told.startswith("file.toml:2: ")


_VALUES = st.sampled_from(
    ["1", "'x'", "true", "[]", "[\n 1,\n # [x]\n 'y = 2',\n]", "'''\n[a]\n'''"]
)
_NAMES = st.from_regex(r"[a-z]{1,4}", fullmatch=True)
_TABLES = st.lists(
    st.tuples(
        st.sampled_from(["[{}]", "[[{}]]"]), _NAMES, st.dictionaries(_NAMES, _VALUES, max_size=4)
    ),
    min_size=1,
    max_size=6,
    unique_by=lambda table: table[1],
)


@given(_TABLES, st.data())
def test_the_line_of_any_key_is_where_it_is_written(tables, data):
    lines: list[str] = []
    places: dict[tuple[str | int, ...], int] = {}
    for head, name, members in tables:
        lines += ["# a comment", head.format(name)]
        above = (name, 0) if head == "[[{}]]" else (name,)
        places[above] = len(lines)
        for member, value in members.items():
            places[*above, member] = len(lines) + 1
            lines += f"{member} = {value}".split("\n")
    keys = data.draw(st.sampled_from(sorted(places, key=str)))

    assert toml.line_of("\n".join(lines), keys) == places[keys]


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_in_one_line(tmp_path_factory, data: bytes):
    path = tmp_path_factory.getbasetemp() / "any.toml"
    path.write_bytes(data)
    try:
        toml.read(path, Settings)
    except EctgraphError as error:
        assert re.fullmatch(r"[^\n]+any\.toml(:\d+)?: [^\n]+", str(error))  # noqa: PT017


def test_a_suggestion_is_made_only_where_one_is_near():
    assert toml.did_you_mean("aprove", ["approve", "release"]) == "; did you mean 'approve'?"
    assert toml.did_you_mean("x", map(str, range(99))) == ""
