"""The keys that signatures are checked with."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from os import PathLike, fspath
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec
from msgspec.structs import replace

from ectgraph import escape, labels
from ectgraph.errors import EctgraphError
from ectgraph.keys.key import TIMES, BadKey, Key, is_time
from ectgraph.model import KeySource

if TYPE_CHECKING:
    from ectgraph.keys.chain import Found, Root


class KeyRing(msgspec.Struct, frozen=True):
    """The keys that the caller trusts, by `kid`. Keys inside tokens never get in here."""

    keys: tuple[Key, ...] = ()
    bad: tuple[BadKey, ...] = ()
    sources: tuple[KeySource, ...] = ()

    @classmethod
    def load(
        cls,
        *paths: str | PathLike[str],
        roots: str | PathLike[str] | Iterable[str | PathLike[str]] | None = None,
    ) -> KeyRing:
        """Read keys from JWK Sets, PEM and DER files (a file's name is the `kid`), and folders.

        Args:
            paths: files and folders; or a URL, `https://…`, of a JWK Set.
            roots: files and folders of CA certificates, or SPIFFE bundles. Every certificate among
                the keys must chain to one of them then; without roots it is taken at its word.
                Roots in a SPIFFE bundle among the keys count as well.

        Raises:
            EctgraphError: a path cannot be read, a file is no key file, or no key is usable.

        """
        from ectgraph.keys import chain, files  # noqa: PLC0415  # workers get keys ready-made

        anchors: list[Root | BadKey] = []
        if roots is not None:
            given = [roots] if isinstance(roots, (str, PathLike)) else list(roots)
            anchors = [each for _, found in files.read(given) for each in chain.as_roots(found)]
            if not any(isinstance(each, chain.Root) for each in anchors):
                raise _useless(given, anchors, "CA certificate in it", "PEM or a SPIFFE bundle")
        ring = cls._of(list(files.read(paths)), anchors)
        if not ring.keys:
            raise _useless(paths, ring.bad, "usable key in it", "a JWKS, PEM keys or certificates")
        return ring

    @classmethod
    def from_jwks(cls, jwks: dict[str, Any], source: str = "<jwks>") -> KeyRing:
        """Take the keys of a JWK Set that is already decoded (RFC 7517 §5).

        Raises:
            EctgraphError: it has no array `keys`.

        >>> KeyRing.from_jwks({"keys": [{"kty": "oct", "k": "c2VjcmV0", "kid": "a"}]}).bad[0].reason
        'it is a symmetric key, and its holder could forge every token'
        """
        from ectgraph.keys.jwk import read_jwks  # noqa: PLC0415

        if not isinstance(jwks.get("keys"), list):
            message = f"{source}: no JWKS: it has no array 'keys'"
            raise EctgraphError(message)
        return cls._of([(source, list(read_jwks(jwks, source)))], [])

    @classmethod
    def _of(
        cls, read: Iterable[tuple[str, list[Found]]], anchors: Iterable[Root | BadKey]
    ) -> KeyRing:
        """Make a ring of what each source holds, with the roots that the caller gave besides."""
        from ectgraph.keys import chain  # noqa: PLC0415

        roots = [*anchors, *(each for _, found in read for each in found)]
        trusted = [each.certificate for each in roots if isinstance(each, chain.Root)]
        keys: list[Key] = []
        bad = [each for each in anchors if isinstance(each, BadKey)]
        sources = []
        for source, found in read:
            settled = [chain.settle(each, trusted) for each in found]
            good = [key for key in settled if isinstance(key, Key)]
            keys += good
            bad += [key for key in settled if isinstance(key, BadKey)]
            sources.append(KeySource(source, len(good)))
        return cls(_revoked_alike(keys), tuple(bad), tuple(sources))

    @property
    def anchored(self) -> bool | None:
        """Whether every certificate chains to a given root; `None` where no key came in one.

        Where it is false, a certificate was taken at its word: nothing shows that an authority
        gave the key to the owner that it names.
        """
        certified = [key for key in self.keys if key.certificate is not None]
        return all(key.root is not None for key in certified) if certified else None

    @property
    def digest(self) -> str:
        """SHA-256, in hex, of all that verification depends on: the same keys, the same digest.

        It is made of a JSON array for each distinct key, one a line, the lines sorted: `kid`, SPKI
        (in hex), `alg`, `iss`, `nbf`, `exp`, `revoked_at`. So neither the order of keys makes a
        difference, nor the files they lie in, nor a key that is there twice or cannot be used.

        >>> KeyRing().digest[:8]
        'e3b0c442'
        """
        lines = {json.dumps(_deciding(key), separators=(",", ":")) for key in self.keys}
        return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()

    def revoke(self, kid: str, at: float) -> KeyRing:
        """A copy in which the keys of a `kid` are revoked, or the one of a thumbprint.

        Those revoked before stay so; a copy under another name is the same key, and revoked too.

        Raises:
            EctgraphError: no key has this name, or `at` is no time.

        """
        if not is_time(at):
            message = f"{at!r} is no time; give seconds since 1970"
            raise EctgraphError(message)
        named = [key for key in self.keys if key.kid == kid]
        lost = {key.spki for key in named or self.keys if kid in (key.kid, key.thumbprint)}
        if not lost:
            known = sorted({escape.terminal(repr(key.kid), 80) for key in self.keys})
            message = f"no key has the kid {escape.terminal(repr(kid), 80)}; there are "
            raise EctgraphError(message + (labels.some(known) or "none"))
        keys = [
            replace(key, revoked_at=at if key.revoked_at is None else min(at, key.revoked_at))
            if key.spki in lost
            else key
            for key in self.keys
        ]
        return replace(self, keys=tuple(keys))


def _revoked_alike(keys: Sequence[Key]) -> tuple[Key, ...]:
    """The keys, a revocation of one of them put down for all its copies, whatever their names.

    An older copy of a key set does not know of it, and it is the same key that was lost.
    """
    times: dict[bytes, float] = {}
    for key in keys:
        if key.revoked_at is not None:
            times[key.spki] = min(key.revoked_at, times.get(key.spki, key.revoked_at))
    if not times:
        return tuple(keys)
    return tuple(
        replace(key, revoked_at=times[key.spki]) if key.spki in times else key for key in keys
    )


def _deciding(key: Key) -> list[str | float | None]:
    times = [getattr(key, name) for name in TIMES]
    numbers = [None if time is None else time + 0.0 for time in times]  # 1 is 1.0 in JSON
    return [key.kid, key.spki.hex(), key.alg, key.iss, *numbers]


def _useless(
    paths: Iterable[str | PathLike[str]], found: Iterable[object], what: str, give: str
) -> EctgraphError:
    """What to tell a caller whose files hold nothing of use."""
    names = ", ".join(fspath(path) for path in paths) or "the key set"
    bad = next((each for each in found if isinstance(each, BadKey)), None)
    why = ""
    if bad is not None:
        name = f"key {bad.index}" if bad.kid is None else f"key {bad.kid!r}"
        why = f" ({name}: {bad.reason})"
    return EctgraphError(escape.terminal(f"{names}: no {what}{why}; give {give}"))


Resolver: TypeAlias = Callable[[str], Any]
"""Gives the key for a `kid`: of `cryptography`, PEM, a JWK, or `None` when it knows none."""

Keys: TypeAlias = KeyRing | Resolver | None
"""What signatures are checked with; `None` checks none."""
