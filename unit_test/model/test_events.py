from __future__ import annotations

from cibw.errors import ErrorContext, NoWheelError
from cibw.model.events import Failure, failure_of


def test_an_error_becomes_a_value() -> None:
    context = ErrorContext(identifier="cp39-win32", step="build")
    error = NoWheelError("no wheel", hint="look", context=context)
    assert failure_of(error) == Failure(
        reference="no-wheel", message="no wheel", hint="look", exit_code=10, context=context
    )
