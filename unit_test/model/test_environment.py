from __future__ import annotations

import pytest

from cibw.model.environment import EnvExpr, EnvPart, Substitution, Variable
from cibw.model.template import Late


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        ((), "A="),
        (("plain", Late.PROJECT), "A=plain{project}"),
        ((Variable("X"), Substitution("echo hi")), "A=${X}$(echo hi)"),
        ((Variable("X", default=("d", Variable("Y"))),), "A=${X:-d${Y}}"),
        ((Variable("X", default=(), or_empty=False),), "A=${X-}"),
    ],
)
def test_an_assignment_reads_as_in_a_shell(parts: tuple[EnvPart, ...], text: str) -> None:
    assert str(EnvExpr("A", parts)) == text
