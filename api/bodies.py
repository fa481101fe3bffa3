"""What may be sent: each body is described once, and read and documented from that. Unknown fields are refused."""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import serializers

from api.paging import aware
from api.problems import Unfit, Violation
from lifecycle.contests import MAX_REASON
from lifecycle.services import MAX_BODY, MAX_DETAIL, MAX_TITLE
from slas.corrections import EXCLUSION, PAUSE, SEVERITY
from tickets.attachments import MAX_FILES
from tickets.models import Visibility, WorkaroundKind

_CODE: Final = 40
_MOST_ANSWERS: Final = 60
_INSTANT: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9:]{8}(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})")


class Text(serializers.CharField):
    """A string, and nothing that could be taken for one; kept as it was sent."""

    def __init__(self, **options: Any) -> None:
        super().__init__(trim_whitespace=False, **options)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return str(super().to_internal_value(data))


class Key(serializers.UUIDField):
    """A UUID in its usual form with hyphens."""

    def to_internal_value(self, data: Any) -> UUID:
        found: UUID | None = super().to_internal_value(data) if isinstance(data, str) else None
        if found is None or str(found) != data.lower():
            self.fail("invalid", value=data)
        return found


class Word(serializers.ChoiceField):
    """One of a few words; no number or truth value is taken for one."""

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str):
            self.fail("invalid_choice", input="")
        return super().to_internal_value(data)


def _code(text: Any, **options: Any) -> Text:
    return Text(max_length=_CODE, help_text=text, **options)


def _message(**options: Any) -> Text:
    return Text(max_length=MAX_BODY, help_text=gettext_lazy("As Markdown."), **options)


def _files() -> serializers.ListField:
    return serializers.ListField(
        child=Key(),
        required=False,
        max_length=MAX_FILES,
        help_text=gettext_lazy("Identifiers of files that you put up before."),
    )


class PlanBody(serializers.Serializer):
    body = _message()
    expected_plan = serializers.IntegerField(
        min_value=0,
        max_value=2_147_483_647,
        help_text=gettext_lazy("The action_plan_version that you read; 0 where there is no plan."),
    )


class NothingBody(serializers.Serializer):
    """An empty object, or no body at all."""


class FilingBody(serializers.Serializer):
    contract = Text(max_length=_CODE, help_text=gettext_lazy("Reference of the contract."))
    environment = Key(
        required=False,
        allow_null=True,
        help_text=gettext_lazy("Identifier of an environment of the contract, where it has any."),
    )
    environment_kind = _code(
        gettext_lazy("Which environment of the terms, where the contract lists none and its targets depend on it."),
        required=False,
        allow_blank=True,
    )
    severity = _code(gettext_lazy("One of the severities of the contract."))
    severity_kind = _code(
        gettext_lazy("Which variety of it, where the contract tells several."), required=False, allow_blank=True
    )
    title = Text(max_length=MAX_TITLE)
    description = _message()
    details = serializers.DictField(
        child=Text(max_length=MAX_DETAIL, allow_blank=True),
        required=False,
        help_text=gettext_lazy("Answers to the questions that the contract asks, by their codes."),
    )
    attachments = _files()


class CommentBody(serializers.Serializer):
    body = _message()
    visibility = Word(
        choices=[(value, value) for value in Visibility.values],
        required=False,
        help_text=gettext_lazy("private: a note that only staff read. public unless said."),
    )
    attachments = _files()


class Moment(serializers.DateTimeField):
    """An instant with its zone."""

    def to_internal_value(self, data: Any) -> datetime:
        if isinstance(data, str) and _INSTANT.fullmatch(data):
            with suppress(ValueError, OverflowError):
                return aware(data.upper())
        self.fail("invalid", format="RFC 3339")


class MessageBody(serializers.Serializer):
    body = _message()
    attachments = _files()


class WordsBody(serializers.Serializer):
    body = _message()


class OptionalWordsBody(serializers.Serializer):
    body = _message(required=False, allow_blank=True)


class AssignBody(serializers.Serializer):
    assignee = Key(help_text=gettext_lazy("Identifier of somebody of the desk."))


class TeamBody(serializers.Serializer):
    team = Key(help_text=gettext_lazy("Identifier of a team."))
    assignee = Key(
        required=False,
        allow_null=True,
        help_text=gettext_lazy("Identifier of somebody of that team; without it the team decides who."),
    )


class WatcherBody(serializers.Serializer):
    watcher = Key(
        required=False,
        allow_null=True,
        help_text=gettext_lazy("Identifier of one of the candidates; without it yourself."),
    )


class ResolveBody(serializers.Serializer):
    resolution_type = _code(gettext_lazy("One of the types of the contract."))
    body = _message()
    step = _code(gettext_lazy("Which way, where the contract has several."), required=False, allow_blank=True)


class WorkaroundBody(serializers.Serializer):
    kind = Word(choices=[(value, value) for value in WorkaroundKind.values])
    body = _message()
    resolution_type = _code(gettext_lazy("For a final one."), required=False, allow_blank=True)
    attachments = _files()


