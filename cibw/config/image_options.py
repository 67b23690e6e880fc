"""Image options: one for each family and architecture of Linux, and additional ones for PyPy."""

from __future__ import annotations

from cibw.config.kinds_of_tools import IMAGE
from cibw.config.option import LINUX, Facts, Option, Places

_LINUX = Places(tables=LINUX, suffixes=LINUX)
_MANYLINUX = {
    **dict.fromkeys(("x86_64", "i686", "aarch64", "ppc64le", "s390x"), "manylinux_2_28"),
    "armv7l": "manylinux_2_31",
    "riscv64": "manylinux_2_39",
}
_PYPY = ("pypy_x86_64", "pypy_i686", "pypy_aarch64")


def _image(name: str, default: str, what: str) -> Option[str]:
    facts = Facts(name=name, description=f"Image for {what}.", default=default, places=_LINUX, ignore_empty=True)
    return Option(kind=IMAGE, facts=facts)


def image_option_name(family: str, architecture: str) -> str:
    """The name of an image option, e.g. `manylinux-x86_64-image`."""
    return f"{family}-{architecture}-image"


IMAGES: dict[str, Option[str]] = {
    option.facts.name: option
    for option in (
        *(_image(f"manylinux-{arch}-image", image, f"manylinux on {arch}") for arch, image in _MANYLINUX.items()),
        *(
            _image(f"manylinux-{arch}-image", "", f"PyPy for manylinux on {arch[5:]}; empty to use the CPython image")
            for arch in _PYPY
        ),
        *(_image(f"musllinux-{arch}-image", "musllinux_1_2", f"musllinux on {arch}") for arch in _MANYLINUX),
    )
}
