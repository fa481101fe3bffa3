"""Tables of a ticket. The state field is protected: only the proxy in lifecycle has transitions."""

from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _
from django_fsm import FSMField

from accounts.identifiers import uuid7
from accounts.models import Customer, Membership, Provider, Team
from accounts.tenancy import Scope, TenantManager
from contracts.models import Contract, Environment, TermsVersion
from contracts.selectors import terms_of
from tickets.lookups import OneOf  # noqa: F401 (adds `one_of` to the columns below)
from tickets.states import OPEN_STATES, State


class Visibility(models.TextChoices):
    PUBLIC = "public", _("Public")
    PRIVATE = "private", _("Private")


class Workaround(models.TextChoices):
    """Where a workaround stands (OCT-10); empty where none was offered, or it was withdrawn by a reopening."""

    OFFERED = "offered", _("Offered")
    ACCEPTED = "accepted", _("Accepted")
    DECLINED = "declined", _("Declined")


class WorkaroundKind(models.TextChoices):
    """A final one settles the matter if the customer accepts it; a provisional one brings restrictions (OCT-10)."""

    FINAL = "final", _("Final")
    PROVISIONAL = "provisional", _("Provisional")


class Ticket(models.Model):
    """A customer's Case. ``state`` is one of the product's own, ``contract_state`` the one of the contract's workflow.
    ``version`` counts journal events; customers compare ``public_version`` instead, so that a private note leaves no
    trace in what they can see. ``due_at`` repeats the earliest clock still owed, for the queue; ``severity_rank`` is
    the place of the severity among those of its terms, 1 for the gravest.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    provider = models.ForeignKey(Provider, models.PROTECT)
    customer = models.ForeignKey(Customer, models.PROTECT, db_constraint=False, related_name="tickets")
    contract = models.ForeignKey(Contract, models.PROTECT, db_constraint=False)
    terms = models.ForeignKey(TermsVersion, models.PROTECT, db_constraint=False)
    environment = models.ForeignKey(Environment, models.PROTECT, null=True, db_constraint=False)
    number = models.PositiveIntegerField()
    reference = models.CharField(max_length=24)
    state = FSMField(default=State.NEW, protected=True, choices=[(state, state) for state in State])
    contract_state = models.CharField(max_length=40)
    title = models.CharField(max_length=160)
    description = models.TextField()
    details = models.JSONField(default=dict)
    severity = models.CharField(max_length=32)
    severity_kind = models.CharField(max_length=32, blank=True)
    severity_rank = models.PositiveSmallIntegerField(default=0, editable=False)
    resolution_type = models.CharField(max_length=40, blank=True)
    workaround = models.CharField(max_length=12, blank=True, choices=Workaround.choices)
    workaround_kind = models.CharField(max_length=12, blank=True, choices=WorkaroundKind.choices)
    author = models.ForeignKey(Membership, models.PROTECT, related_name="+", db_constraint=False)
    author_name = models.CharField(max_length=120)
    assignee = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+", db_constraint=False)
    assignee_name = models.CharField(max_length=120, blank=True)
    team = models.ForeignKey(Team, models.PROTECT, null=True, related_name="+", db_constraint=False)
    opened_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    public_updated_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=0)
    public_version = models.PositiveIntegerField(default=0)

    scope: ClassVar[Scope] = Scope(customer_field="customer_id")
    objects = TenantManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["provider", "number"], name="ticket_number_per_provider"),
            models.UniqueConstraint(fields=["provider", "reference"], name="ticket_reference_per_provider"),
            models.UniqueConstraint(fields=["provider", "customer", "id"], name="ticket_tenant_key"),
            models.CheckConstraint(
                condition=models.Q(state__in=[str(state) for state in State]), name="ticket_state_known"
            ),
            models.CheckConstraint(
                condition=~models.Q(state__in=["resolved", "closed"]) | ~models.Q(resolution_type=""),
                name="ticket_resolved_with_type",
            ),
            models.CheckConstraint(condition=~models.Q(contract_state=""), name="ticket_in_a_state_of_its_contract"),
        ]
        indexes = [
            models.Index(
                fields=["provider", "due_at", "id"],
                name="ticket_queue_by_due",
                condition=models.Q(state__in=sorted(map(str, OPEN_STATES))),
            ),
            models.Index(fields=["provider", "updated_at", "id"], name="ticket_queue_by_update"),
            models.Index(fields=["provider", "assignee", "state"], name="ticket_by_assignee"),
            models.Index(fields=["provider", "team", "state"], name="ticket_by_team"),
            models.Index(fields=["customer", "public_updated_at", "id"], name="ticket_by_customer"),
            models.Index(fields=["provider", "opened_at", "id"], name="ticket_queue_by_opening"),
            models.Index(fields=["provider", "severity_rank", "opened_at", "id"], name="ticket_queue_by_severity"),
            models.Index(fields=["provider", "due_at", "id"], name="ticket_all_by_due"),
            models.Index(
                fields=["provider", "severity_rank", "opened_at", "id"],
                name="ticket_open_by_severity",
                condition=models.Q(state__in=sorted(map(str, OPEN_STATES))),
            ),
            models.Index(
                fields=["provider", "updated_at", "id"],
                name="ticket_open_by_update",
                condition=models.Q(state__in=sorted(map(str, OPEN_STATES))),
            ),
            models.Index(
                fields=["provider", "opened_at", "id"],
                name="ticket_open_by_opening",
                condition=models.Q(state__in=sorted(map(str, OPEN_STATES))),
            ),
            models.Index(
                fields=["provider", "team", "severity_rank", "opened_at", "id"],
                name="ticket_open_by_team",
                condition=models.Q(state__in=sorted(map(str, OPEN_STATES))),
            ),
            models.Index(fields=["provider", "team", "severity_rank", "opened_at", "id"], name="ticket_all_by_team"),
            GinIndex(fields=["title"], name="ticket_title_words", opclasses=["gin_trgm_ops"]),
        ]

    def __str__(self) -> str:
        return self.reference

    def save(self, **options: Any) -> None:
        """Keep the rank with the severity, whichever act changed it."""
        self.severity_rank = severity_rank(self)
        super().save(**options)


def severity_rank(ticket: Ticket) -> int:
    """The place of a ticket's severity among those of its terms, from 1; behind all of them for one of former times."""
    codes = [severity.code for severity in terms_of(ticket).severities]
    return codes.index(ticket.severity) + 1 if ticket.severity in codes else len(codes) + 1


