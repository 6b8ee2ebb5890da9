"""Key files -> KeyRing: whose key it was, and when it was good; and an agent's own key.

JWK Sets, PEM, X.509 certificates and SPIFFE bundles. A key that cannot be used never spoils the
set: it stays as a `BadKey` and becomes a finding. Only when nothing is left to verify with is it
the caller's mistake.
"""

from ectgraph.keys.key import BadKey, Key
from ectgraph.keys.material import as_key
from ectgraph.keys.own import generate_key, private_key, private_pem, public_jwk
from ectgraph.keys.ring import KeyRing, Keys, Resolver

__all__ = [
    "BadKey",
    "Key",
    "KeyRing",
    "Keys",
    "Resolver",
    "as_key",
    "generate_key",
    "private_key",
    "private_pem",
    "public_jwk",
]
