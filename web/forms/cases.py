"""The filing form: fixed questions, and those that the contract asks."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lifecycle.services import MAX_BODY, MAX_DETAIL, MAX_TITLE
from web.forms.acts import split_severity
from web.forms.fields import BlockField, LineField, PickField
from web.forms.uploads import FilesForm

PREFIX: Final = "detail_"
RENAMED: Final = {"contract_id": "contract", "environment_id": "environment", "severity_kind": "severity"}
"""Names of the service → fields of this form."""


@dataclass(frozen=True, slots=True)
class Question:
    """One question of the contract's filing form. ``severities`` empty: asked of every ticket."""

    code: str
    label: str
    hint: str
    kind: str
    required: bool
    clause: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    severities: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The name of its field."""
        return f"{PREFIX}{self.code}"


class CaseForm(FilesForm):
    """A new ticket. Which contracts, environments, severities and questions there are, the view says."""

    contract = PickField(label=gettext_lazy("Contract"))
    environment = PickField(label=gettext_lazy("Environment concerned"))
    severity = PickField(label=gettext_lazy("How severe is it?"), widget=forms.RadioSelect)
    title = LineField(
        label=gettext_lazy("Title"),
        max_length=MAX_TITLE,
        help_text=gettext_lazy("One line that a colleague would understand."),
    )
    description = BlockField(
        label=gettext_lazy("Description"),
        max_length=MAX_BODY,
        help_text=gettext_lazy("In your own words: what you were doing, and what you expected instead."),
    )

    def __init__(
        self,
        *args: Any,
        contracts: Sequence[tuple[str, str]],
        environments: Sequence[tuple[str, str]],
        severities: Sequence[tuple[str, str]],
        questions: Sequence[Question],
        **options: Any,
    ):
        super().__init__(*args, **options)
        self.questions = questions
        self._offer("contract", contracts)
        self._offer("environment", environments)
        self._offer("severity", severities)
        if not environments:
            del self.fields["environment"]
        for question in questions:
            self.fields[question.name] = _field_of(question)

    def _offer(self, name: str, choices: Sequence[tuple[str, str]]) -> None:
        field: Any = self.fields[name]
        field.choices = list(choices)
        if len(choices) == 1 and name != "severity":
            field.initial = choices[0][0]
        elif name == "environment":
            field.choices = [("", _("Choose…")), *choices]

    def clean(self) -> dict[str, Any]:
        super().clean()
        chosen = split_severity(self.cleaned_data.get("severity", ""))[0]
        for question in self.questions:
            needed = question.required and (not question.severities or chosen in question.severities)
            empty = not self.cleaned_data.get(question.name) and question.name not in self.errors
            if needed and empty:
                self.add_error(question.name, _("The contract asks for this."))
        return self.cleaned_data

    def asked(self) -> list[tuple[Question, forms.BoundField]]:
        """The contract's questions with their fields, in the order of the terms."""
        return [(question, self[question.name]) for question in self.questions]

    def to_service(self) -> dict[str, Any]:
        """The keyword arguments of ``file_ticket``, besides actor, instant and files."""
        given = self.cleaned_data
        severity, kind = split_severity(given["severity"])
        platform, environment = _named(given.get("environment") or "")
        return {
            "contract_id": UUID(given["contract"]),
            "environment_id": platform,
            "environment_kind": environment,
            "title": given["title"],
            "description": given["description"],
            "severity": severity,
            "severity_kind": kind,
            "details": {row.code: given[row.name] for row in self.questions if given.get(row.name)},
        }


def _named(environment: str) -> tuple[UUID | None, str]:
    """The key of a platform, or the code of one of the terms' environments where the contract lists no platform."""
    try:
        return (UUID(environment) if environment else None), ""
    except ValueError:
        return None, environment


def _field_of(question: Question) -> forms.Field:
    """Whether it is needed is checked by the form, because it may depend on the severity."""
    told: dict[str, Any] = {"label": question.label, "help_text": question.hint, "required": False}
    if question.kind == "choice":
        return PickField(choices=question.choices, widget=forms.RadioSelect, **told)
    if question.kind == "text":
        return LineField(max_length=MAX_TITLE, **told)
    return BlockField(max_length=MAX_DETAIL, rows=3, **told)
