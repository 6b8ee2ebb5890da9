"""create and decode: what gets into a token, what is refused, and what is shown of one."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from ectgraph.agent.parse import parse
from ectgraph.encoding import hash_of
from ectgraph.keys import generate_key, private_pem, public_jwk
from ectgraph.testing import EPOCH, private_key, seal, sketch, task_id

BY_A = "--key a.pem --kid agent-a"
TASK = "--iss urn:a --aud urn:b --act pay"


@pytest.fixture
def a_pem(folder: Path) -> Path:
    """The private key of agent-a, as a file."""
    (folder / "a.pem").write_bytes(private_pem(private_key("agent-a")))
    return folder


@pytest.fixture
def created(ectgraph_, a_pem: Path):
    """Create a token; give its header and its claims."""

    def call(line: str, *args: str):
        done = ectgraph_(f"create {BY_A} {line}", *args)
        assert (done.code, done.err) == (0, "")
        assert done.out.endswith("\n")
        assert len(done.out.splitlines()) == 1
        parsed = parse(done.out.strip())
        assert parsed.header is not None
        return parsed.header, parsed.claims

    return call


# create


def test_what_is_left_out_is_filled_in(created):
    header, claims = created(TASK)

    assert (header.alg, header.typ, header.kid) == ("ES256", "wimse-exec+jwt", "agent-a")
    assert claims["iss"] == claims["sub"] == "urn:a"
    assert claims["aud"] == ["urn:b"]
    assert claims["exp"] == claims["iat"] + 600
    assert claims["par"] == []
    assert len(claims["jti"]) == 36


def test_every_option_is_a_claim(created, folder: Path):
    (folder / "in").write_bytes(b"what went in")
    (folder / "out").write_bytes(b"what came out")
    one, two, wid, jti = (task_id(name) for name in ("one", "two", "wid", "jti"))

    _, claims = created(
        f"{TASK} --aud urn:c --par {one} --par {two} --wid {wid} --jti {jti} --iat {EPOCH} "
        f"--exp {EPOCH + 60} --pol p --pol-decision approved --inp in --out out",
        "--ext",
        '{"exec_time_ms": 12}',
    )

    assert claims == {
        "iss": "urn:a",
        "sub": "urn:a",
        "aud": ["urn:b", "urn:c"],
        "iat": EPOCH,
        "exp": EPOCH + 60,
        "jti": jti,
        "exec_act": "pay",
        "par": [one, two],
        "wid": wid,
        "inp_hash": hash_of(b"what went in"),
        "out_hash": hash_of(b"what came out"),
        "pol": "p",
        "pol_decision": "approved",
        "ext": {"exec_time_ms": 12},
    }


def test_draft_01_has_its_own_names(created):
    header, claims = created(f"{TASK} --draft 01 --pol p --pol-decision rejected --par x")

    assert header.typ == "exec+jwt"
    assert claims["pred"] == ["x"]
    assert claims["ect_ext"] == {"pol": "p", "pol_decision": "rejected"}
    assert {"par", "ext", "sub", "pol"}.isdisjoint(claims)


def test_options_win_over_claims_and_unknown_claims_are_kept(created, folder: Path):
    told = {"iss": "urn:z", "aud": "urn:y", "exec_act": "look", "cost": {"eur": 3}, "extra": [1]}
    told |= {"verified": True, "exp": 5, "pred": ["x"], "ect_ext": {"model_version": "7"}}
    (folder / "claims.json").write_text(json.dumps(told), "utf-8")

    _, claims = created(f"--claims claims.json --iss urn:a --iat {EPOCH} --lifetime 30")

    assert (claims["iss"], claims["aud"], claims["exec_act"]) == ("urn:a", "urn:y", "look")
    assert (claims["cost"], claims["extra"], claims["verified"]) == ({"eur": 3}, [1], True)
    assert claims["exp"] == EPOCH + 30
    assert (claims["par"], claims["ext"]) == (["x"], {"model_version": "7"})
    assert {"pred", "ect_ext"}.isdisjoint(claims)


def test_claims_come_from_standard_input(a_pem: Path, process):
    told = b'{"iss": "urn:a", "aud": ["urn:b"], "exec_act": "pay", "iat": 7}'
    done = process(a_pem, f"create {BY_A} --claims -", input=told)

    assert done.returncode == 0
    assert parse(done.stdout.strip()).claims["iat"] == 7


def test_a_jwk_brings_its_own_kid(ectgraph_, folder: Path):
    key = generate_key()
    secret = {"d": _base64url(key.private_numbers().private_value)}
    (folder / "a.jwk.json").write_text(json.dumps(public_jwk(key, "own") | secret), "utf-8")

    for more, kid in (("", "own"), ("--kid other", "other")):
        done = ectgraph_(f"create --key a.jwk.json {TASK} {more}")
        assert done.code == 0
        assert parse(done.out.strip()).token.kid == kid


def _base64url(number: int) -> str:
    from ectgraph.encoding import encode_base64url

    return encode_base64url(number.to_bytes(32)).decode()


def test_an_unsigned_token_needs_no_key_and_warns(ectgraph_):
    done = ectgraph_(f"create --unsigned {TASK}")
    parsed = parse(done.out.strip())

    assert done.code == 0
    assert "not signed" in done.err
    assert parsed.token.level == "L1"
    assert parsed.claims["exec_act"] == "pay"


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (f"{TASK} --pol p", "ECT120"),
        (f"{TASK} --pol p --pol-decision maybe", "ECT119"),
        (f"{TASK} --iat 900 --exp 800", "ECT405"),
        (f"{TASK} --draft 01 --ext BIG", "ECT115"),
    ],
)
def test_what_the_linter_would_call_an_error_is_refused_with_the_finding(
    ectgraph_, a_pem: Path, line: str, code: str
):
    words = line.split()
    if words[-1] == "BIG":
        words[-1] = json.dumps({"note": "x" * 5000})
    done = ectgraph_(f"create {BY_A}", *words)

    assert done.code == 1
    assert done.out == ""
    assert done.err.startswith(f"ectgraph: the token would be refused: {code}")
    assert "\n  → " in done.err


def test_an_ill_typed_claim_is_refused_with_the_finding(a_pem: Path, process):
    for told in (b'{"iss": 5}', b'{"aud": [5]}', b'{"exec_act": true}', b'{"jti": [1]}'):
        claims = {"iss": "urn:a", "aud": "urn:b", "exec_act": "pay"} | json.loads(told)
        done = process(a_pem, f"create {BY_A} --claims -", input=json.dumps(claims).encode())

        assert done.returncode == 1
        assert b"ECT111" in done.stderr


@pytest.mark.parametrize(
    "told", [b'{"iat": "x"}', b'{"par": "abc"}', b'{"par": 5}', b'{"par": {"a": 1}}']
)
def test_an_ill_typed_claim_that_create_fills_in_is_refused_as_well(
    a_pem: Path, process, told: bytes
):
    claims = {"iss": "urn:a", "aud": "urn:b", "exec_act": "pay"} | json.loads(told)
    done = process(a_pem, f"create {BY_A} --claims -", input=json.dumps(claims).encode())

    assert done.returncode == 1
    assert b"ECT111" in done.stderr


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (f"create {TASK}", "--key"),
        (f"create {BY_A} {TASK} --unsigned", "not both"),
        (f"create {BY_A} {TASK} --exp 9 --lifetime 9", "not both"),
        (f"create --unsigned --draft 00 {TASK}", "draft 00"),
        (f"create --key a.pem {TASK}", "--kid"),
        (f"create --key missing.pem --kid a {TASK}", "missing.pem"),
        (f"create --key nothing --kid a {TASK}", "nothing"),
        (f"create --key junk.bin --kid a {TASK}", "junk.bin"),
        (f"create --key none.json --kid a {TASK}", "none.json"),
        (f"create --key keys.json --kid a {TASK}", "keys.json"),
        (f"create --key rsa.pem --kid a {TASK}", "P-256"),
        (f"create --key cut.pem --kid a {TASK}", "cut.pem"),
        (f"create --key cut.json --kid a {TASK}", "cut.json"),
        (f"create --key large.pem --kid a {TASK}", "larger than"),
        (f"create {BY_A} --aud urn:b --act pay", "--iss"),
        (f"create {BY_A} --iss urn:a", "--aud (aud), --act (exec_act)"),
        (f"create {BY_A} {TASK} --inp missing", "missing"),
        (f"create {BY_A} {TASK} --out nothing", "nothing"),
        (f"create {BY_A} {TASK} --ext [1]", "no JSON object"),
        (f"create {BY_A} {TASK} --ext {{", "--ext"),
        (f"create {BY_A} {TASK} --claims missing.json", "missing.json"),
        (f"create {BY_A} {TASK} --claims none.json", "it is empty"),
        (f"create {BY_A} {TASK} --claims junk.bin", "junk.bin"),
        (f"create {BY_A} {TASK} --claims twice.json", "twice"),
        (f"create {BY_A} {TASK} --claims differ.json", "differ"),
    ],
)
def test_a_mistake_of_the_caller_is_one_line_and_exit_code_2(
    ectgraph_, a_pem: Path, line: str, words: str
):
    from cryptography.hazmat.primitives.asymmetric import rsa

    (a_pem / "rsa.pem").write_bytes(private_pem(rsa.generate_private_key(65537, 2048)))
    (a_pem / "cut.pem").write_bytes((a_pem / "a.pem").read_bytes()[:-60])
    (a_pem / "cut.json").write_bytes(b'{"kty": "EC", "d": "c2VjcmV0", ')
    (a_pem / "large.pem").write_bytes(b"-" * (2 << 20))
    (a_pem / "twice.json").write_bytes(b'{"iss": "a", "iss": "b"}')
    (a_pem / "differ.json").write_bytes(b'{"par": ["a"], "pred": ["b"]}')

    done = ectgraph_(line)

    assert done.code == 2
    assert done.out == ""
    assert words in done.err
    assert done.err.startswith("ectgraph: ")
    assert len(done.err.splitlines()) == 1


def test_a_jwk_for_no_algorithm_is_a_mistake(ectgraph_, folder: Path):
    jwk = public_jwk(generate_key(), "a") | {"alg": "none", "d": "AA"}
    (folder / "none.jwk.json").write_text(json.dumps(jwk), "utf-8")

    assert ectgraph_(f"create --key none.jwk.json {TASK}").code == 2


def test_an_ill_typed_extension_next_to_policy_claims_is_refused(a_pem: Path, process):
    told = {"iss": "urn:a", "aud": "urn:b", "exec_act": "pay", "ext": [1], "pol": "p"}
    done = process(a_pem, f"create {BY_A} --draft 01 --claims -", input=json.dumps(told).encode())

    assert b"ECT111" in done.stderr


def test_no_message_holds_any_of_a_key(ectgraph_, a_pem: Path):
    pem = (a_pem / "a.pem").read_text()
    middle = pem.splitlines()[1]
    bad = {
        "cut.pem": pem[:-60],
        "line.pem": pem.replace("-----BEGIN", "-----BEGUN"),
        "broken.pem": pem.replace(middle, middle[::-1]),
        "key.json": json.dumps({"kty": "EC", "crv": "P-256", "d": middle}),
        "array.json": json.dumps([middle]),
        "kid.json": json.dumps({"kid": middle, "kty": "EC"}),
        "twice.json": f'{{"d": "{middle}", "d": "{middle}"}}',
        "member.json": f'{{"{middle}": 1, "{middle}": 2',
    }
    for name, text in bad.items():
        (a_pem / name).write_text(text)
        done = ectgraph_(f"create --key {name} --kid a {TASK}")

        assert done.code == 2
        assert name in done.err
        assert [part for part in (middle, middle[::-1], middle[:20]) if part in done.err] == []


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may read everything")
def test_a_key_that_may_not_be_read_is_told_in_one_line(ectgraph_, a_pem: Path):
    (a_pem / "a.pem").chmod(0)
    done = ectgraph_(f"create {BY_A} {TASK}")

    assert done.code == 2
    assert "cannot be read" in done.err


@pytest.mark.skipif(os.name != "posix", reason="arguments are bytes there")
def test_an_argument_that_is_no_text_is_a_mistake(a_pem: Path, process):
    done = process(a_pem, f"create {BY_A} --iss urn:a --aud urn:b --act", os.fsdecode(b"p\xff"))

    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert b"Traceback" not in done.stderr


@pytest.mark.skipif(os.name != "posix", reason="another shell closes streams in another way")
def test_a_closed_standard_input_is_a_mistake(a_pem: Path, process):
    import subprocess
    import sys

    for line in (f"create {BY_A} --claims - <&-", "decode - <&-"):
        command = f"exec {sys.executable} -m ectgraph {line}"
        done = subprocess.run(command, shell=True, cwd=a_pem, capture_output=True, check=False)  # noqa: S602

        assert done.returncode == 2
        assert b"standard input is closed" in done.stderr
        assert len(done.stderr.splitlines()) == 1


# decode


def test_decode_shows_a_token_and_says_that_nothing_was_verified(ectgraph_):
    token = sketch("b@5<a by=agent-b !flipped").records[0]
    done = ectgraph_("decode", token.decode())

    shown = json.loads(done.out)
    assert done.code == 0
    assert list(shown) == ["unverified", "header", "payload", "problems"]
    assert shown["unverified"] is True
    assert shown["header"] == {"alg": "ES256", "typ": "wimse-exec+jwt", "kid": "agent-b"}
    assert shown["payload"] == parse(token).claims
    assert shown["problems"] == []
    assert "verified" in done.err


def test_decode_shows_an_unsigned_token(ectgraph_):
    made = ectgraph_(f"create --unsigned {TASK}").out.strip()
    shown = json.loads(ectgraph_("decode", made).out)

    assert shown["header"] is None
    assert shown["payload"]["iss"] == "urn:a"


GOOD = sketch("a@0").records[0]
HEADER, PAYLOAD, MARK = GOOD.split(b".")


@pytest.mark.parametrize(
    ("data", "code", "kinds"),
    [
        (b"hello", 1, {"unreadable-record"}),
        (bytes(range(128, 256)), 1, {"unreadable-record"}),
        (b"..", 1, {"bad-json"}),
        (HEADER + b"." + PAYLOAD, 1, {"unreadable-record"}),
        (HEADER + b".?." + MARK, 0, {"bad-encoding"}),
        (b"?." + PAYLOAD + b"." + MARK, 0, {"bad-encoding"}),
        (GOOD[:-1], 0, {"bad-encoding"}),
        (GOOD + b"=", 0, {"bad-encoding"}),
        (seal(b"[1]", b"{}", "agent-a"), 0, {"bad-json", "missing-claim"}),
        (seal(b"{}", b"[1]", "agent-a"), 0, {"bad-json"}),
        (seal(b'{"a":1,"a":2}', b"{}", "agent-a"), 0, {"duplicate-member", "missing-claim"}),
        (seal(b"{}", b"[" * 9999, "agent-a"), 0, {"bad-json"}),
        (b"x" * (20 << 20), 1, {"oversized-record"}),
        (GOOD + b"A" * (2 << 20), 1, {"oversized-record"}),
    ],
    ids=lambda value: repr(sorted(value) if isinstance(value, set) else value)[:30],
)
def test_decode_never_fails_for_data(
    folder: Path, process, data: bytes, code: int, kinds: set[str]
):
    done = process(folder, "decode -", input=data)

    shown = json.loads(done.stdout)
    assert done.returncode == code
    assert shown["unverified"] is True
    assert kinds <= {problem["kind"] for problem in shown["problems"]}
    assert b"Traceback" not in done.stderr


def test_decode_shows_every_line_of_binary_junk(folder: Path, process):
    junk = (folder / "junk.bin").read_bytes()
    done = process(folder, "decode -", input=junk)

    assert done.returncode == 1
    assert done.stdout.count(b'"unverified": true') > 1
    assert b"\x1b" not in done.stdout


def test_decode_lets_no_control_character_through_and_loses_none(folder: Path, process):
    odd = "\x00\x07\x1b[31m\x7f\x85\x9b\u202e\u2028\ufeff\U000e0001 größe 漢 🙂 \\x1b"
    claims = {"exec_act": odd, odd: odd}
    token = seal(
        json.dumps({"alg": "ES256", "kid": odd}).encode(), json.dumps(claims).encode(), "agent-a"
    )
    done = process(folder, "decode -", input=token)

    text = done.stdout.decode()
    assert text.replace("\n", "").isprintable()
    assert "größe 漢 🙂" in text
    assert json.loads(text)["payload"] == claims
    assert json.loads(text)["header"]["kid"] == odd


@pytest.mark.parametrize("data", [b"", b"\n\n", b"# nothing\n  \n", b"\xef\xbb\xbf\r\n"])
@pytest.mark.parametrize(
    "line", ["decode -", "verify - --keys keys.json", "append l - --keys keys.json"]
)
def test_no_token_is_exit_code_3(folder: Path, process, line: str, data: bytes):
    done = process(folder, line, input=data)

    assert done.returncode == 3
    assert done.stdout == b""
    assert len(done.stderr.splitlines()) == 1
    assert not (folder / "l").exists()


def test_a_file_in_place_of_a_token_is_explained(ectgraph_):
    done = ectgraph_("decode clean.jws")

    assert done.code == 2
    assert "- < clean.jws" in done.err


def test_a_line_of_a_ledger_file_will_do_for_a_token(folder: Path, process):
    wrapped = json.dumps({"seq": 1, "ect": GOOD.decode()}).encode()
    texts = [GOOD, wrapped, json.dumps(GOOD.decode()).encode(), b"\xef\xbb\xbf" + GOOD]

    shown = [process(folder, "decode -", input=text).stdout for text in texts]

    assert len(set(shown)) == 1
    assert json.loads(shown[0])["payload"]["exec_act"] == "a"


def test_an_entry_that_holds_two_tokens_is_not_read(folder: Path, process):
    two = b'{"ect":"' + GOOD + b'","ect":"' + GOOD + b'"}'
    done = process(folder, "decode -", input=two)

    assert done.returncode == 1
    assert json.loads(done.stdout)["payload"] is None
