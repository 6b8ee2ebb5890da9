"""The numbers of a deployment, from its environment, and the options that follow from them."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass

from ectgraph.agent.create import LIFETIME, CreateOptions
from ectgraph.agent.jti_cache import TTL, new_jti_cache
from ectgraph.agent.verify import VerifyOptions
from ectgraph.errors import EctgraphError
from ectgraph.escape import terminal


@dataclass(frozen=True)
class _Setting:
    """One number: how it is called in the environment, and what it may be."""

    variable: str
    unit: str
    """What the variable counts."""
    factor: int
    """What one of these is in the field: seconds, or entries."""
    least: int
    most: int

    def read(self, text: str) -> int:
        """The field's value that a variable's text says."""
        digits = text.strip()
        number = int(digits) if re.fullmatch(r"[0-9]{1,18}", digits) else -1
        if not self.least <= number <= self.most:
            message = (
                f"{self.variable}: expected a whole number of {self.unit} from {self.least} to "
                f"{self.most}, not '{terminal(text, 40)}'"
            )
            raise EctgraphError(message)
        return number * self.factor

    def check(self, name: str, value: int) -> None:
        """Refuse what a field must not be."""
        most = self.most * self.factor
        if type(value) is not int or not self.least <= value <= most:
            unit = "seconds" if self.unit == "minutes" else self.unit
            message = (
                f"{name}: expected a whole number of {unit} from {self.least} to {most}, "
                f"not {terminal(repr(value), 40)}"
            )
            raise EctgraphError(message)


_YEAR = 365 * 24 * 60
_SETTINGS = {
    "iat_max_age": _Setting("ECT_IAT_MAX_AGE_MINUTES", "minutes", 60, 1, _YEAR),
    "iat_max_future": _Setting("ECT_IAT_MAX_FUTURE_SEC", "seconds", 1, 0, _YEAR * 60),
    "default_expiry": _Setting("ECT_DEFAULT_EXPIRY_MIN", "minutes", 60, 1, _YEAR),
    "jti_cache_size": _Setting("ECT_JTI_REPLAY_CACHE_SIZE", "entries", 1, 0, 10_000_000),
    "jti_cache_ttl": _Setting("ECT_JTI_REPLAY_TTL_MIN", "minutes", 60, 1, _YEAR),
}


@dataclass(frozen=True, kw_only=True)
class Config:
    """The numbers of a deployment; times are in seconds.

    Raises:
        EctgraphError: a number is out of its range, or the replay cache would forget a token that
            is still accepted.

    >>> Config(iat_max_age=300).verify_options().iat_max_age
    300
    """

    iat_max_age: int = 900
    """Seconds for which a token is taken after its `iat`."""
    iat_max_future: int = 30
    """Seconds by which an `iat` may lie ahead."""
    default_expiry: int = LIFETIME
    """Seconds from `iat` to `exp` of tokens made without an `exp`."""
    jti_cache_size: int = 0
    """How many `jti`s the replay cache holds; 0: there is none, and replays are not looked for."""
    jti_cache_ttl: int = TTL
    """Seconds for which the replay cache remembers a `jti`."""

    def __post_init__(self) -> None:
        """Check the numbers, and that they fit together."""
        for name, setting in _SETTINGS.items():
            setting.check(name, getattr(self, name))
        accepted = self.iat_max_age + self.iat_max_future
        if self.jti_cache_size and self.jti_cache_ttl <= accepted:
            message = (
                f"jti_cache_ttl (ECT_JTI_REPLAY_TTL_MIN) is {self.jti_cache_ttl} s, but must be "
                f"more than the {accepted} s for which a token is accepted (iat_max_age and "
                "iat_max_future together): a replay would pass in between"
            )
            raise EctgraphError(message)

    def create_options(self, kid: str) -> CreateOptions:
        """How tokens are made with these numbers.

        Args:
            kid: the name of the signing key.

        >>> Config().create_options("agent-a-key").lifetime
        600
        """
        return CreateOptions(kid=kid, lifetime=self.default_expiry)

    def verify_options(self) -> VerifyOptions:
        """How tokens are verified with these numbers; keys and store are left to say.

        With a replay cache that is new and empty, so call this once, not for every token.

        >>> Config(jti_cache_size=1000).verify_options().jti_seen.size
        1000
        """
        return VerifyOptions(
            iat_max_age=self.iat_max_age,
            iat_max_future=self.iat_max_future,
            jti_seen=new_jti_cache(self.jti_cache_size, self.jti_cache_ttl),
        )


def load_config_from_env(environ: Mapping[str, str] | None = None) -> Config:
    """Read a `Config` from the environment variables of the reference implementation.

    `ECT_IAT_MAX_AGE_MINUTES`, `ECT_IAT_MAX_FUTURE_SEC`, `ECT_DEFAULT_EXPIRY_MIN`,
    `ECT_JTI_REPLAY_CACHE_SIZE` and `ECT_JTI_REPLAY_TTL_MIN`: whole numbers of the unit in the
    name. One that is empty counts as not set. Others are not looked at, whatever their name.

    Args:
        environ: the variables; those of the process without it.

    Raises:
        EctgraphError: a variable is not such a number, or out of range; its name is in the message.

    >>> load_config_from_env({"ECT_IAT_MAX_AGE_MINUTES": "5"}).iat_max_age
    300
    >>> load_config_from_env({"ECT_DEFAULT_EXPIRY_MIN": "0"})  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ectgraph.errors.EctgraphError: ECT_DEFAULT_EXPIRY_MIN: expected a whole number of minutes ...

    """
    variables = os.environ if environ is None else environ
    return Config(
        **{
            name: setting.read(text)
            for name, setting in _SETTINGS.items()
            if (text := variables.get(setting.variable, "")).strip()
        }
    )
