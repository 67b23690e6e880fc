"""Hostile sdists: paths and links that lead outside, bombs, broken archives, odd names and odd metadata."""

from __future__ import annotations

import gzip
import io
import lzma
import tarfile
from pathlib import Path

from tests.faults.hostile import BLOCK, GIB, ROOT, Kinds, Setting, many_headers, multipart
from tests.faults.tars import bomb, file, link, pack, packed, tar_bytes, usual
from tests.releases import make_sdist, metadata

sdist = Kinds()


@sdist("plain")
def _plain(setting: Setting) -> Path:
    return make_sdist(setting.directory, "demo", "1.0")


@sdist("traversal", refused=True)
def _traversal(setting: Setting) -> Path:
    up = "../" * setting.chance.randint(1, 12)
    return packed(setting, file(f"{ROOT}/{up}escaped.txt"))


@sdist("absolute", refused=True)
def _absolute(setting: Setting) -> Path:
    return packed(setting, file(str(setting.target / "absolute.txt")))


@sdist("link-then-file", refused=True)
def _link_then_file(setting: Setting) -> Path:
    return packed(setting, link(f"{ROOT}/out", str(setting.target)), file(f"{ROOT}/out/through.txt"))


@sdist("link-replaced", refused=True)
def _link_replaced(setting: Setting) -> Path:
    victim = str(setting.target / "victim.txt")
    return packed(setting, link(f"{ROOT}/same", victim), file(f"{ROOT}/same", b"overwritten\n"))


@sdist("hard-link-outside", refused=True)
def _hard_link(setting: Setting) -> Path:
    victim = str(setting.target / "victim.txt")
    return packed(setting, link(f"{ROOT}/same", victim, tarfile.LNKTYPE), file(f"{ROOT}/same", b"overwritten\n"))


@sdist("long-path-links", refused=True)
def _long_path_links(setting: Setting) -> Path:
    """The form of CVE-2025-4517: paths so long that the system no longer resolves the links in them."""
    entries, path, long = [], ROOT, "d" * 247
    for letter in "abcdefghijklmnop":
        entries += [file(f"{path}/{long}", b"", type=tarfile.DIRTYPE), link(f"{path}/{letter}", long)]
        path = f"{path}/{letter}"
    entries += [link(f"{path}/{'l' * 254}", "../" * 16)]
    up = f"{path.removeprefix(ROOT + '/')}/{'l' * 254}/" + "../" * 30 + str(setting.target).lstrip("/")
    entries += [link(f"{ROOT}/escape", up), link(f"{ROOT}/written", "escape/victim.txt", tarfile.LNKTYPE)]
    return packed(setting, *entries, file(f"{ROOT}/written", b"overwritten\n"))


@sdist("link-chain", refused=True)
def _link_chain(setting: Setting) -> Path:
    chain = [link(f"{ROOT}/l{number}", "..") for number in range(1)]
    chain += [link(f"{ROOT}/l{number}", f"l{number - 1}/..") for number in range(1, 12)]
    return packed(setting, *chain, file(f"{ROOT}/l11/escaped.txt"))


@sdist("link-loop")
def _link_loop(setting: Setting) -> Path:
    return packed(setting, link(f"{ROOT}/a", "b"), link(f"{ROOT}/b", "a"))


@sdist("devices", refused=True)
def _devices(setting: Setting) -> Path:
    kind = setting.chance.choice([tarfile.CHRTYPE, tarfile.BLKTYPE])
    return packed(setting, file(f"{ROOT}/device", b"", type=kind, devmajor=1, devminor=3))


@sdist("fifo")
def _fifo(setting: Setting) -> Path:
    return packed(setting, file(f"{ROOT}/setup.py", b"", type=tarfile.FIFOTYPE))


@sdist("bomb", refused=True)
def _bomb(setting: Setting) -> Path:
    return bomb(setting, f"{ROOT}/zeros.bin", usual())


@sdist("metadata-bomb", refused=True)
def _metadata_bomb(setting: Setting) -> Path:
    return bomb(setting, f"{ROOT}/PKG-INFO", usual()[1:])


@sdist("configuration-bomb", refused=True)
def _configuration_bomb(setting: Setting) -> Path:
    return bomb(setting, f"{ROOT}/pyproject.toml", usual()[:1])


