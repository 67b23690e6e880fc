from __future__ import annotations

import base64
import json
import shlex
import threading
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cibw.reporting.masking import Masker, SecretNames, logins_in

SECRET = "p@ss w0rd/+'\"%&<ü>"


def masked(text: str, secret: str = SECRET) -> str:
    mask = Masker()
    mask.learn([secret])
    return mask(text)


@pytest.mark.parametrize(
    "written",
    [
        *(SECRET, quote(SECRET), quote(SECRET, safe=""), quote_plus(SECRET), quote(SECRET, safe="").lower()),
        *(json.dumps(SECRET), json.dumps(SECRET, ensure_ascii=False), shlex.quote(SECRET), repr(SECRET)),
        *(SECRET.encode().hex(), SECRET.encode().hex().upper()),
    ],
)
def test_every_way_to_write_a_secret_is_masked(written: str) -> None:
    shown = masked(f"<{written}>")
    assert "***" in shown
    assert "w0rd" not in shown
    assert "77307264" not in shown


@pytest.mark.parametrize("before", ["", "user:", "__token__:", "ab"])
@pytest.mark.parametrize("after", ["", "\n", "-more"])
def test_an_encoded_secret_is_masked_wherever_it_stands(before: str, after: str) -> None:
    raw = f"{before}{SECRET}{after}".encode()
    for encoded in (base64.b64encode(raw).decode(), base64.urlsafe_b64encode(raw).decode()):
        shown = masked(encoded)
        assert "***" in shown
        assert len(shown) <= 3 + 4 * (len(before) + len(after) + 2)


def test_a_long_secret_is_masked_in_the_lines_that_base64_is_written_in() -> None:
    secret = "".join(f"key{number}" for number in range(60))
    lines = base64.encodebytes(secret.encode()).decode().splitlines()
    assert len(lines) > 3
    assert masked("\n".join(lines), secret).splitlines() == ["***"] * len(lines)


def test_each_line_of_a_secret_is_masked_but_not_its_shortest() -> None:
    secret = "-----BEGIN X-----\nabcdefghijkl\n==\n-----END X-----"
    assert masked("abcdefghijkl == x", secret) == "*** == x"


@pytest.mark.parametrize(
    "value",
    [
        *("", "1", "yes", "true", "Release", "postgres", "12345", "3.12", " \n "),
        *("/home/runner/key.json", "~/.netrc", "./key", "C:\\Users\\me\\key", "/opt/x y/z"),
    ],
)
def test_short_values_common_words_and_paths_are_not_masked(value: str) -> None:
    text = f"say {value} now"
    assert masked(text, value) == text


def test_what_is_spared_is_not_masked() -> None:
    mask = Masker({"A_TOKEN": "markupsafe", "B_TOKEN": "hush-hush"})
    mask.spare(["markupsafe", ""])
    assert mask("markupsafe hush-hush") == "markupsafe ***"


def test_a_longer_secret_is_masked_as_a_whole() -> None:
    mask = Masker({"A_TOKEN": "hunter22", "B_TOKEN": "hunter22-more"})
    assert mask("hunter22-more hunter22") == "*** ***"


def test_the_secrets_in_a_value_that_is_json_are_learned_one_by_one() -> None:
    account = {"type": "service", "private_key": "k1-k1-k1\nk2-k2-k2", "auths": [{"auth": "bG9naW4tOTk="}], "n": 1}
    mask = Masker({"CLOUD_CREDENTIALS": json.dumps(account), "OTHER_TOKEN": "{no json"})
    assert mask("k2-k2-k2 bG9naW4tOTk= service") == "*** *** service"


