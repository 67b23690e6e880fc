"""Paths on a machine, in terms of late values."""

from __future__ import annotations

from dataclasses import dataclass

from cibw.model.template import Late, Template

PROJECT = Template.of(Late.PROJECT)
SOURCE = Template.of(Late.SOURCE)
WORK = Template.of(Late.WORK)
BUILT_DIR = Template.of(Late.WORK, "/built")
REPAIRED_DIR = Template.of(Late.WORK, "/repaired")
REUSED_DIR = Template.of(Late.WORK, "/reused")
COMPILERS = Template.of(Late.WORK, "/compilers")
OWN_PYTHON = Template.of(Late.RESOURCES, "/own_python.sh")
COMPILER_CACHE = Template.of(Late.RESOURCES, "/compiler_cache.sh")
CERTIFICATES = Template.of(Late.RESOURCES, "/certificates.pem")
"""The certificates that cibw trusts, in a container; present only if a variable of a build refers to them."""
BUILD_ENVIRONMENT = Template.of(Late.WORK, "/build-env")
UV_ENVIRONMENT = Template.of(Late.WORK, "/uv-env")
TEST_ENVIRONMENT = Template.of(Late.WORK, "/test-env")
AUDIT_ENVIRONMENT = Template.of(Late.WORK, "/audit-env")
TEST_DIR = Template.of(Late.WORK, "/test")
CONSTRAINTS = Template.of(Late.WORK, "/constraints.txt")
MUSL_PYTHON = Template.of(Late.WORK, "/musl-python")


@dataclass(frozen=True, slots=True, kw_only=True)
class VenvLayout:
    """The program directory of a virtual environment, and the extension of its programs."""

    programs: str = "bin"
    ending: str = ""

    def bin_dir(self, environment: Template) -> Template:
        """The directory of the programs."""
        return Template.of(environment, f"/{self.programs}")

    def python(self, environment: Template) -> Template:
        """The Python of the environment."""
        return Template.of(self.bin_dir(environment), f"/python{self.ending}")


POSIX_VENV = VenvLayout()
WINDOWS_VENV = VenvLayout(programs="Scripts", ending=".exe")
