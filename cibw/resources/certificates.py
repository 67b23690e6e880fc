"""Copies the certificates that cibw trusts, for a pip that does not look into the store of the system.

certificates.py FILE

They are those of a file that SSL_CERT_FILE names, else certifi's or the system's.
"""

from __future__ import annotations

import os
import shutil
import ssl
import sys
from collections.abc import Mapping
from pathlib import Path


def main(file: str) -> None:
    """Write the file; nothing where no certificates are found."""
    chosen = certificate_file(os.environ)
    if chosen:
        Path(file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(chosen, file)


def certificate_file(environment: Mapping[str, str]) -> str:
    """The file of the certificates that cibw trusts; empty where there is none."""
    return environment.get("SSL_CERT_FILE") or bundled()


def bundled() -> str:
    """The certificates of certifi, else those of the system."""
    try:
        import certifi
    except ImportError:
        return ssl.get_default_verify_paths().cafile or ""
    return certifi.where()


if __name__ == "__main__":
    main(sys.argv[1])