@sdist("extended-header-bomb", refused=True)
def _extended_header_bomb(setting: Setting) -> Path:
    info = tarfile.TarInfo("pax")
    info.type, info.size = setting.chance.choice([tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME]), 2 * GIB
    zeros = gzip.compress(bytes(BLOCK), mtime=0)
    path = setting.directory / f"{ROOT}.tar.gz"
    path.write_bytes(gzip.compress(info.tobuf(tarfile.GNU_FORMAT), mtime=0) + zeros * (2 * GIB // BLOCK))
    return path


@sdist("extended-path", refused=True)
def _extended_path(setting: Setting) -> Path:
    info, data = file(f"{ROOT}/harmless.txt")
    info.pax_headers = {"path": str(setting.target / "pax.txt")}
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for entry in (*usual(), (info, data)):
            archive.addfile(entry[0], io.BytesIO(entry[1]))
    return pack(setting, buffer.getvalue())


@sdist("flipped-byte", refused=True)
def _flipped_byte(setting: Setting) -> Path:
    path = packed(setting, file(f"{ROOT}/random.bin", setting.chance.randbytes(4000)))
    data = bytearray(path.read_bytes())
    data[setting.chance.randrange(len(data) // 2, len(data) - 8)] ^= 1 << setting.chance.randrange(8)
    path.write_bytes(data)
    return path


@sdist("truncated", refused=True)
def _truncated(setting: Setting) -> Path:
    path = packed(setting, file(f"{ROOT}/random.bin", setting.chance.randbytes(4000)))
    data = path.read_bytes()
    path.write_bytes(data[: setting.chance.randrange(len(data) - 9)])
    return path


@sdist("wrong-sum", refused=True)
def _wrong_sum(setting: Setting) -> Path:
    path = packed(setting)
    data = bytearray(path.read_bytes())
    data[-setting.chance.randint(1, 8)] ^= 0xFF
    path.write_bytes(data)
    return path


@sdist("lying-size", refused=True)
def _lying_size(setting: Setting) -> Path:
    data = bytearray(tar_bytes(usual()))
    # A size in base 256, which may be negative or more than there is.
    size = setting.chance.choice([b"\xff" * 12, b"\x80" + b"\x7f" * 11, b"\x80" + bytes(6) + b"\xff" * 5])
    data[124:136] = size
    total = sum(data[:148]) + 8 * 32 + sum(data[156:512])
    data[148:156] = f"{total:06o}\0 ".encode()
    return pack(setting, bytes(data))


@sdist("names")
def _names(setting: Setting) -> Path:
    odd = [
        "new\nline",
        "\x1b[2Jescape",
        "\u202ebidi",
        "NUL",
        "dot.",
        " ",
        "\udcff\udcfe",
        "a\\..\\b",
        "::group::x",
        "n" * 255,
    ]
    setting.chance.shuffle(odd)
    return packed(setting, *(file(f"{ROOT}/{name}") for name in odd))


@sdist("name-too-long", refused=True)
def _name_too_long(setting: Setting) -> Path:
    return packed(setting, file(f"{ROOT}/{'n' * setting.chance.randint(256, 5000)}"))


@sdist("duplicates")
def _duplicates(setting: Setting) -> Path:
    again = usual(pkg_info=metadata("other", "2.0").encode())
    return packed(setting, *again, file(f"{ROOT}/Setup.py"), file(f"{ROOT}/setup.py"))


@sdist("file-and-directory", refused=True)
def _file_and_directory(setting: Setting) -> Path:
    return packed(setting, file(f"{ROOT}/x"), file(f"{ROOT}/x/y"))


@sdist("roots")
def _roots(setting: Setting) -> Path:
    return packed(setting, file("other-1.0/pyproject.toml"), file("loose.txt"))


@sdist("deep")
def _deep(setting: Setting) -> Path:
    return packed(setting, file(f"{ROOT}/{'d/' * setting.chance.randint(1000, 3000)}f"))


@sdist("many-entries")
def _many_entries(setting: Setting) -> Path:
    return packed(setting, *(file(f"{ROOT}/{number}", b"") for number in range(30_000)))


@sdist("multipart")
def _multipart(setting: Setting) -> Path:
    return pack(setting, tar_bytes(usual(pkg_info=multipart(setting))))


@sdist("metadata-encoding")
def _metadata_encoding(setting: Setting) -> Path:
    text = metadata("demo", "1.0", "Author: \u00e4").encode(setting.chance.choice(["latin-1", "utf-16", "utf-32"]))
    return pack(setting, tar_bytes(usual(pkg_info=text)))


@sdist("many-classifiers")
def _many_classifiers(setting: Setting) -> Path:
    return pack(setting, tar_bytes(usual(pkg_info=many_headers(setting))))


@sdist("deep-configuration", refused=True)
def _deep_configuration(setting: Setting) -> Path:
    depth = setting.chance.randint(2_000, 60_000)
    text = setting.chance.choice(["x = " + "[" * depth, "x = " + "{a=" * depth, "[" + "a." * depth + "a]"])
    return pack(setting, tar_bytes(usual(pyproject=text.encode())))


@sdist("configuration-encoding", refused=True)
def _configuration_encoding(setting: Setting) -> Path:
    text = b'[project]\nname = "d\xe4mo"\n' if setting.chance.random() < 0.5 else "[project]\n".encode("utf-16")
    return pack(setting, tar_bytes(usual(pyproject=text)))


@sdist("setup-encoding")
def _setup_encoding(setting: Setting) -> Path:
    encoding = setting.chance.choice(["latin-1", "no-such-encoding", "rot13", "utf-7", "idna"])
    return packed(setting, file(f"{ROOT}/setup.py", f"# -*- coding: {encoding} -*-\n# ".encode() + b"\xe4\0\n"))


@sdist("deep-setup")
def _deep_setup(setting: Setting) -> Path:
    depth = setting.chance.randint(100, 50_000)
    text = setting.chance.choice(["(" * depth, "x = " + "-" * depth + "1", "+".join(["1"] * depth)])
    return packed(setting, file(f"{ROOT}/setup.py", f"from setuptools import setup\n{text}\n".encode()))


@sdist("other-format")
def _other_format(setting: Setting) -> Path:
    data = tar_bytes(usual())
    path = setting.directory / f"{ROOT}.tar.gz"
    path.write_bytes(setting.chance.choice([data, lzma.compress(data), b"", b"PK\x05\x06" + bytes(18)]))
    return path


@sdist("mutated")
def _mutated(setting: Setting) -> Path:
    data = bytearray(tar_bytes([*usual(), link(f"{ROOT}/link", "PKG-INFO"), file(f"{ROOT}/d/setup.py", b"x = 1\n")]))
    for _ in range(setting.chance.randint(1, 12)):
        block = setting.chance.randrange(len(data) // 512 - 2) * 512
        data[block + setting.chance.randrange(300)] = setting.chance.randrange(256)
        total = sum(data[block : block + 148]) + 8 * 32 + sum(data[block + 156 : block + 512])
        data[block + 148 : block + 156] = f"{total:06o}\0 ".encode()
    return pack(setting, bytes(data))
