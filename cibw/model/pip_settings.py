"""Environment variables of pip and their uv equivalents."""

from __future__ import annotations

UV_NAMES = {
    "PIP_INDEX_URL": ("UV_DEFAULT_INDEX",),
    "PIP_EXTRA_INDEX_URL": ("UV_INDEX",),
    "PIP_FIND_LINKS": ("UV_FIND_LINKS",),
    "PIP_CONSTRAINT": ("UV_CONSTRAINT", "UV_BUILD_CONSTRAINT"),
    "PIP_BUILD_CONSTRAINT": ("UV_BUILD_CONSTRAINT",),
    "PIP_TRUSTED_HOST": ("UV_INSECURE_HOST",),
    "PIP_DEFAULT_TIMEOUT": ("UV_HTTP_TIMEOUT",),
}
"""pip variables, and uv variables that accept the same value."""

UNREAD_BY_UV = {
    "PIP_NO_BINARY": "UV_NO_BINARY or UV_NO_BINARY_PACKAGE",
    "PIP_ONLY_BINARY": "UV_NO_BUILD or UV_NO_BUILD_PACKAGE",
    "PIP_PRE": "UV_PRERELEASE",
    "PIP_NO_INDEX": "",
    "PIP_NO_BUILD_ISOLATION": "UV_NO_BUILD_ISOLATION",
    "PIP_REQUIRE_HASHES": "UV_REQUIRE_HASHES",
    "PIP_CONFIG_FILE": "UV_CONFIG_FILE",
    "PIP_KEYRING_PROVIDER": "UV_KEYRING_PROVIDER",
    "PIP_CERT": "SSL_CERT_FILE",
    "PIP_CLIENT_CERT": "SSL_CLIENT_CERT",
    "PIP_PROXY": "ALL_PROXY",
    "PIP_REQUIREMENT": "",
    "PIP_PREFER_BINARY": "",
    "PIP_NO_DEPS": "",
    "PIP_USE_PEP517": "",
    "PIP_CONFIG_SETTINGS": "",
    "PIP_GLOBAL_OPTION": "",
    "PIP_BUILD_OPTION": "",
    "PIP_USE_DEPRECATED": "",
    "PIP_USE_FEATURE": "",
    "PIP_IGNORE_REQUIRES_PYTHON": "",
}
"""Other pip variables that affect installs or builds, and their uv equivalents, if any."""

OLD_NAMES = {"UV_DEFAULT_INDEX": "UV_INDEX_URL", "UV_INDEX": "UV_EXTRA_INDEX_URL"}
"""Former names of uv variables, which uv still reads."""
