"""The numbers of a deployment: where they come from, and what is refused."""

from __future__ import annotations

import re
from dataclasses import FrozenInstanceError

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ectgraph import Config, JTICache, load_config_from_env

VARIABLES = {
    "ECT_IAT_MAX_AGE_MINUTES": ("iat_max_age", 60),
    "ECT_IAT_MAX_FUTURE_SEC": ("iat_max_future", 1),
    "ECT_DEFAULT_EXPIRY_MIN": ("default_expiry", 60),
    "ECT_JTI_REPLAY_CACHE_SIZE": ("jti_cache_size", 1),
    "ECT_JTI_REPLAY_TTL_MIN": ("jti_cache_ttl", 60),
}
MAY_BE_0 = {"ECT_IAT_MAX_FUTURE_SEC", "ECT_JTI_REPLAY_CACHE_SIZE"}


def test_the_defaults_are_those_of_the_reference_implementation():
    config = Config()
    assert config == load_config_from_env({})
    assert (config.iat_max_age, config.iat_max_future, config.default_expiry) == (900, 30, 600)
    assert (config.jti_cache_size, config.jti_cache_ttl) == (0, 3600)


@pytest.mark.parametrize("variable", VARIABLES)
def test_each_variable_sets_its_field_in_seconds_and_nothing_else(variable):
    field, factor = VARIABLES[variable]
    assert load_config_from_env({variable: "7"}) == Config(**{field: 7 * factor})


def test_the_variables_of_the_process_are_read_where_none_are_given(monkeypatch):
    for variable in VARIABLES:
        monkeypatch.delenv(variable, raising=False)
    assert load_config_from_env() == Config()
    monkeypatch.setenv("ECT_DEFAULT_EXPIRY_MIN", "5")
    assert load_config_from_env() == Config(default_expiry=300)


@pytest.mark.parametrize("text", ["", " ", "\t\n"])
@pytest.mark.parametrize("variable", VARIABLES)
def test_an_empty_variable_counts_as_not_set(variable, text):
    assert load_config_from_env({variable: text}) == Config()


@pytest.mark.parametrize("text", ["5\n", " 5", "05", "5\r\n"])
def test_space_around_a_number_and_zeros_before_it_do_no_harm(text):
    assert load_config_from_env({"ECT_DEFAULT_EXPIRY_MIN": text}).default_expiry == 300


def test_other_variables_are_not_looked_at():
    others = {"ECT_": "x", "ECT_SOMETHING": "?", "ect_default_expiry_min": "x", "PATH": "/"}
    assert load_config_from_env(others) == Config()


WRONG = [
    *("soon", "-1", "+5", "1.5", "1e3", "0x10", "1_000", "5 min", "5 5", "٣", "²", "NaN", "inf"),
    *("None", "true", "9" * 30, "9" * 5000, "99999999999"),
]


@pytest.mark.parametrize("text", WRONG, ids=lambda text: text[:12])
@pytest.mark.parametrize("variable", VARIABLES)
def test_a_wrong_value_is_told_with_its_variable_and_what_was_expected(refusal, variable, text):
    said = refusal(load_config_from_env, {variable: text})
    assert said.startswith(f"{variable}: expected a whole number of ")
    assert f"not '{text[:39]}" in said
    assert len(said) < 200


@pytest.mark.parametrize("variable", sorted(VARIABLES.keys() - MAY_BE_0))
def test_0_is_refused_where_it_makes_no_sense(refusal, variable):
    assert "from 1 to" in refusal(load_config_from_env, {variable: "0"})


def test_0_switches_the_future_and_the_cache_off():
    config = load_config_from_env(dict.fromkeys(MAY_BE_0, "0"))
    assert (config.iat_max_future, config.jti_cache_size) == (0, 0)


def test_a_wrong_value_is_made_printable(refusal):
    said = refusal(load_config_from_env, {"ECT_DEFAULT_EXPIRY_MIN": "5\x1b[31m\nred\u202e"})
    assert said == (
        "ECT_DEFAULT_EXPIRY_MIN: expected a whole number of minutes from 1 to 525600, "
        "not '5\\x1b[31m\\nred\\u202e'"
    )


@given(st.sampled_from(sorted(VARIABLES)), st.text(min_size=1))
def test_any_other_text_is_one_printable_line_that_names_the_variable(refusal, variable, text):
    assume(text.strip() and not re.fullmatch("[0-9]+", text.strip()))
    said = refusal(load_config_from_env, {variable: text})
    assert said.startswith(f"{variable}: expected a whole number")
    assert said.isprintable()


@given(st.integers(1, 525_600))
def test_minutes_are_read_as_written(number):
    config = load_config_from_env({"ECT_IAT_MAX_AGE_MINUTES": str(number)})
    assert config.iat_max_age == number * 60


@pytest.mark.parametrize("field", [field for field, _ in VARIABLES.values()])
@pytest.mark.parametrize("value", [-1, 10**12, "900", 1.5, True, None], ids=repr)
def test_a_config_made_by_hand_is_checked_as_well(refusal, field, value):
    said = refusal(Config, **{field: value})
    assert said.startswith(f"{field}: expected a whole number of ")
    assert said.endswith(f"not {value!r}")


@pytest.mark.parametrize("field", ["iat_max_age", "default_expiry", "jti_cache_ttl"])
def test_no_time_at_all_is_refused(refusal, field):
    assert "of seconds from 1 to 31536000, not 0" in refusal(Config, **{field: 0})


def test_a_cache_that_forgets_a_token_while_it_is_accepted_is_refused(refusal):
    said = refusal(Config, jti_cache_size=10, jti_cache_ttl=930)
    assert said.startswith("jti_cache_ttl (ECT_JTI_REPLAY_TTL_MIN) is 930 s, but must be more ")
    assert "than the 930 s" in said
    assert Config(jti_cache_size=10, jti_cache_ttl=931).jti_cache_ttl == 931
    assert Config(jti_cache_size=10, jti_cache_ttl=901, iat_max_future=0).jti_cache_ttl == 901


def test_that_is_refused_whichever_variable_made_it_so(refusal):
    size = {"ECT_JTI_REPLAY_CACHE_SIZE": "1"}
    for short in ({"ECT_JTI_REPLAY_TTL_MIN": "15"}, {"ECT_IAT_MAX_AGE_MINUTES": "60"}):
        assert "ECT_JTI_REPLAY_TTL_MIN" in refusal(load_config_from_env, size | short)
        assert load_config_from_env(short).jti_cache_size == 0


def test_a_config_stays_as_it_was_checked():
    with pytest.raises(FrozenInstanceError):
        Config().jti_cache_ttl = 1


def test_the_options_have_the_numbers():
    config = Config(iat_max_age=60, iat_max_future=5, default_expiry=40)
    made, verified = config.create_options("k"), config.verify_options()
    assert (made.kid, made.lifetime) == ("k", 40)
    assert (verified.iat_max_age, verified.iat_max_future, verified.jti_seen) == (60, 5, None)


def test_each_time_the_options_have_a_cache_of_their_own():
    config = Config(jti_cache_size=10, jti_cache_ttl=1000)
    one, other = (config.verify_options().jti_seen for _ in range(2))
    assert isinstance(one, JTICache)
    assert (one.size, one.ttl) == (10, 1000)
    assert (one("a"), other("a"), one("a")) == (False, False, True)
