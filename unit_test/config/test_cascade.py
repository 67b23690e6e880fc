from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cibw.config.cascade import Cascade, Inherit, Layer
from cibw.config.selectors import Selector
from cibw.config.values.types import Texts, join
from cibw.model.identifiers import BuildIdentifier

CP312 = BuildIdentifier.parse("cp312-manylinux_x86_64")
CP313 = BuildIdentifier.parse("cp313-manylinux_x86_64")
values = st.lists(st.text("abc", max_size=2), max_size=2).map(tuple)


def _layer(value: Texts, origin: str, inherit: Inherit, select: Selector | None) -> Layer[Texts]:
    return Layer(value=value, origin=origin, inherit=inherit, select=select)


def _cascade(value: Texts, layers: list[Layer[Texts]]) -> Cascade[Texts]:
    return Cascade(first=Layer(value=value, origin="default"), layers=tuple(layers), merge=join)


layers = st.builds(
    _layer,
    value=values,
    origin=st.sampled_from(["file", "variable", "override"]),
    inherit=st.sampled_from(Inherit),
    select=st.sampled_from([None, Selector.parse("cp312-*"), Selector.parse("cp313-*")]),
)
cascades = st.builds(_cascade, value=values, layers=st.lists(layers, max_size=5))


@given(cascades, st.text("xyz", min_size=1))
def test_the_last_layer_goes_before_all(cascade: Cascade[Texts], word: str) -> None:
    last = _layer((word,), "last", Inherit.NONE, None)
    longer = Cascade(first=cascade.first, layers=(*cascade.layers, last), merge=join)
    assert longer.value(CP312) == (word,)
    assert longer.origin(CP312) == "last"


@given(cascades, values)
def test_merging_keeps_what_was_there(cascade: Cascade[Texts], value: Texts) -> None:
    def added(inherit: Inherit) -> Texts:
        layer = Layer(value=value, origin="last", inherit=inherit)
        return Cascade(first=cascade.first, layers=(*cascade.layers, layer), merge=join).value(CP312)

    before = cascade.value(CP312)
    assert added(Inherit.APPEND) == (*before, *value)
    assert added(Inherit.PREPEND) == (*value, *before)


@given(cascades)
def test_layers_of_other_identifiers_count_for_nothing(cascade: Cascade[Texts]) -> None:
    kept = tuple(layer for layer in cascade.layers if layer.select is None or layer.select.matches(str(CP313)))
    narrowed = Cascade(first=cascade.first, layers=kept, merge=join)
    assert narrowed.value(CP313) == cascade.value(CP313)
    assert narrowed.origin(CP313) == cascade.origin(CP313)


@given(cascades)
def test_the_whole_run_sees_no_override(cascade: Cascade[Texts]) -> None:
    kept = tuple(layer for layer in cascade.layers if layer.select is None)
    assert cascade.value() == Cascade(first=cascade.first, layers=kept, merge=join).value(CP312)


def test_origins_stand_in_the_order_of_their_parts() -> None:
    appended = _layer(("b",), "file", Inherit.APPEND, None)
    prepended = _layer(("c",), "variable", Inherit.PREPEND, None)
    assert _cascade(("a",), [appended, prepended]).origin() == "variable + default + file"
