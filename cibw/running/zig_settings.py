"""What a toolchain is prepared for, as its compilers read it at every call."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ZigSettings:
    """The zig program, the target of a toolchain, and which folders to leave out and to add.

    Paths are those of the machine that the compilers run on. `dropped_prefixes` are those of
    interpreters: library folders and rpaths below them stay out of the wheels. `links` is a directory
    in which build environments get a path that stays the same between runs. With `stands_in` a source
    is compiled as what an empty one includes, for a zig that finds no copy of a source again.
    `cpp_headers` is a folder that comes before the headers of zig's C++ library. `runtime` is a C++
    library that all objects share, and `processors` are the values of -march that interpreters hand on
    to the extensions of every project.
    """

    zig: str
    target: str
    cpu: str = "baseline"
    links: str = ""
    runtime: str = ""
    cpp_headers: str = ""
    processors: tuple[str, ...] = ()
    stands_in: bool = False
    dropped_prefixes: tuple[str, ...] = ()
    compile_arguments: tuple[str, ...] = ()
    link_arguments: tuple[str, ...] = ()

    def to_text(self) -> str:
        """One `name value` line for each value; raises ValueError for a value that has a line break."""
        lines = [
            f"zig {self.zig}",
            f"target {self.target}",
            f"cpu {self.cpu}",
            *((f"links {self.links}",) if self.links else ()),
            *((f"cpp-headers {self.cpp_headers}",) if self.cpp_headers else ()),
            *((f"runtime {self.runtime}",) if self.runtime else ()),
            *(f"processor {name}" for name in self.processors),
            *(("stands-in yes",) if self.stands_in else ()),
            *(f"dropped {prefix}" for prefix in self.dropped_prefixes),
            *(f"compile {argument}" for argument in self.compile_arguments),
            *(f"link {argument}" for argument in self.link_arguments),
        ]
        if any("\n" in line for line in lines):
            raise ValueError(f"a toolchain cannot use a path that contains a line break: {lines}")
        return "".join(f"{line}\n" for line in lines)
