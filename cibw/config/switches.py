"""Variables that are no options, and those that past releases of cibuildwheel had."""

from __future__ import annotations

SWITCHES: dict[str, str] = {
    "CIBW_PLATFORM": "The platform to build for, as `--platform`.",
    "CIBW_OUTPUT_DIR": "The directory that gets the wheels, as `--output-dir`.",
    "CIBW_ALLOW_EMPTY": "Succeed if no build is selected, like `--allow-empty`.",
    "CIBW_PROJECT_REQUIRES_PYTHON": "The Python versions of the project, in place of what its metadata says.",
    "CIBW_CACHE_PATH": "The directory of the cache.",
    "CIBW_CACHE_PROJECT": "A name for the project in the volumes of container engines; its path by default.",
    "CIBW_CACHE_SIZE": "How large the store of finished wheels may become, such as `500MB`; 5 GB by default.",
    "CIBW_PREPARED_IMAGES": "Whether prepared images are made and used: `yes`, from the first run on, or `no`.",
    "CIBW_DEBUG_KEEP_CONTAINER": "Containers stay after the run.",
    "CIBW_DEBUG_TRACEBACK": "Failures come with a traceback, as `--debug-traceback`.",
    "CIBW_LOG_FOLD_MODE": "How output is folded: azure, github, gitlab, travis or disabled.",
    "CIBW_INHERIT": "How variables merge with the configuration file: `test-command: append; environment: prepend`.",
    "CIBW_PUBLISH_TOKEN": "An API token of the index that files are sent to.",
    "CIBW_PUBLISH_USERNAME": "A user's name at the index, where it has no tokens.",
    "CIBW_PUBLISH_PASSWORD": "That user's password.",
    "CIBW_SIGSTORE_TRUST_CONFIG": "A file with the trust configuration of another Sigstore than the public one.",
}
REMOVED_VARIABLES: dict[str, str] = {
    "CIBW_FREE_THREADED_SUPPORT": "remove it: free-threaded Python is built like any other",
    "CIBW_PRERELEASE_PYTHONS": "write CIBW_ENABLE=cpython-prerelease",
    "CIBW_BUILD_FRONTEND_ARGS": "write the arguments into CIBW_BUILD_FRONTEND, as in 'build; args: --no-isolation'",
    "CIBW_PYTHON_VERSION": "select Python versions by CIBW_BUILD, as in 'cp312-*'",
    "CIBW_MANYLINUX_IMAGE": "name the architecture, as in CIBW_MANYLINUX_X86_64_IMAGE",
    "CIBW_MUSLLINUX_IMAGE": "name the architecture, as in CIBW_MUSLLINUX_X86_64_IMAGE",
}
"""Variables of past releases, and names that are often taken for those of options."""
REMOVED_OPTIONS: dict[str, str] = {"free-threaded-support": "free-threaded Python is built like any other"}
REMOVED_GROUPS: dict[str, str] = {
    "cpython-freethreading": "free-threaded Python is built like any other",
    "cpython-experimental-riscv64": "riscv64 is built where archs names it",
}
