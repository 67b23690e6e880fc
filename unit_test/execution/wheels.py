"""Wheels in memory."""

from __future__ import annotations

import io
import zipfile


def wheel_bytes(*, native: bool) -> bytes:
    """The bytes of a small zip file that looks like a wheel, with an ELF member where `native` is set."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("hello/__init__.py", "")
        if native:
            archive.writestr("hello/_hello.so", b"\x7fELF and more")
    return buffer.getvalue()
