from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cibw.config.values.containers import KNOWN_FLAGS, parse_create_args
from cibw.config.values.types import forget
from cibw.model.machines import CreateOptions

values = st.text("abc:/=,", min_size=1, max_size=6)


def parse(text: str) -> CreateOptions:
    return parse_create_args(text.split(), forget)


def test_every_flag_has_its_option() -> None:
    text = (
        "-v /a:/b --volume=/c:/d:ro -e A=1 --env B=x=y --net host -u root -h box -m 2g --cpus 1.5 --cpuset-cpus 0,1 "
        "--shm-size 1g --device /dev/fuse --cap-add SYS_PTRACE --cap-drop ALL --security-opt seccomp=unconfined "
        "--add-host db:10.0.0.1 --dns 1.1.1.1 --ulimit nofile=10:20 -l a=b --label c --tmpfs /run --privileged --init"
    )
    assert parse(text) == CreateOptions(
        volumes=("/a:/b", "/c:/d:ro"),
        environment=(("A", "1"), ("B", "x=y")),
        network="host",
        user="root",
        hostname="box",
        memory="2g",
        cpus="1.5",
        cpuset="0,1",
        shm_size="1g",
        devices=("/dev/fuse",),
        cap_add=("SYS_PTRACE",),
        cap_drop=("ALL",),
        security_opt=("seccomp=unconfined",),
        add_hosts=(("db", "10.0.0.1"),),
        dns=("1.1.1.1",),
        ulimits=("nofile=10:20",),
        labels=(("a", "b"), ("c", "")),
        tmpfs=("/run",),
        privileged=True,
        init=True,
    )


@given(values)
def test_a_value_may_stand_in_the_same_word(value: str) -> None:
    assert parse(f"--network={value}") == parse(f"--network {value}") == parse(f"--net {value}")
    if not value.startswith("="):
        assert parse(f"-v{value}") == parse(f"-v {value}")


@given(st.lists(st.sampled_from(["a", "-v", "--init", "--x", "--env", "A=1", "--platform"]), max_size=4))
def test_any_words_are_translated_or_refused(words: list[str]) -> None:
    with suppress(ValueError):
        assert isinstance(parse_create_args(words, forget), CreateOptions)


def test_the_last_of_two_counts() -> None:
    assert parse("--network a --network b --init --init=false") == CreateOptions(network="b")
    assert parse("--init=false --init=Yes") == parse("--init=1") == CreateOptions(init=True)


def test_a_platform_is_dropped_with_a_note() -> None:
    notes: list[str] = []
    assert parse_create_args(["--platform", "linux/arm64", "--platform=x"], notes.append) == CreateOptions()
    assert all("--platform" in note for note in notes)
    assert len(notes) == 2


@pytest.mark.parametrize(
    "text",
    ["--rm", "-it", "-i -t", "--interactive", "--name x", "--cgroups=disabled", "-w /x", "-p 80:80", "--pull always"],
)
def test_what_means_nothing_to_a_build_is_left_out_with_a_note(text: str) -> None:
    notes: list[str] = []
    assert parse_create_args([*text.split(), "--init"], notes.append) == CreateOptions(init=True)
    assert notes
    assert all(note.endswith(tuple("abcdefghijklmnopqrstuvwxyz")) and "is ignored: " in note for note in notes)


def test_other_flags_go_to_the_engine_as_they_are() -> None:
    assert parse("--gpus all --mount type=tmpfs,target=/x --group-add=render -c 5 --read-only").more == (
        ("--gpus", "all"),
        ("--mount", "type=tmpfs,target=/x"),
        ("--group-add", "render"),
        ("--cpu-shares", "5"),
        ("--read-only", "true"),
    )


def test_a_variable_without_a_value_is_taken_from_the_environment() -> None:
    assert parse("-e TOKEN --env A=1 -eB") == CreateOptions(environment=(("A", "1"),), passed=("TOKEN", "B"))


def test_both_forms_of_a_host_are_read() -> None:
    assert parse("--add-host a:1.2.3.4 --add-host=b=::1").add_hosts == (("a", "1.2.3.4"), ("b", "::1"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("--link db", "--link in create-args is not supported"),
        ("-xi", "-x in create-args is not supported"),
        ("--env-file=x", "--env-file in create-args is not supported"),
        ("--volumes=/a:/b", "--volumes in create-args is not supported"),
        ("ubuntu", "'ubuntu' in create-args is not a flag"),
        ("--network", "--network in create-args requires a value"),
        ("--init=maybe", "--init in create-args must be true or false"),
        ("--env =HOME", "must have the form name=value"),
        ("--add-host db", "must have the form name:value"),
    ],
)
def test_what_cibw_can_not_do_is_refused_by_name(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse(text)


def test_an_unknown_flag_has_a_close_match() -> None:
    with pytest.raises(ValueError, match="--volumes") as caught:
        parse("--volumes x")
    assert vars(caught.value)["hint"] == "did you mean '--volume'?"
    assert "--volume" in KNOWN_FLAGS
