from __future__ import annotations

from cibw.model.plan import Run
from cibw.model.templates import Shell
from unit_test.planning.planned import WINDOWS, plan_of


def test_every_command_on_windows_knows_its_shell() -> None:
    text = '[tool.cibw]\nbefore-all = "x"\ntest-command = "y"\ntest-sources = ["z"]\nbuild = "cp314-win_amd64"'
    (job,) = plan_of(text, WINDOWS).jobs
    (build,) = job.builds
    assert job.before_all is not None
    steps = (job.before_all, build.prepare, *build.make, *build.test)
    commands = [action.command for step in steps for action in step.actions if isinstance(action, Run)]
    assert {command.dialect for command in commands} == {Shell.CMD}