@pytest.mark.parametrize(
    ("value", "secrets", "others"),
    [
        ("https://me:s3cret-1@index.example/simple", ["s3cret-1"], ["me", "index.example"]),
        ("https://me:s3cret%2F1@index.example/simple", ["s3cret%2F1", "s3cret/1"], []),
        ("https://0123456789abcdef01@index.example/simple", ["0123456789abcdef01"], []),
        ("https://0123456789abcdef01:x-oauth-basic@h/", ["0123456789abcdef01"], ["x-oauth-basic"]),
        ("ssh://git@github.com/x", [], ["git"]),
        ("https://${USER_NAME}:${PASS_WORD}@h/", [], ["PASS_WORD"]),
    ],
)
def test_logins_in_addresses_are_learned_whatever_the_variable(
    value: str, secrets: list[str], others: list[str]
) -> None:
    mask = Masker({"UV_INDEX_URL": value})
    assert [mask(f"({secret})") for secret in secrets] == ["(***)"] * len(secrets)
    assert [mask(f"({other})") for other in others] == [f"({other})" for other in others]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("get https://me:pw@host/x now", "get https://***@host/x now"),
        ("https://abc@host", "https://***@host"),
        ("//me:pw@host/simple", "//***@host/simple"),
        ("git+https://a:b@github.com/x/y.git", "git+https://***@github.com/x/y.git"),
        ("https://me:p@ss@host/x", "https://***@host/x"),
        ("postgres://u:p@db:5432/x", "postgres://***@db:5432/x"),
        ("git+ssh://git@github.com/x ssh://me@host", "git+ssh://git@github.com/x ssh://me@host"),
        ("https://${USER}:${TOKEN}@h/x https://%T%@h", "https://${USER}:${TOKEN}@h/x https://%T%@h"),
        ("see https://a.example/c@d or x@y.example", "see https://a.example/c@d or x@y.example"),
        ("foo @ https://files.example/x.whl", "foo @ https://files.example/x.whl"),
        ("https://h/x?token=abcdef&x=1", "https://h/x?token=***&x=1"),
        ("https://h/?a=1&X-Amz-Signature=0123456789abcdef0", "https://h/?a=1&X-Amz-Signature=***"),
        ("https://h/?sv=1&sig=aaaabbbbccccddddee%3D#f", "https://h/?sv=1&sig=***#f"),
        ("https://h/?key=short&page=2", "https://h/?key=short&page=2"),
        (f"ghp_{'a1' * 18}.", "***."),
        (f"github_pat_{'a_1' * 10}", "***"),
        ("glpat-aB3_aB3_aB3_aB3_aB3_", "***"),
        ("pypi-AgEIcHlwaS5vcmcCJDQ4", "***"),
        ("id AKIAIOSFODNN7EXAMPLE", "id ***"),
        ("xoxb-123456789012-abc", "***"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc_-", "***"),
        ("https://hooks.slack.com/services/T00/B00/XXXXXXXX", "https://hooks.slack.com/services/***"),
        ("Authorization: Basic dXNlcjpwYXNz", "Authorization: Basic ***"),
        ("'authorization': 'Bearer abc.def.ghi'", "'authorization': 'Bearer ***'"),
        ("curl -H 'Authorization: Bearer $TOKEN'", "curl -H 'Authorization: Bearer $TOKEN'"),
        ("API_TOKEN=abcdefgh MODE=abcdefgh", "API_TOKEN=*** MODE=abcdefgh"),
        ("API_TOKEN=$(cat f) AUTH=true KEY_PASS=/usr/bin/x", "API_TOKEN=$(cat f) AUTH=true KEY_PASS=/usr/bin/x"),
        ("-----BEGIN RSA PRIVATE KEY-----\nab\n-----END RSA PRIVATE KEY-----", None),
        ("scikit-learn-1.0 sk-learn hf_x SG.x glob-1.0 eyJ", "scikit-learn-1.0 sk-learn hf_x SG.x glob-1.0 eyJ"),
    ],
)
def test_secrets_that_nobody_has_named_are_known_by_their_shape(text: str, shown: str | None) -> None:
    expected = "-----BEGIN RSA PRIVATE KEY-----***-----END RSA PRIVATE KEY-----" if shown is None else shown
    assert Masker()(text) == expected


def test_a_masker_learns_while_it_is_in_use() -> None:
    mask = Masker({"COMPANY_PIN": "pin-4711"}, SecretNames(patterns=("NOTHING",)))
    assert mask("pin-4711 later-88") == "pin-4711 later-88"
    mask.watch(["COMPANY_*"], {"COMPANY_PIN": "pin-4711"})
    mask.watch(["COMPANY_*"], {})
    mask.hear([("SOME_TOKEN", "later-88"), ("COMPANY_CODE", "code-99"), ("MODE", "fast-mode")])
    assert mask("pin-4711 later-88 code-99 fast-mode") == "*** *** *** fast-mode"


def test_threads_may_share_a_masker() -> None:
    mask = Masker()
    secrets = [f"secret-of-thread-{number}-{thread}" for thread in range(4) for number in range(30)]

    def teach(start: int) -> None:
        for secret in secrets[start::4]:
            mask.learn([secret])
            assert mask(secret) == "***"

    threads = [threading.Thread(target=teach, args=(start,)) for start in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {mask(secret) for secret in secrets} == {"***"}


def test_an_output_of_keys_without_end_is_not_learned_for_ever() -> None:
    mask = Masker()
    for number in range(600):
        mask.learn_line(f"line-number-{number}")
    assert mask("line-number-499") == "***"
    assert mask("line-number-550") != "***"


@given(st.text(), st.text(min_size=1))
def test_any_text_is_masked_without_an_error(text: str, secret: str) -> None:
    mask = Masker({"A_TOKEN": secret})
    assert mask(mask(text)) == mask(mask(mask(text)))


@pytest.mark.parametrize(
    "piece",
    ["a", "a.", "//a@", "//", "?a=", "-eyJaaaaaaaaaa", "*", "-----BEGIN PRIVATE KEY-----", "A=", ":", "SG.a-", " "],
)
def test_a_hostile_line_of_a_megabyte_takes_linear_time(piece: str) -> None:
    """Anything else would take minutes."""
    line = f"authorization //@ ? & = -----END PRIVATE KEY {piece * (2**20 // len(piece))} //@x"
    Masker()(line)
    logins_in(line)


def test_asterisks_in_a_login_are_no_riddle() -> None:
    assert logins_in(f"https://{'*' * 60}x@host/") == [f"{'*' * 60}x"]


@pytest.mark.parametrize("control", ["\x1b[0m", "\x1b]0;title\x07", "\x00", "\x07", "\r", "\x9b1m", "\u202a", "\u2028"])
def test_a_secret_is_masked_that_only_controls_split(control: str) -> None:
    shown = masked(f"\x1b[31mred\x1b[0m hunter{control}2hunter\n", "hunter2hunter")
    assert shown == "red ***\n"


def test_a_text_with_controls_and_without_a_secret_stays_as_it_is() -> None:
    text = "\x1b[31mred\x1b[0m \u202ahunter\r\n"
    assert masked(text, "hunter2hunter") == text
