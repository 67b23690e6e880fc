"""Evaluates environment expressions on the machine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from cibw.errors import CommandFailedError, ErrorContext
from cibw.exhaustive import assert_never
from cibw.model.command import Outcome, Request
from cibw.model.environment import EnvExpr, EnvPart, Substitution, Variable
from cibw.model.template import Late
from cibw.running.memory import shortage_of

Runner = Callable[[Request], Outcome]


def evaluate(
    expressions: Iterable[EnvExpr],
    environment: Mapping[str, str],
    bindings: Mapping[Late, str],
    run: Runner,
    tell: Callable[[str, str], None] = lambda _name, _value: None,
) -> dict[str, str]:
    """Add assignments to an environment. Each assignment sees the earlier ones.

    Command substitutions are run by `run` in the project directory. CommandFailedError names the variable whose
    command failed. `tell` receives each name and value before anything else sees it.
    """
    result = dict(environment)
    for expression in expressions:
        scope = _Scope(expression.name, result, bindings, run)
        value = "".join(scope.value(part) for part in expression.parts)
        tell(expression.name, value)
        result[expression.name] = value
    return result


class _Scope:
    def __init__(self, name: str, environment: Mapping[str, str], bindings: Mapping[Late, str], run: Runner) -> None:
        self._name = name
        self._environment = environment
        self._bindings = bindings
        self._run = run

    def value(self, part: EnvPart) -> str:
        match part:
            case str():
                return part
            case Late():
                return self._bindings[part]
            case Variable():
                return self._variable(part)
            case Substitution():
                return self._substitute(part)
            case _:
                assert_never(part)

    def _variable(self, variable: Variable) -> str:
        found = self._environment.get(variable.name)
        if variable.default is not None and (found is None or (variable.or_empty and not found)):
            return "".join(self.value(part) for part in variable.default)
        return found or ""

    def _substitute(self, substitution: Substitution) -> str:
        argv = substitution.dialect.argv(substitution.command)
        request = Request(argv=argv, cwd=self._bindings[Late.PROJECT], environment=self._environment)
        outcome = self._run(request)
        if outcome.exit_code != 0:
            shortage = shortage_of(outcome, ())
            raise CommandFailedError(
                f"The command in the value of {self._name} failed{f', {shortage}' if shortage else ''}.",
                hint=shortage.hint
                if shortage
                else f"Run `{substitution.command}` on the build machine to see the error, or change {self._name}.",
                context=ErrorContext(command=substitution.command, exit_code=outcome.exit_code),
            )
        return outcome.stdout.rstrip("\r\n")
