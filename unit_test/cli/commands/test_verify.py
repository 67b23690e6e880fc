from __future__ import annotations

from pathlib import Path

import pytest

from cibw.cli.commands.verify import (
    COMMAND,
    VerifyArguments,
    clean_environment,
    main_index,
    own_certificates,
    own_index,
)
from cibw.model.http import Certificates
from cibw.release.responses import Credentials
from unit_test.cli.calling import Caller


def test_every_argument_arrives() -> None:
    words = "--to ours --simple-url https://a.example/ --timeout 2.5 --json --dependencies-from https://b.example/ a"
    assert COMMAND.parse(words.split()) == VerifyArguments(
        paths=("a",),
        to="ours",
        simple_url="https://a.example/",
        timeout=2.5,
        dependencies_from="https://b.example/",
        as_json=True,
    )
    line = COMMAND.parse(["--release", "demo==1.0"])
    assert (line.release, line.timeout) == ("demo==1.0", 900.0)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--release", "demo"), "is not a release"),
        (("--release", "demo==1.0", "a.whl"), "cannot be combined with files"),
        (("none.whl",), "Cannot read it"),
        (("--timeout", "-1"), "not a valid number of seconds"),
        (("--timeout", "soon"), "not a valid number of seconds"),
        (("--timeout", "nan"), "not a valid number of seconds"),
    ],
)
def test_mistakes(cibw: Caller, arguments: tuple[str, ...], said: str) -> None:
    called = cibw("verify", "--to", "https://index.example/", *arguments)
    assert called.exit_code == 2
    assert said in " ".join(called.stderr.split())


def test_nothing_of_the_user_decides_what_is_installed() -> None:
    kept = {"PATH": "/bin", "UV_CACHE_DIR": "/cache", "UV_HTTP_TIMEOUT": "9"}
    dropped = {
        "UV_INDEX": "https://a.example/",
        "UV_EXTRA_INDEX_URL": "https://b.example/",
        "UV_CONSTRAINT": "c.txt",
        "PYTHONPATH": "/src",
        "TWINE_PASSWORD": "sesame",
    }
    assert clean_environment({**kept, **dropped}) == kept


def test_the_index_of_a_release() -> None:
    assert own_index("https://a.example/simple/", None) == {"UV_DEFAULT_INDEX": "https://a.example/simple/"}
    login = Credentials(username="me@here", password="a/b:c")
    assert own_index("https://a.example/simple/", login) == {
        "UV_DEFAULT_INDEX": "https://me%40here:a%2Fb%3Ac@a.example/simple/"
    }


def test_uv_gets_the_certificates_of_the_index(tmp_path: Path) -> None:
    ca, directory = str(tmp_path / "ca.pem"), str(tmp_path)
    assert own_certificates(Certificates(), {}) == {}
    chosen = Certificates(authorities=ca, client="/etc/me.pem")
    assert own_certificates(chosen, {"SSL_CERT_FILE": "/x"}) == {"SSL_CERT_FILE": ca, "SSL_CLIENT_CERT": "/etc/me.pem"}
    assert own_certificates(Certificates(), {"CURL_CA_BUNDLE": ca}) == {"SSL_CERT_FILE": ca}
    assert own_certificates(Certificates(), {"REQUESTS_CA_BUNDLE": directory}) == {"SSL_CERT_DIR": directory}


def test_the_index_of_its_dependencies() -> None:
    assert main_index("", {}) == {}
    assert main_index("", {"PIP_INDEX_URL": "https://m.example/"}) == {"UV_DEFAULT_INDEX": "https://m.example/"}
    assert main_index("https://n.example/", {"UV_DEFAULT_INDEX": "https://m.example/"}) == {
        "UV_DEFAULT_INDEX": "https://n.example/"
    }
