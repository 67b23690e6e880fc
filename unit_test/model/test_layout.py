from __future__ import annotations

from cibw.model import layout
from cibw.model.facts import Facts, HostInterpreter
from cibw.model.identifier import Interpreter
from cibw.model.images import EngineName
from cibw.model.target import Family, Platform
from cibw.model.template import Late


def test_scratch_directories_lie_below_the_work_directory() -> None:
    directories = (layout.BUILT_DIR, layout.REPAIRED_DIR, layout.TEST_DIR, layout.CONSTRAINTS)
    texts = [directory.render({Late.WORK: "/work"}) for directory in directories]
    assert len(set(texts)) == len(texts)
    assert all(text.startswith("/work/") for text in texts)


def test_facts_that_nobody_probed_plan_containers() -> None:
    facts = Facts(platform=Platform.LINUX, machine="x86_64")
    assert facts.engine is EngineName.AUTO
    assert HostInterpreter(interpreter=Interpreter.parse("cp39"), path="/usr/bin/python3.9").libc is Family.MANYLINUX
