"""A build backend without requirements, whose wheels are the same whenever they are built from the same files."""

import base64
import hashlib
import os
import shlex
import subprocess
import sysconfig
import zipfile
from pathlib import Path

INFO = "gated-1.0.dist-info"
CHUNK = 32
# Without debugging information, which holds paths, the module is always the same.
FLAGS = ["-O1", "-s", "-shared", "-fPIC", "-Wl,--build-id=none"]


def get_requires_for_build_wheel(config_settings=None):
    return []


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    subprocess.run(["sh", "gate.sh", "build"], check=True)
    python = f"cp{sysconfig.get_config_var('py_version_nodot')}"
    tag = f"{python}-{python}-linux_{os.uname().machine}"
    module = f"gated{sysconfig.get_config_var('EXT_SUFFIX')}"
    include = sysconfig.get_path("include")
    compiler = shlex.split(os.environ.get("CC", "cc"))
    subprocess.run([*compiler, *FLAGS, f"-I{include}", "gated.c", "-o", module], check=True)
    files = {
        module: Path(module).read_bytes(),
        "gated_value.py": Path("gated_value.py").read_bytes(),
        "gated_payload.bin": payload(int(Path("size.txt").read_text())),
        f"{INFO}/METADATA": b"Metadata-Version: 2.1\nName: gated\nVersion: 1.0\n",
        f"{INFO}/WHEEL": f"Wheel-Version: 1.0\nGenerator: gated\nRoot-Is-Purelib: false\nTag: {tag}\n".encode(),
    }
    lines = [f"{name},sha256={digest(data)},{len(data)}" for name, data in files.items()]
    files[f"{INFO}/RECORD"] = "\n".join([*lines, f"{INFO}/RECORD,,", ""]).encode()
    wheel = f"gated-1.0-{tag}.whl"
    with zipfile.ZipFile(Path(wheel_directory, wheel), "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), data)
    return wheel


def digest(data):
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


def payload(size):
    """Bytes that do not compress, the same for the same size."""
    chunks = (hashlib.sha256(str(number).encode()).digest() for number in range(size // CHUNK + 1))
    return b"".join(chunks)[:size]