def _why(**options: Any) -> Text:
    return Text(max_length=MAX_REASON, help_text=gettext_lazy("Both sides read it."), **options)


class HoldBody(serializers.Serializer):
    reason_code = _code(gettext_lazy("One of the reasons of the contract."))
    reason = _why()


class ReasonBody(serializers.Serializer):
    reason = _why()


class ExcludeBody(serializers.Serializer):
    reason_code = _code(gettext_lazy("One of the reasons of the contract."))
    evidence = _why()


class ContestBody(serializers.Serializer):
    about = Word(choices=[(name, name) for name in (PAUSE, SEVERITY, EXCLUSION)])
    entry = Key(
        required=False,
        allow_null=True,
        help_text=gettext_lazy(
            "Identifier of the event that began the pause, set the severity or made the exclusion; without it a pause "
            "that nobody recorded."
        ),
    )
    starts_at = Moment(required=False, allow_null=True, help_text=gettext_lazy("When the pause should begin."))
    ends_at = Moment(required=False, allow_null=True, help_text=gettext_lazy("When the pause should end."))
    severity = _code(gettext_lazy("What the severity should be."), required=False, allow_blank=True)
    severity_kind = _code(
        gettext_lazy("Which variety of it, where the contract tells several."), required=False, allow_blank=True
    )
    reason = _why()


class WithdrawContestBody(serializers.Serializer):
    contest = Key(help_text=gettext_lazy("Identifier of the event that opened the contest."))


class AcceptContestBody(WithdrawContestBody):
    reason = _why(required=False, allow_blank=True)


class DeclineContestBody(WithdrawContestBody):
    reason = _why()


class StepBody(serializers.Serializer):
    step = _code(gettext_lazy("A step of the contract's own workflow."))
    body = _message(required=False, allow_blank=True)


class SeverityBody(serializers.Serializer):
    severity = _code(gettext_lazy("One of the severities of the contract."))
    severity_kind = _code(
        gettext_lazy("Which variety of it, where the contract tells several."), required=False, allow_blank=True
    )
    reason_code = _code(gettext_lazy("One of the reasons of the contract."))
    reason = Text(max_length=MAX_REASON, help_text=gettext_lazy("Both sides read it."))


# Reading --------------------------------------------------------------------------------------------------------------
def read(kind: type[serializers.Serializer], data: Any) -> dict[str, Any]:
    """What was sent, as ``kind`` describes it; raises ``Unfit`` with everything that is wrong."""
    if not isinstance(data, dict):
        raise Unfit([Violation("pointer", "", "not_an_object", _("Send an object."))])
    form = kind(data=data)
    wrong = [*_unknown(form, data), *_bad_answers(data)]
    if not form.is_valid():
        wrong += [Violation("pointer", path, code, _sentence(form, path, code)) for path, code in _flat(form.errors)]
    if wrong:
        raise Unfit(wrong)
    found: dict[str, Any] = form.validated_data
    return found


def _unknown(form: serializers.Serializer, data: Mapping[str, Any]) -> Iterator[Violation]:
    for name in sorted(data.keys() - form.fields.keys())[:10]:
        yield Violation("pointer", name[:80], "unknown", _("This field is not known here."))


def _bad_answers(data: Mapping[str, Any]) -> Iterator[Violation]:
    if isinstance(data.get("details"), dict) and len(data["details"]) > _MOST_ANSWERS:
        yield Violation("pointer", "details", "max_length", _("There are not so many questions."))


def _flat(errors: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(errors, Mapping):
        for name, inner in list(errors.items())[:20]:
            yield from _flat(inner, f"{path}.{name}" if path else str(name)[:80])
    else:
        for one in errors[:20]:
            yield path, one.code if hasattr(one, "code") else "invalid"


def _sentence(form: serializers.Serializer, path: str, code: str) -> str:
    field: Any = form.fields.get(path.partition(".")[0])
    if "." in path:
        field = getattr(field, "child", field)
    if code == "max_length":
        return _("At most %(most)d.") % {"most": field.max_length}
    if code == "invalid_choice":
        return _("One of: %(choices)s.") % {"choices": ", ".join(field.choices)}
    return str(_SENTENCES.get(code) or _WRONG.get(type(field)) or _("This is not valid here."))


_SENTENCES: Final[Mapping[str, Any]] = {
    "required": gettext_lazy("This field is needed."),
    "blank": gettext_lazy("This field is needed."),
    "null": gettext_lazy("It cannot be null."),
    "not_a_list": gettext_lazy("Send a list."),
    "not_a_dict": gettext_lazy("Send an object."),
}
_WRONG: Final[Mapping[type, Any]] = {
    Text: gettext_lazy("Send a string."),
    Key: gettext_lazy("Send a UUID with its hyphens."),
    Moment: gettext_lazy("Send an instant with its zone, such as 2026-05-04T08:00:00Z."),
}
