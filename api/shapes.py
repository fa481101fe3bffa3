"""What answers and bodies look like: read by the OpenAPI document alone, the views build plain data."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

ANYTHING: dict[str, Any] = {"type": "object", "additionalProperties": True}
OPERATIONS = [("add", "add"), ("elapsed", "elapsed"), ("limit", "limit"), ("due", "due")]
STATUSES = ["pending", "running", "paused", "met", "breached", "none"]


@extend_schema_field({"oneOf": [{"type": "string"}, {"type": "integer"}, {"type": "null"}]})
class Identity(serializers.JSONField):
    """Whatever the caller knows a case by."""


@extend_schema_field({"oneOf": [{"type": "string"}, ANYTHING]})
class CalendarChoice(serializers.JSONField):
    """A calendar's code, or one described by tz, weekly and holidays."""


@extend_schema_field(
    {
        "type": "array",
        "items": {"type": "array", "items": {"type": ["string", "null"], "format": "date-time"}},
        "examples": [[["2026-05-05T10:00:00+02:00", "2026-05-05T11:00:00+02:00"]]],
    }
)
class Pauses(serializers.JSONField):
    """Pairs of start and end; the end is null while a pause lasts."""


@extend_schema_field(ANYTHING)
class Document(serializers.JSONField):
    """A JSON object whose form the terms decide."""


class ViolationSerializer(serializers.Serializer):
    pointer = serializers.CharField(required=False, help_text=_("The field of the body, as a JSON pointer."))
    parameter = serializers.CharField(required=False, help_text=_("The parameter in the address."))
    header = serializers.CharField(required=False, help_text=_("The header."))
    code = serializers.CharField(help_text=_("Stable, for programs."))
    detail = serializers.CharField(help_text=_("In the language of the reader."))


class ProblemSerializer(serializers.Serializer):
    type = serializers.CharField(help_text=_("Where the kind of problem is described."))
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField(help_text=_("What to do, in the language of the reader."))
    code = serializers.CharField(help_text=_("Stable, for programs."))
    request_id = serializers.CharField(help_text=_("Give this to support."))
    errors = serializers.DictField(  # type: ignore[assignment]
        child=serializers.ListField(child=serializers.CharField()), required=False, help_text=_("Per field.")
    )
    violations = ViolationSerializer(many=True, required=False, help_text=_("The same, each with its place and code."))
    clause = serializers.CharField(required=False, help_text=_("The clause of the contract that says so."))


class StepSerializer(serializers.Serializer):
    at = serializers.DateTimeField(allow_null=True)
    text = serializers.CharField()
    clause = serializers.CharField(help_text=_("The clause of the contract that says so."))


class CaseSerializer(serializers.Serializer):
    id = Identity(required=False)
    op = serializers.ChoiceField(OPERATIONS)
    contract = serializers.CharField(
        required=False, help_text=_("Reference of a contract: its terms and overrides hold.")
    )
    terms = serializers.CharField(required=False, help_text=_("due: code of terms under which you have a contract."))
    severity = serializers.CharField(required=False)
    target = serializers.CharField(required=False)
    environment = serializers.CharField(required=False, allow_null=True)
    overrides = Document(required=False, allow_null=True)
    calendar = CalendarChoice(required=False)
    at = serializers.DateTimeField(required=False, help_text=_("limit, due: the event, with its zone."))
    start = serializers.DateTimeField(required=False, help_text=_("add, elapsed: with its zone."))
    end = serializers.DateTimeField(required=False, help_text=_("elapsed: with its zone."))
    seconds = serializers.IntegerField(required=False, min_value=0)
    amount = serializers.IntegerField(required=False, min_value=0)
    unit = serializers.CharField(required=False)
    rules = serializers.CharField(required=False)
    direction = serializers.ChoiceField([("after", "after"), ("before", "before")], required=False)
    pauses = Pauses(required=False, allow_null=True)


class BatchSerializer(serializers.Serializer):
    cases = serializers.ListField(
        child=serializers.JSONField(),
        min_length=1,
        max_length=1_000,
        help_text=_("Each like a single case. One that is not understood gets an error of its own and stops no other."),
    )


class AnswerSerializer(serializers.Serializer):
    id = Identity()
    at = serializers.DateTimeField(required=False, allow_null=True, help_text=_("add"))
    seconds = serializers.IntegerField(required=False, help_text=_("elapsed: seconds of business time"))
    due_at = serializers.DateTimeField(
        required=False, allow_null=True, help_text=_("limit, due; null: no deadline now")
    )
    remaining = serializers.IntegerField(required=False, help_text=_("Seconds left while a pause lasts."))
    steps = StepSerializer(many=True, required=False)
    error = serializers.CharField(required=False, help_text=_("In a batch: why this case has no answer."))


class AnswersSerializer(serializers.Serializer):
    answers = AnswerSerializer(many=True)


class CustomerSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    name = serializers.CharField()


class TermsSerializer(serializers.Serializer):
    code = serializers.CharField()
    version = serializers.CharField()
    name = serializers.CharField()


class ContractSerializer(serializers.Serializer):
    reference = serializers.CharField()
    customer = CustomerSerializer()
    terms = TermsSerializer()
    package = serializers.CharField()
    starts_on = serializers.DateField()
    ends_on = serializers.DateField(allow_null=True)
    in_force = serializers.BooleanField()
    url = serializers.CharField()