class Comment(models.Model):
    """One message of the conversation, as Markdown source. Private ones exist for staff only."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    provider = models.ForeignKey(Provider, models.PROTECT)
    customer = models.ForeignKey(Customer, models.PROTECT, db_constraint=False)
    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="comments", db_constraint=False)
    visibility = models.CharField(max_length=8, choices=Visibility.choices)
    kind = models.CharField(max_length=24)
    body = models.TextField()
    author = models.ForeignKey(Membership, models.PROTECT, related_name="+", db_constraint=False)
    author_name = models.CharField(max_length=120)
    author_side = models.CharField(max_length=8)
    at = models.DateTimeField()

    scope: ClassVar[Scope] = Scope(customer_field="customer_id", visibility_field="visibility")
    objects = TenantManager()

    class Meta:
        ordering = ["at", "id"]
        constraints = [models.UniqueConstraint(fields=["provider", "ticket", "id"], name="comment_tenant_key")]
        indexes = [models.Index(fields=["ticket", "at", "id"], name="comment_by_ticket")]


class Event(models.Model):
    """One entry of the journal: the truth of what happened. Append-only; ``at`` is when it happened or was due,
    ``recorded_at`` when it was written down.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    provider = models.ForeignKey(Provider, models.PROTECT)
    customer = models.ForeignKey(Customer, models.PROTECT, db_constraint=False)
    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="events", db_constraint=False)
    seq = models.PositiveIntegerField()
    kind = models.CharField(max_length=32)
    visibility = models.CharField(max_length=8, choices=Visibility.choices)
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    actor = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+", db_constraint=False)
    actor_name = models.CharField(max_length=120, blank=True)
    actor_side = models.CharField(max_length=8)
    comment = models.ForeignKey(Comment, models.PROTECT, null=True, related_name="+", db_constraint=False)
    data = models.JSONField(default=dict)
    dedupe_key = models.CharField(max_length=120, null=True)

    scope: ClassVar[Scope] = Scope(customer_field="customer_id", visibility_field="visibility")
    objects = TenantManager()

    class Meta:
        ordering = ["seq"]
        constraints = [
            models.UniqueConstraint(fields=["ticket", "seq"], name="event_sequence"),
            models.UniqueConstraint(fields=["ticket", "dedupe_key"], name="event_once"),
            models.UniqueConstraint(fields=["provider", "ticket", "id"], name="event_tenant_key"),
        ]


