"""Keys from a server: by HTTPS alone, from one that is who it says, and not for ever."""

from __future__ import annotations

import ipaddress
import json
import socket
import ssl
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from ectgraph.keys import KeyRing, remote
from ectgraph.testing import jwks, private_key

LONG = (-30, 36500)
KEYS = json.dumps(jwks("agent-a")).encode()


class Handler(BaseHTTPRequestHandler):
    """Answers as the path says."""

    def do_GET(self) -> None:
        name, _, rest = self.path[1:].partition("?")
        if name == "to":
            self.send_response(302)
            self.send_header("Location", rest)
            self.end_headers()
        elif name == "slow":
            self.send_response(200)
            self.end_headers()
            for _ in range(50):
                self.wfile.write(b" ")
                time.sleep(0.1)
        else:
            data = {"keys.json": KEYS, "huge": b" " * (remote.MAX_BYTES + 1), "page": b"<html>"}
            self.send_response(200 if name in data else 404)
            self.end_headers()
            self.wfile.write(data.get(name, b""))

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing."""


@pytest.fixture(scope="module")
def authority(issue) -> Any:
    own = x509.SubjectKeyIdentifier.from_public_key(private_key("authority").public_key())
    usage = ["key_cert_sign"]
    return issue("authority", ca=True, usage=usage, days=LONG, extensions=[(own, False)])


@pytest.fixture(scope="module")
def server(issue, authority, tmp_path_factory) -> Iterator[str]:
    """An HTTPS server; its address."""
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    public = authority.key.public_key()
    extensions = [
        (x509.SubjectAlternativeName([address]), False),
        (x509.AuthorityKeyIdentifier.from_issuer_public_key(public), False),
    ]
    own = issue("server", authority, days=LONG, extensions=extensions)
    file = tmp_path_factory.mktemp("server") / "server.pem"
    private = own.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(own.pem + private)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    httpd.daemon_threads = True
    httpd.handle_error = lambda *_: None  # clients hang up in these tests
    httpd.socket = context.wrap_socket(
        httpd.socket, server_side=True, do_handshake_on_connect=False
    )
    Thread(target=httpd.serve_forever, daemon=True).start()
    yield f"https://127.0.0.1:{httpd.server_port}"
    httpd.shutdown()
    httpd.server_close()


@pytest.fixture(autouse=True)
def trusting(authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trust the server's authority, and ask no proxy."""
    file = tmp_path / "authority.pem"
    file.write_bytes(authority.pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    monkeypatch.setenv("no_proxy", "*")


def test_a_key_set_comes_from_a_server(server):
    for url in (f"{server}/keys.json", f"HTTPS{server[5:]}/keys.json"):
        ring = KeyRing.load(url)
        assert [(key.kid, key.source) for key in ring.keys] == [("agent-a", url)]
        assert [(source.source, source.keys) for source in ring.sources] == [(url, 1)]


def test_a_server_may_lead_elsewhere_but_not_into_the_clear(server, refusal):
    assert len(KeyRing.load(f"{server}/to?{server}/keys.json").keys) == 1
    assert len(KeyRing.load(f"{server}/to?/keys.json").keys) == 1
    for elsewhere in ("http://127.0.0.1/keys.json", "HTTP://127.0.0.1/", "ftp://127.0.0.1/"):
        message = refusal(KeyRing.load, f"{server}/to?{elsewhere}")
        assert "and keys come by https:// only" in message
    for elsewhere in ("file:///etc/hostname", "//127.0.0.1:1/keys.json"):
        assert "cannot be fetched" in refusal(KeyRing.load, f"{server}/to?{elsewhere}")


def test_a_server_that_leads_in_a_circle_is_not_followed_for_ever(server, refusal):
    url = f"{server}/to?/to"

    assert "cannot be fetched" in refusal(KeyRing.load, url)


@pytest.mark.parametrize("url", ["http://example.com/keys.json", "HTTP://example.com/keys.json"])
def test_keys_do_not_come_in_the_clear(refusal, url):
    assert refusal(KeyRing.load, url) == (
        f"{url}: keys come by https:// only; by http:// anybody on the way may change them"
    )


def test_a_server_that_nobody_vouches_for_is_not_believed(
    server, refusal, root, write, monkeypatch
):
    monkeypatch.setenv("SSL_CERT_FILE", str(write("other.pem", root.pem)))
    message = refusal(KeyRing.load, f"{server}/keys.json")

    assert message.startswith(f"{server}/keys.json: cannot be fetched (")
    assert "certificate verify failed" in message


def test_a_server_of_another_name_is_not_believed(server, refusal):
    message = refusal(KeyRing.load, f"{server}/keys.json".replace("127.0.0.1", "localhost"))

    assert "cannot be fetched" in message


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("absent.json", "cannot be fetched (Not Found)"),
        ("huge", "the answer is larger than 4 MiB"),
        ("page", "neither a JWKS nor PEM keys ("),
    ],
)
def test_an_answer_that_is_no_key_set_is_refused(server, refusal, path, why):
    assert refusal(KeyRing.load, f"{server}/{path}").startswith(f"{server}/{path}: {why}")


def test_a_server_that_takes_its_time_is_not_waited_for(server, refusal, monkeypatch):
    monkeypatch.setattr(remote, "TIMEOUT", 0.5)
    begin = time.monotonic()

    message = refusal(KeyRing.load, f"{server}/slow")

    assert message == f"{server}/slow: the answer takes longer than 0.5 s"
    assert time.monotonic() - begin < 3


def test_a_server_that_says_nothing_is_not_waited_for(refusal, monkeypatch):
    monkeypatch.setattr(remote, "TIMEOUT", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"https://127.0.0.1:{silent.getsockname()[1]}/keys.json"

        assert "cannot be fetched" in refusal(KeyRing.load, url)


@pytest.mark.parametrize("rest", ["", "/", "[", ":99999/", "127.0.0.1:x/", "a b/", "\n/", "\0"])
def test_an_address_that_is_none_is_refused(refusal, rest):
    assert "cannot be fetched" in refusal(KeyRing.load, f"https://{rest}")


def test_a_file_may_be_called_like_an_address(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("https:").mkdir()
    Path("https:/keys.json").write_bytes(KEYS)

    assert KeyRing.load(Path("https:/keys.json")).keys[0].source == str(Path("https:/keys.json"))