class ContractsSerializer(serializers.Serializer):
    contracts = ContractSerializer(many=True)
    next = serializers.CharField(allow_null=True, help_text=_("Send it as after to go on; null on the last page."))


class FigureSerializer(serializers.Serializer):
    severity = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    amount = serializers.IntegerField(allow_null=True, help_text=_("null: no target for this severity"))
    unit = serializers.CharField(allow_null=True)
    clause = serializers.CharField()
    reference = serializers.CharField(help_text=_("Where the contract itself sets the figure; else empty."))


class TargetSerializer(serializers.Serializer):
    target = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    rules = serializers.CharField()
    calendar = serializers.CharField()
    zone = serializers.CharField()
    pauses = serializers.BooleanField()
    environments = serializers.ListField(child=serializers.CharField(), help_text=_("Empty: all of them."))
    figures = FigureSerializer(many=True)


class EnvironmentSerializer(serializers.Serializer):
    id = serializers.UUIDField(help_text=_("Named when a ticket is filed."))
    kind = serializers.CharField()
    name = serializers.CharField()
    release = serializers.CharField()


class NamedSerializer(serializers.Serializer):
    code = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]


class ChoiceWithKindsSerializer(NamedSerializer):
    kinds = NamedSerializer(many=True, help_text=_("Varieties, of which one has to be named."))


class QuestionSerializer(NamedSerializer):
    hint = serializers.CharField()
    kind = serializers.ChoiceField([(name, name) for name in ("text", "long_text", "choice")])
    required = serializers.BooleanField()  # type: ignore[assignment]
    choices = NamedSerializer(many=True, help_text=_("For a choice."))
    severities = serializers.ListField(child=serializers.CharField(), help_text=_("Empty: asked of every ticket."))
    clause = serializers.CharField()


class FilingSerializer(serializers.Serializer):
    allowed = serializers.BooleanField(help_text=_("Whether you may file now."))
    reason = serializers.CharField(help_text=_("Why not; empty where you may."))
    clause = serializers.CharField()
    environment_kinds = NamedSerializer(
        many=True, help_text=_("Of which environment_kind names one; empty where the contract lists environments.")
    )
    severities = ChoiceWithKindsSerializer(many=True)
    questions = QuestionSerializer(many=True, help_text=_("Answered in details, by their codes."))


class ContractDetailSerializer(ContractSerializer):
    targets = TargetSerializer(many=True)
    environments = EnvironmentSerializer(many=True)
    overrides = Document()
    filing = FilingSerializer()


class ClockSerializer(serializers.Serializer):
    target = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    severity = serializers.CharField()
    status = serializers.ChoiceField([(name, name) for name in STATUSES])
    due_at = serializers.DateTimeField(allow_null=True)
    met_at = serializers.DateTimeField(allow_null=True)
    breached_at = serializers.DateTimeField(allow_null=True)
    remaining_seconds = serializers.IntegerField(allow_null=True, help_text=_("While paused."))
    zone = serializers.CharField(help_text=_("The time zone in which the contract counts."))
    terms = serializers.CharField()
    steps = StepSerializer(many=True)
    receipt = serializers.CharField(
        allow_null=True, help_text=_("Address of the receipt; null before anything counts.")
    )


class ClocksSerializer(serializers.Serializer):
    ticket = serializers.CharField()
    as_of = serializers.DateTimeField()
    clocks = ClockSerializer(many=True)


class MomentSerializer(serializers.Serializer):
    at = serializers.DateTimeField()
    text = serializers.CharField(
        help_text=_("On the reader's clock, with the contract's where that shows another time.")
    )


class IntervalSerializer(serializers.Serializer):
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    kind = serializers.CharField(help_text=_("Why this time counted, or did not."))
    seconds = serializers.IntegerField(help_text=_("How much of it counted: the sum is what has elapsed."))
    measured = serializers.IntegerField()
    clause = serializers.CharField()
    event = serializers.CharField(allow_null=True, help_text=_("The entry of the journal that began it."))
    excluded = serializers.BooleanField()
    forecast = serializers.BooleanField(help_text=_("Still to come."))
    text = serializers.CharField()


class ReceiptSerializer(serializers.Serializer):
    ticket = serializers.CharField()
    contract = serializers.CharField()
    target = NamedSerializer()
    status = NamedSerializer()
    severity = NamedSerializer()
    zone = serializers.CharField(help_text=_("The time zone in which the contract counts."))
    reader_zone = serializers.CharField()
    as_of = MomentSerializer()
    started = MomentSerializer(allow_null=True)
    due = MomentSerializer(allow_null=True)
    met = MomentSerializer(allow_null=True)
    breached = MomentSerializer(allow_null=True)
    totals = Document(help_text=_("Seconds of the target, elapsed, remaining, deducted and late, each with words."))
    steps = StepSerializer(many=True)
    summary = Document(help_text=_("The ledger by day, or by week where it is long."))
    intervals = IntervalSerializer(many=True)
    severities = serializers.ListField(
        child=Document(), help_text=_("Each severity that the ticket had, with its limit.")
    )
    terms = Document(help_text=_("Code, version, name and digest."))
    calendar = Document(help_text=_("Code, digest, zone, and the version of the public holidays."))
    overrides = serializers.ListField(child=Document(), help_text=_("What the contract changes, with its paper."))
    changes = serializers.ListField(child=Document(), help_text=_("Who changed what, when and why."))
