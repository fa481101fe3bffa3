"""Form controls drawn without templates: a page has dozens of them, and Django looks a template up for each."""

from collections.abc import Callable, Iterable, Mapping
from html import escape
from typing import Any, Final

from django.forms.renderers import DjangoTemplates
from django.utils.formats import localize
from django.utils.functional import Promise
from django.utils.safestring import SafeData

Values = Mapping[str, Any]


class Renderer(DjangoTemplates):
    """Draws the usual controls as Django's own templates would; leaves all others to them."""

    def render(self, template_name: str, context: dict[str, Any], request: Any = None) -> str:
        """The markup of a control."""
        draw = _DRAWN.get(template_name)
        return draw(context["widget"]) if draw else super().render(template_name, context, request)


def _input(widget: Values) -> str:
    value = "" if widget["value"] is None else f' value="{_formatted(widget["value"])}"'
    return f'<input type="{_told(widget["type"])}" name="{_told(widget["name"])}"{value}{_attributes(widget["attrs"])}>'


def _textarea(widget: Values) -> str:
    value = _told(widget["value"]) if widget["value"] else ""
    return f'<textarea name="{_told(widget["name"])}"{_attributes(widget["attrs"])}>\n{value}</textarea>'


def _select(widget: Values) -> str:
    groups = "".join(_group(name, options) for name, options, _ in widget["optgroups"])
    return f'<select name="{_told(widget["name"])}"{_attributes(widget["attrs"])}>{groups}\n</select>'


def _group(name: Any, options: Iterable[Values]) -> str:
    drawn = "".join(f"\n  {_option(option)}" for option in options)
    return f'\n  <optgroup label="{_told(name)}">{drawn}\n  </optgroup>' if name else drawn


def _option(option: Values) -> str:
    attributes = _attributes(option["attrs"])
    return f'<option value="{_formatted(option["value"])}"{attributes}>{_told(option["label"])}</option>'


def _attributes(values: Values) -> str:
    return "".join(
        f" {_told(name)}" if value is True else f' {_told(name)}="{_formatted(value)}"'
        for name, value in values.items()
        if value is not False
    )


def _formatted(value: Any) -> str:
    """As ``stringformat:"s"`` writes it."""
    return value if isinstance(value, SafeData) else escape(str(value))  # type: ignore[return-value]


def _told(value: Any) -> str:
    """As a page writes it: a number in the reader's way."""
    return _formatted(str(value) if isinstance(value, str | Promise) else str(localize(value)))


_FOLDER: Final = "django/forms/widgets"
_INPUTS: Final = ("text", "email", "number", "password", "hidden", "checkbox", "date", "time", "datetime", "url")
_DRAWN: Final[Mapping[str, Callable[[Values], str]]] = {
    **{f"{_FOLDER}/{name}.html": _input for name in _INPUTS},
    f"{_FOLDER}/textarea.html": _textarea,
    f"{_FOLDER}/select.html": _select,
}
