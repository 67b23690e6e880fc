"""Copies the certificates that cibw trusts, for a pip that does not use the system's certificate store.

certificates.py FILE

They come from the file in SSL_CERT_FILE, else from certifi or the system.
"""

from __future__ import annotations

import os
import shutil
import ssl
import sys
from collections.abc import Mapping
from pathlib import Path


def main(file: str) -> None:
    """Write the file, unless no certificates are found."""
    chosen = certificate_file(os.environ)
    if chosen:
        Path(file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(chosen, file)


def certificate_file(environment: Mapping[str, str]) -> str:
    """Return the file of the certificates that cibw trusts, or an empty string."""
    return environment.get("SSL_CERT_FILE") or bundled()


def bundled() -> str:
    """Return the certificates of certifi, else those of the system."""
    try:
        import certifi
    except ImportError:
        return ssl.get_default_verify_paths().cafile or ""
    return certifi.where()


if __name__ == "__main__":
    main(sys.argv[1])
