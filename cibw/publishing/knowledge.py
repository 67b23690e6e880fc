"""Classifiers and reStructuredText rendering from optional libraries."""

from __future__ import annotations

import io
import re
from contextlib import suppress
from dataclasses import replace

from cibw.publishing.rule_values import Knowledge

_REPORT = re.compile(r"<string>:(?P<line>\d*): \((?P<level>\w+)/\d\) (?P<text>.*)", re.DOTALL)


def load_knowledge() -> Knowledge:
    """The data of the installed libraries; `cibw[publish]` installs all of them."""
    knowledge = Knowledge()
    with suppress(ImportError):
        from trove_classifiers import classifiers, deprecated_classifiers

        deprecated = {name: tuple(instead) for name, instead in deprecated_classifiers.items()}
        knowledge = Knowledge(classifiers=frozenset(classifiers), deprecated=deprecated)
    with suppress(ImportError):
        import readme_renderer.rst  # noqa: F401 - whether it is there

        knowledge = replace(knowledge, render=rst_problem)
    return knowledge


def rst_problem(text: str) -> str:
    """Why an index cannot render a text as reStructuredText, or an empty string."""
    from readme_renderer import rst

    stream = io.StringIO()
    try:
        if rst.render(text, stream=stream) is not None:
            return ""
    except RecursionError:
        return "it is nested too deeply"
    report = _REPORT.search(stream.getvalue())
    if report is None:
        return " ".join(stream.getvalue().split())
    return f"line {report['line']}: {' '.join(report['text'].split())}"
