"""The settings of a toolchain, which its compilers read at every call."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ZigSettings:
    """The zig program, the target of a toolchain, and the directories to exclude and to add.

    Paths are those of the machine that the compilers run on. `dropped_prefixes` are those of interpreters: library
    directories and rpaths below them are kept out of the wheels. `links` is a directory in which build environments
    get a path that is the same in every run. With `stands_in`, the wrapper compiles an empty source that includes
    the real one, for a zig that does not find copies of a source in its cache. `cpp_headers` is a directory that
    precedes zig's C++ headers. `runtime` is a C++ library shared by all objects, and `processors` are the values of
    -march that interpreters pass on to the extensions of every project.
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
        """Return one `name value` line for each value. Raise ValueError for a value with a line break."""
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
