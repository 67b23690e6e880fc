"""Configure cattrs for the values of the model."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from cibw.model.command import Command
from cibw.model.environment import EnvExpr
from cibw.model.identifier import BuildIdentifier, Interpreter
from cibw.model.images import ContainerSpec, CreateOptions, HostSpec, MachineSpec
from cibw.model.plan import Action, Fetch, PutFiles, PutText, Run
from cibw.model.target import Target
from cibw.model.template import Template
from cibw.reporting.template_codec import expression_data, expression_from, template_data, template_from, text

if TYPE_CHECKING:
    from cattrs import Converter

_UNIONS = (
    (Action, {"run": Run, "put_text": PutText, "put_files": PutFiles, "fetch": Fetch}),
    (MachineSpec, {"container": ContainerSpec, "host": HostSpec}),
)


@cache
def converter() -> Converter:
    """The converter between the model and lists, dicts, strings and numbers.

    Creating it compiles functions for each class of the model, which takes longer than converting a plan.
    """
    from cattrs import Converter
    from cattrs.strategies import configure_tagged_union

    made = Converter()
    _add_texts(made)
    _add_templates(made)
    _add_short_forms(made)
    for union, kinds in _UNIONS:
        names = {kind: name for name, kind in kinds.items()}
        configure_tagged_union(union, made, tag_name="type", tag_generator=names.__getitem__)
        _put_type_first(made, union)
    return made


def mistakes_of(error: Exception) -> list[str] | None:
    """The mistakes in invalid data, each with its place; None for other errors."""
    from cattrs import BaseValidationError, transform_error

    if isinstance(error, BaseValidationError):
        return transform_error(error, path="")
    return None


def _add_texts(converter: Converter) -> None:
    for kind in (BuildIdentifier, Interpreter, Target):
        converter.register_unstructure_hook(kind, str)
    converter.register_structure_hook(BuildIdentifier, lambda value, _: BuildIdentifier.parse(text(value)))
    converter.register_structure_hook(Interpreter, lambda value, _: Interpreter.parse(text(value)))
    converter.register_structure_hook(Target, lambda value, _: Target.parse(text(value)))


def _add_templates(converter: Converter) -> None:
    converter.register_unstructure_hook(Template, template_data)
    converter.register_structure_hook(Template, lambda value, _: template_from(value))
    converter.register_unstructure_hook(EnvExpr, expression_data)
    converter.register_structure_hook(EnvExpr, lambda value, _: expression_from(value))


def _put_type_first(converter: Converter, union: object) -> None:
    tagged = converter.get_unstructure_hook(union)

    def hook(value: object) -> dict[str, object]:
        data: dict[str, object] = tagged(value)
        return {"type": data.pop("type"), **data}

    converter.register_unstructure_hook(union, hook)


def _add_short_forms(converter: Converter) -> None:
    from cattrs.gen import make_dict_unstructure_fn, override

    # Nearly all commands are for a POSIX shell, or for no shell.
    commands = make_dict_unstructure_fn(Command, converter, dialect=override(omit_if_default=True))
    converter.register_unstructure_hook(Command, commands)
    # Only a few of the twenty options are usually set, so the others are omitted.
    hook = make_dict_unstructure_fn(CreateOptions, converter, _cattrs_omit_if_default=True)
    converter.register_unstructure_hook(CreateOptions, hook)
