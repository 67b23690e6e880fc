"""Takes files of a package from the wheel for the target. Runs in the Python of the build environment.

xbuild_files.py DIRECTORY TRIPLET NAME FILE...

If a package is installed, its version for the target is unpacked into DIRECTORY, and FILEs, relative to
site-packages, replace those of the package. So a build that links with the package's libraries finds those of the
target, while the build itself imports the host's package.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path


def requirement(found: Distribution, name: str) -> str:
    """Return a requirement for exactly the installed distribution, by its address if it was installed from one."""
    origin = found.read_text("direct_url.json")
    return f"{name} @ {json.loads(origin)['url']}" if origin else f"{name}=={found.version}"


def replace(source: Path, site: Path, files: tuple[str, ...]) -> None:
    """Copy files over those of the package. Report those that the wheel for the target lacks."""
    for file in files:
        if (source / file).exists():
            (site / file).parent.mkdir(parents=True, exist_ok=True)
            # The existing file may be a link into uv's cache, which must not change.
            (site / file).unlink(missing_ok=True)
            shutil.copy2(source / file, site / file)
            print(f"{file} is replaced with the file for the target")
        else:
            print(f"The wheel for the target does not contain {file}, which xbuild-files lists.", file=sys.stderr)


def main(directory: str, triplet: str, name: str, *files: str) -> None:
    """Replace the files of one package, if it is installed."""
    try:
        found = distribution(name)
    except PackageNotFoundError:
        return
    shutil.rmtree(directory, ignore_errors=True)
    command = ["uv", "pip", "install", "--python", sys.executable, "--python-platform", triplet, "--no-deps"]
    command += ["--only-binary", ":all:", "--target", directory, requirement(found, name)]
    done = subprocess.run(command, check=False, env=os.environ)
    if done.returncode:
        sys.exit(f"{name} {found.version} has no wheel for {triplet}, but xbuild-files lists files from it.")
    replace(Path(directory), Path(sysconfig.get_path("purelib")), files)


if __name__ == "__main__":
    main(*sys.argv[1:])
