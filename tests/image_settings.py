"""The images that tests build in, by the settings that name them."""

from __future__ import annotations

import os

from cibw.model.machines import Image

_PLATFORMS = {
    "manylinux_x86_64": "linux/amd64",
    "musllinux_x86_64": "linux/amd64",
    "manylinux_aarch64": "linux/arm64",
}


def image(name: str) -> Image:
    """The image for a target such as `manylinux_x86_64`.

    TESTS_IMAGE_MANYLINUX_X86_64 and its like name it, else it is the one that bin/make_test_image.py makes.
    """
    reference = os.environ.get(f"TESTS_IMAGE_{name.upper()}") or f"cibw-test/{name}:1"
    return Image(reference=reference, oci_platform=_PLATFORMS[name])


def image_settings(*targets: str) -> dict[str, str]:
    """Settings that name the tests' images for some targets."""
    return {f"CIBW_{target.upper()}_IMAGE": image(target).reference for target in targets}