class Attachment(models.Model):
    """A file. Until it is bound to a comment it belongs to whoever uploaded it; then it follows the comment's
    visibility. ``stored_as`` is a random name; the display name was cleaned at upload.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    provider = models.ForeignKey(Provider, models.PROTECT)
    customer = models.ForeignKey(Customer, models.PROTECT, null=True, db_constraint=False)
    ticket = models.ForeignKey(Ticket, models.PROTECT, null=True, related_name="attachments", db_constraint=False)
    comment = models.ForeignKey(Comment, models.PROTECT, null=True, related_name="attachments", db_constraint=False)
    uploader = models.ForeignKey(Membership, models.PROTECT, related_name="+", db_constraint=False)
    visibility = models.CharField(max_length=8, choices=Visibility.choices)
    filename = models.CharField(max_length=150)
    content_type = models.CharField(max_length=100)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    stored_as = models.CharField(max_length=80, unique=True)
    uploaded_at = models.DateTimeField()

    scope: ClassVar[Scope] = Scope(customer_field="customer_id", visibility_field="visibility")
    objects = TenantManager()

    class Meta:
        ordering = ["uploaded_at", "id"]
        constraints = [
            # A key with a missing column is not checked: a bound file always has its customer.
            models.CheckConstraint(
                condition=models.Q(ticket__isnull=True) | models.Q(customer__isnull=False),
                name="attachment_bound_with_customer",
            ),
            models.CheckConstraint(
                condition=models.Q(comment__isnull=True) | models.Q(ticket__isnull=False),
                name="attachment_of_a_message_of_a_ticket",
            ),
        ]
        indexes = [models.Index(fields=["ticket"], name="attachment_by_ticket")]


class Draft(models.Model):
    """What somebody typed and has not sent: one per person and form (``new_case``, ``reply:MEGA-1042``)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    provider = models.ForeignKey(Provider, models.PROTECT)
    owner = models.ForeignKey(Membership, models.CASCADE, db_constraint=False)
    form = models.CharField(max_length=60)
    data = models.JSONField(default=dict)
    updated_at = models.DateTimeField()

    scope: ClassVar[Scope] = Scope(recipient_field="owner_id")
    objects = TenantManager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "form"], name="draft_once")]


class QueueView(models.Model):
    """A list of the queue under a name: its filters as the form sends them, its columns in their order."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    provider = models.ForeignKey(Provider, models.PROTECT)
    owner = models.ForeignKey(Membership, models.PROTECT, related_name="+", db_constraint=False)
    name = models.CharField(max_length=60)
    filters = models.JSONField(default=dict)
    columns = ArrayField(models.CharField(max_length=20))
    updated_at = models.DateTimeField()

    objects = TenantManager()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name


class SavedView(QueueView):
    """A view that somebody keeps for himself."""

    scope: ClassVar[Scope] = Scope(recipient_field="owner_id")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "name"], name="saved_view_once")]


class SharedView(QueueView):
    """A view for everybody of the provider; ``owner`` made it."""

    scope: ClassVar[Scope] = Scope(staff_only=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["provider", "name"], name="shared_view_once")]


class QueuePreference(models.Model):
    """How somebody likes the queue: its columns in their order, and the view with which it opens."""

    owner = models.OneToOneField(Membership, models.CASCADE, primary_key=True, related_name="+", db_constraint=False)
    provider = models.ForeignKey(Provider, models.PROTECT)
    columns = ArrayField(models.CharField(max_length=20))
    opens_with = models.CharField(max_length=60, blank=True)
    updated_at = models.DateTimeField()

    scope: ClassVar[Scope] = Scope(recipient_field="owner_id")
    objects = TenantManager()


class CannedUse(models.TextChoices):
    """In which messages a canned reply is offered."""

    PUBLIC = "public", _("Messages that the customer reads")
    PRIVATE = "private", _("Private notes")
    BOTH = "both", _("Both")


class CannedReply(models.Model):
    """A text that is written once and inserted into many messages, in French, in English or in both.

    ``owner`` empty: shared by everybody of the desk. ``use`` says in which messages it is offered. ``version`` counts
    edits, so that two who edit at once notice each other.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    provider = models.ForeignKey(Provider, models.PROTECT)
    owner = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+", db_constraint=False)
    title = models.CharField(max_length=80)
    body_fr = models.TextField(blank=True)
    body_en = models.TextField(blank=True)
    use = models.CharField(max_length=8, choices=CannedUse.choices)
    created_at = models.DateTimeField()
    edited_at = models.DateTimeField()
    edited_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+", db_constraint=False)
    edited_by_name = models.CharField(max_length=120, blank=True)
    archived_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)

    scope: ClassVar[Scope] = Scope(staff_only=True, holder_field="owner_id")
    objects = TenantManager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~models.Q(body_fr="", body_en=""), name="canned_reply_says_something"),
            models.UniqueConstraint(
                fields=["provider", "owner", "title"],
                condition=models.Q(archived_at__isnull=True),
                nulls_distinct=False,
                name="canned_reply_once",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def texts(self) -> dict[str, str]:
        """What it says, by language; empty where it says nothing in one."""
        return {"fr": self.body_fr, "en": self.body_en}
