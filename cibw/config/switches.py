"""Variables without an option, and variables of past cibuildwheel releases."""

from __future__ import annotations

SWITCHES: dict[str, str] = {
    "CIBW_PLATFORM": "Platform to build for, like `--platform`.",
    "CIBW_OUTPUT_DIR": "Directory for finished wheels, like `--output-dir`.",
    "CIBW_ALLOW_EMPTY": "Succeed if no build is selected, like `--allow-empty`.",
    "CIBW_PROJECT_REQUIRES_PYTHON": "Python versions that the project supports; overrides its metadata.",
    "CIBW_CACHE_PATH": "Cache directory.",
    "CIBW_CACHE_PROJECT": "Name of the project in container engine volumes; its path by default.",
    "CIBW_CACHE_SIZE": "Maximum size of the store of finished wheels, such as `500MB`; 5 GB by default.",
    "CIBW_PREPARED_IMAGES": "Whether to make and use prepared images: `yes`, starting with the first run, or `no`.",
    "CIBW_DEBUG_KEEP_CONTAINER": "Keep containers after the run.",
    "CIBW_DEBUG_TRACEBACK": "Print a traceback on failure, like `--debug-traceback`.",
    "CIBW_LOG_FOLD_MODE": "How to fold output: azure, github, gitlab, travis or disabled.",
    "CIBW_INHERIT": "How variables merge with the configuration file: `test-command: append; environment: prepend`.",
    "CIBW_PUBLISH_TOKEN": "API token for the index to publish to.",
    "CIBW_PUBLISH_USERNAME": "Username for an index without API tokens.",
    "CIBW_PUBLISH_PASSWORD": "Password for that username.",
    "CIBW_SIGSTORE_TRUST_CONFIG": "Trust configuration file for a Sigstore instance other than the public one.",
}
REMOVED_VARIABLES: dict[str, str] = {
    "CIBW_FREE_THREADED_SUPPORT": "remove it: free-threaded Python is built like any other",
    "CIBW_PRERELEASE_PYTHONS": "use CIBW_ENABLE=cpython-prerelease",
    "CIBW_BUILD_FRONTEND_ARGS": "add the arguments to CIBW_BUILD_FRONTEND, as in 'build; args: --no-isolation'",
    "CIBW_PYTHON_VERSION": "select Python versions with CIBW_BUILD, as in 'cp312-*'",
    "CIBW_MANYLINUX_IMAGE": "name the architecture, as in CIBW_MANYLINUX_X86_64_IMAGE",
    "CIBW_MUSLLINUX_IMAGE": "name the architecture, as in CIBW_MUSLLINUX_X86_64_IMAGE",
}
"""Variables of past releases, and names that are often mistaken for options."""
REMOVED_OPTIONS: dict[str, str] = {"free-threaded-support": "free-threaded Python is built like any other"}
REMOVED_GROUPS: dict[str, str] = {
    "cpython-freethreading": "free-threaded Python is built like any other",
    "cpython-experimental-riscv64": "riscv64 is built if archs includes it",
}
