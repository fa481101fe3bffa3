"""What answers about tickets look like: read by the OpenAPI document alone."""

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from api.shapes import CustomerSerializer, Document, NamedSerializer
from tickets.events import Kind
from tickets.models import Visibility, Workaround
from tickets.states import State


def _words(values: type) -> list[tuple[str, str]]:
    return [(str(value), str(value)) for value in values]  # type: ignore[attr-defined]


class SeverityNameSerializer(NamedSerializer):
    kind = serializers.CharField(allow_null=True, help_text=_("Which variety of it."))


class TicketEnvironmentSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    kind = serializers.CharField()
    name = serializers.CharField()


class AssigneeSerializer(serializers.Serializer):
    id = serializers.UUIDField(allow_null=True, help_text=_("For the desk; null for customers."))
    name = serializers.CharField()


class TeamSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    name = serializers.CharField()
    level = serializers.IntegerField(allow_null=True, help_text=_("1 to 3 in functional escalation, else null."))


class TicketSerializer(serializers.Serializer):
    reference = serializers.CharField()
    url = serializers.CharField()
    etag = serializers.CharField(help_text=_("Send it as If-Match to change what you read here."))
    title = serializers.CharField()
    state = serializers.ChoiceField(_words(State))
    contract_state = NamedSerializer(help_text=_("The state in the words of the contract."))
    severity = SeverityNameSerializer()
    customer = CustomerSerializer()
    contract = serializers.CharField(help_text=_("Reference of the contract."))
    environment = TicketEnvironmentSerializer(allow_null=True)
    author = serializers.CharField()
    assignee = AssigneeSerializer(allow_null=True)
    team = TeamSerializer(allow_null=True, help_text=_("For the desk; null for customers."))
    resolution_type = NamedSerializer(allow_null=True)
    workaround = serializers.ChoiceField(_words(Workaround), allow_null=True)
    opened_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField(allow_null=True, help_text=_("The earliest deadline that is still owed."))
    resolved_at = serializers.DateTimeField(allow_null=True)
    closed_at = serializers.DateTimeField(allow_null=True)


class TicketsSerializer(serializers.Serializer):
    tickets = TicketSerializer(many=True)
    next = serializers.CharField(allow_null=True, help_text=_("Send it as after to go on; null on the last page."))
    search_is_cut = serializers.BooleanField(
        help_text=_("Whether more titles have the words of q than are looked at; add a word, a state or a customer.")
    )


class TicketAnswerSerializer(NamedSerializer):
    value = serializers.CharField()


class ShortClockSerializer(serializers.Serializer):
    target = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    severity = serializers.CharField()
    status = serializers.CharField()
    due_at = serializers.DateTimeField(allow_null=True)
    met_at = serializers.DateTimeField(allow_null=True)
    breached_at = serializers.DateTimeField(allow_null=True)
    remaining_seconds = serializers.IntegerField(allow_null=True, help_text=_("While paused."))


class OfferedChoiceSerializer(NamedSerializer):
    kinds = NamedSerializer(many=True, required=False, help_text=_("Varieties, of which one has to be named."))


class OfferedFieldSerializer(serializers.Serializer):
    name = serializers.CharField()
    required = serializers.BooleanField()  # type: ignore[assignment]
    choices = OfferedChoiceSerializer(many=True, allow_null=True, help_text=_("null: anything that fits."))


class OfferSerializer(serializers.Serializer):
    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    url = serializers.CharField(help_text=_("Where to POST it."))
    if_match = serializers.BooleanField(help_text=_("Whether it needs If-Match."))
    fields = OfferedFieldSerializer(many=True)  # type: ignore[assignment]


class OffersSerializer(serializers.Serializer):
    ticket = serializers.CharField()
    etag = serializers.CharField()
    transitions = OfferSerializer(many=True)


class DutySerializer(serializers.Serializer):
    code = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    clause = serializers.CharField()
    since = serializers.DateTimeField(help_text=_("Since when it is owed."))
    lacking_since = serializers.DateTimeField(allow_null=True, help_text=_("Null while nothing lacks."))
    due_at = serializers.DateTimeField(allow_null=True, help_text=_("By when the next word is expected."))


class TicketDetailSerializer(TicketSerializer):
    as_of = serializers.DateTimeField()
    description = serializers.CharField(help_text=_("As Markdown."))
    details = TicketAnswerSerializer(many=True)
    clocks = ShortClockSerializer(many=True)
    duties = DutySerializer(many=True, help_text=_("What the provider owes beside the deadlines now."))
    action_plan_version = serializers.IntegerField(help_text=_("How many times a plan was written; 0 for none."))
    transitions = serializers.ListField(
        child=serializers.CharField(), help_text=_("Names of the acts that are offered to you now.")
    )


class PersonSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    name = serializers.CharField()


class WatcherSerializer(PersonSerializer):
    side = serializers.ChoiceField([(name, name) for name in ("provider", "customer")])
    added_by = serializers.CharField()
    added_at = serializers.DateTimeField()
    may_remove = serializers.BooleanField(help_text=_("Whether you may."))


class WatchersSerializer(serializers.Serializer):
    ticket = serializers.CharField()
    you_watch = serializers.BooleanField()
    watchers = WatcherSerializer(many=True)
    candidates = PersonSerializer(many=True, help_text=_("Whom you could add: people of your own side."))


class FileSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    filename = serializers.CharField()
    size = serializers.IntegerField(help_text=_("In bytes."))
    content_type = serializers.CharField(help_text=_("After the name; downloads are never served as such."))
    sha256 = serializers.CharField()
    uploaded_at = serializers.DateTimeField()
    visibility = serializers.ChoiceField(_words(Visibility))
    comment = serializers.UUIDField(allow_null=True, help_text=_("The message to which it belongs."))
    url = serializers.CharField()


class FilesSerializer(serializers.Serializer):
    attachments = FileSerializer(many=True)
    next = serializers.CharField(allow_null=True)


class UploadSerializer(serializers.Serializer):
    file = serializers.FileField(help_text=_("One file of up to 20 MB."))


class SpeakerSerializer(serializers.Serializer):
    name = serializers.CharField()
    side = serializers.ChoiceField([(name, name) for name in ("provider", "customer", "system")])


class CommentSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    at = serializers.DateTimeField()
    kind = serializers.CharField(help_text=_("The act with which it came."))
    visibility = serializers.ChoiceField(_words(Visibility))
    author = SpeakerSerializer()
    body = serializers.CharField(help_text=_("As Markdown."))
    attachments = FileSerializer(many=True)


class CommentsSerializer(serializers.Serializer):
    comments = CommentSerializer(many=True)
    next = serializers.CharField(allow_null=True)


class EventSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    kind = serializers.ChoiceField(_words(Kind))
    at = serializers.DateTimeField(help_text=_("When it happened or was due."))
    recorded_at = serializers.DateTimeField(help_text=_("When it was written down."))
    visibility = serializers.ChoiceField(_words(Visibility))
    actor = SpeakerSerializer()
    comment = serializers.UUIDField(allow_null=True)
    data = Document(  # type: ignore[assignment]
        help_text=_("What changed: old and new values, targets, reasons.")
    )


class EventsSerializer(serializers.Serializer):
    events = EventSerializer(many=True)
    next = serializers.CharField(allow_null=True)
