"""Where things lie on a machine, in terms of late values."""

from __future__ import annotations

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
BUILD_ENVIRONMENT = Template.of(Late.WORK, "/build-env")
UV_ENVIRONMENT = Template.of(Late.WORK, "/uv-env")
TEST_ENVIRONMENT = Template.of(Late.WORK, "/test-env")
AUDIT_ENVIRONMENT = Template.of(Late.WORK, "/audit-env")
TEST_DIR = Template.of(Late.WORK, "/test")
CONSTRAINTS = Template.of(Late.WORK, "/constraints.txt")
MUSL_PYTHON = Template.of(Late.WORK, "/musl-python")
