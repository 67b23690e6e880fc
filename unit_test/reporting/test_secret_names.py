from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cibw.reporting.masking import SecretNames, is_secret_name

SECRET = """
API_KEY APIKEY ACCESS_KEY APP_SESSION AWS_CREDENTIALS AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AZURE_DEVOPS_EXT_PAT
AZURE_STORAGE_CONNECTION_STRING AZURE_STORAGE_SAS BEARER COMPANY_API_KEY_2 COOKIE DB_PASS DB_PASSWORD DOCKER_AUTH_CONFIG
GH_PAT GITHUB_TOKEN GITHUB_TOKEN_OLD GPG_PRIVATE_KEY HF_TOKEN JWT JWT_SECRET LICENSE_KEY MYSQL_PWD MY_SECRET NETRC
NPMTOKEN NPM_CONFIG__AUTH PASSPHRASE PAT PGPASSWORD PRIVATE_KEY PRIVATE_KEY_PEM REDISCLI_AUTH SAS_TOKEN SECRET_KEY_BASE
SENTRY_DSN SIGNING_KEY SLACK_WEBHOOK SLACK_WEBHOOK_URL SSHPASS TF_VAR_db_password TOKEN2 TOKEN_V2 TWINE_PASSWORD
UV_INDEX_OURS_PASSWORD WEBHOOK_URL X_PAT apiKey authToken cmake.define.API_TOKEN my-secret npm_config__authToken
password1 privateKey token
""".split()
HARMLESS = """
ACTIONS_ID_TOKEN_REQUEST_URL AUTHOR AUTHORITY AWS_ACCESS_KEY_ID BYPASS CACHE_KEY CC CFLAGS CMAKE_ARGS COMPASS COMPAT
DESKTOP_SESSION GIT_ASKPASS GIT_AUTHOR_NAME GOOGLE_CREDENTIALS_FILE HOME INIT_CWD KEY KEYBOARD KEYS LDFLAGS MAX_TOKENS
MONKEY MY_PATH NPM_TOKEN_PATH OLDPWD PASSED PASSENGER_PATH PASSES PASSWORD_STORE_DIR PATCH PATH PATTERN PIP_INDEX_URL
PRIMARY_KEY PUBLIC_KEY PWD PYTHONHASHSEED SASSC SASS_PATH SECRETARY SESSION_MANAGER SIGNING_KEY_FILE SOURCE_DATE_EPOCH
SPATIAL SSH_ASKPASS SSH_AUTH_SOCK TEST_PASSES TOKENIZER TOKENIZERS_PARALLELISM TOKEN_FILE TOKEN_URL TWINE_USERNAME USER
XAUTHORITY XDG_SESSION_ID 12 _
""".split()


@pytest.mark.parametrize("name", SECRET)
def test_names_that_speak_of_a_secret(name: str) -> None:
    assert is_secret_name(name)


@pytest.mark.parametrize("name", HARMLESS)
def test_names_that_only_look_like_it(name: str) -> None:
    assert not is_secret_name(name)


@given(st.text())
def test_every_text_is_judged(name: str) -> None:
    assert is_secret_name(f"{name}_TOKEN") or not name.isascii()
    assert not is_secret_name(f"{name}_PATH")


def test_a_user_names_further_ones_in_any_case() -> None:
    names = SecretNames(patterns=("COMPANY_*", "exact"))
    assert [name for name in ("company_x", "COMPANY_Y", "EXACT", "EXACTLY", "A_TOKEN") if name in names] == [
        *("company_x", "COMPANY_Y", "EXACT", "A_TOKEN")
    ]
    assert names.secret_values([("COMPANY_X", "1"), ("COMPANY_Y", ""), ("OTHER", "2")]) == ["1"]
