"""What a toolchain was prepared for, as its compilers read it at every call."""

from __future__ import annotations

_SPELLED = {"x86": "i386"}
"""Architectures that zig spells in its own way, as Debian's multiarch tuples spell them."""


class ZigSettings:
    """The target of a toolchain, and which folders to leave out and to add.

    Written out by hand and kept as plain lines, because `dataclasses` and `json` take longer to
    import than the rest of a call takes.
    """

    __slots__ = ("compile_arguments", "cpu", "dropped_prefixes", "link_arguments", "target")

    def __init__(
        self,
        *,
        target: str,
        cpu: str = "baseline",
        dropped_prefixes: tuple[str, ...] = (),
        compile_arguments: tuple[str, ...] = (),
        link_arguments: tuple[str, ...] = (),
    ) -> None:
        self.target = target
        self.cpu = cpu
        self.dropped_prefixes = dropped_prefixes
        self.compile_arguments = compile_arguments
        self.link_arguments = link_arguments

    def to_text(self) -> str:
        """One `name value` line for each value; raises ValueError for a value that has a line break."""
        lines = [
            f"target {self.target}",
            f"cpu {self.cpu}",
            *(f"dropped {prefix}" for prefix in self.dropped_prefixes),
            *(f"compile {argument}" for argument in self.compile_arguments),
            *(f"link {argument}" for argument in self.link_arguments),
        ]
        if any("\n" in line for line in lines):
            raise ValueError(f"a toolchain can't use a path that has a line break: {lines}")
        return "".join(f"{line}\n" for line in lines)

    @classmethod
    def from_text(cls, text: str) -> ZigSettings:
        """The settings that `to_text` wrote."""
        values: dict[str, list[str]] = {"dropped": [], "compile": [], "link": []}
        for line in text.split("\n")[:-1]:
            name, _, value = line.partition(" ")
            values.setdefault(name, []).append(value)
        return cls(
            target=values["target"][0],
            cpu=values["cpu"][0],
            dropped_prefixes=tuple(values["dropped"]),
            compile_arguments=tuple(values["compile"]),
            link_arguments=tuple(values["link"]),
        )


def multiarch(target: str) -> str:
    """The multiarch tuple of a zig target: `x86_64-linux-gnu.2.17` is `x86_64-linux-gnu`."""
    architecture, system, libc = target.split("-", 2)
    return "-".join((_SPELLED.get(architecture, architecture), system, libc.partition(".")[0]))
