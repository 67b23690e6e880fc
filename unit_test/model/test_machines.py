from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cibw.model.machines import CacheHits, CompilerCache, Mirrors


def test_files_are_hits_and_misses() -> None:
    assert CacheHits(tool=CompilerCache.CCACHE, hits=5, misses=2).files == 7


PSEUDO = (("maven:", "https://maven.example/m2/"),)
CHOSEN = (
    ("https://files.example", "https://mirror.example/files"),
    ("https://files.example/big/", "https://near.example"),
)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://files.example/a/b.pkg", "https://mirror.example/files/a/b.pkg"),
        ("https://files.example/big/b.pkg", "https://near.example/b.pkg"),
        ("https://files.example/bigger/b.pkg", "https://mirror.example/files/bigger/b.pkg"),
        ("https://files.example.org/b.pkg", "https://files.example.org/b.pkg"),
        ("maven:com/x.tar.gz", "https://maven.example/m2/com/x.tar.gz"),
    ],
)
def test_the_longest_beginning_of_whole_parts_is_replaced(address: str, expected: str) -> None:
    assert Mirrors(chosen=CHOSEN, pseudo=PSEUDO).resolve(address) == expected


@pytest.mark.parametrize("beginning", ["maven:", "https://maven.example/m2", "https://maven.example/"])
def test_a_user_may_replace_a_pseudo_address_or_what_it_means(beginning: str) -> None:
    mirrors = Mirrors(chosen=((beginning, "https://near.example/"),), pseudo=PSEUDO)
    assert mirrors.resolve("maven:com/x.tar.gz") in {
        "https://near.example/com/x.tar.gz",
        "https://near.example/m2/com/x.tar.gz",
    }


@given(st.text())
def test_without_mirrors_an_address_stays(address: str) -> None:
    assert Mirrors().resolve(address) == address


@given(st.text(min_size=1), st.text(), st.booleans())
def test_the_order_of_the_pairs_does_not_matter(beginning: str, address: str, turned: bool) -> None:
    pairs = (*CHOSEN, (beginning, "https://other.example"))
    mirrors = Mirrors(chosen=pairs[::-1] if turned else pairs)
    assert mirrors.resolve(address) == Mirrors(chosen=pairs).resolve(address)


IMAGES = Mirrors(
    chosen=(
        ("quay.io", "near.example/quay"),
        ("quay.io/pypa/", "near.example/pypa"),
        ("docker.io", "near.example/hub/"),
        ("maven:", "https://m.example"),
    )
)


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("quay.io/pypa/manylinux_2_28_x86_64:1@sha256:ab", "near.example/pypa/manylinux_2_28_x86_64:1@sha256:ab"),
        ("quay.io/other/x:1", "near.example/quay/other/x:1"),
        ("quay.iox/pypa/x", "quay.iox/pypa/x"),
        ("ubuntu:24.04", "near.example/hub/library/ubuntu:24.04"),
        ("me/image", "near.example/hub/me/image"),
        ("docker.io/me/image", "near.example/hub/me/image"),
        ("maven:3", "near.example/hub/library/maven:3"),
        ("localhost/x:1", "localhost/x:1"),
        ("localhost:5000/x", "localhost:5000/x"),
    ],
)
def test_an_image_comes_from_the_mirror_of_its_registry(reference: str, expected: str) -> None:
    assert IMAGES.image(reference) == expected


@given(st.text())
def test_without_mirrors_an_image_stays(reference: str) -> None:
    assert Mirrors().image(reference) == reference
