"""Published terms, and the contracts that pin them."""

from typing import ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.identifiers import uuid7
from accounts.models import Customer, Membership, Provider
from accounts.tenancy import Scope, TenantManager


class TermsVersion(models.Model):
    """One published version of a terms document: immutable, with the days on which it is in force (R16).

    ``holiday_record`` holds the public holidays that its calendars closed on when it was published, by whose they are,
    and the version of the library that listed them.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    provider = models.ForeignKey(Provider, models.PROTECT)
    code = models.SlugField(max_length=60)
    version = models.CharField(max_length=40)
    digest = models.CharField(max_length=64)
    document = models.JSONField()
    in_force = DateRangeField()
    published_at = models.DateTimeField()
    holiday_record = models.JSONField(default=dict)

    scope: ClassVar[Scope] = Scope()
    objects = TenantManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["provider", "code", "version"], name="terms_version_once"),
            models.UniqueConstraint(fields=["provider", "id"], name="terms_tenant_key"),
            ExclusionConstraint(
                name="terms_versions_do_not_overlap",
                expressions=[
                    ("provider", RangeOperators.EQUAL),
                    ("code", RangeOperators.EQUAL),
                    ("in_force", RangeOperators.OVERLAPS),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.version}"


class Contract(models.Model):
    """A customer's contract as it was signed: its terms, its dates, and what it changed in them (R17).

    ``ends_on`` is its last day: the one that was signed, or the earlier one that somebody has set since (``endings``).
    What holds at an instant, amendments included, is asked from ``contracts.selectors.effective``. With
    ``follows_terms`` new versions of the terms apply by themselves once they are in force; otherwise a version applies
    when an amendment says so.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    provider = models.ForeignKey(Provider, models.PROTECT)
    customer = models.ForeignKey(Customer, models.PROTECT, db_constraint=False, related_name="contracts")
    terms = models.ForeignKey(TermsVersion, models.PROTECT, db_constraint=False)
    reference = models.CharField(max_length=40)
    package = models.CharField(max_length=40, blank=True)
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)
    overrides = models.JSONField(default=dict, blank=True)
    follows_terms = models.BooleanField(default=False)
    signed_by = models.CharField(_("signing subsidiary"), max_length=80, blank=True)
    created_at = models.DateTimeField()

    scope: ClassVar[Scope] = Scope(customer_field="customer_id")
    objects = TenantManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["provider", "reference"], name="contract_reference_per_provider"),
            models.UniqueConstraint(fields=["provider", "customer", "id"], name="contract_tenant_key"),
            models.UniqueConstraint(fields=["provider", "id"], name="contract_provider_key"),
            models.CheckConstraint(
                condition=models.Q(ends_on__isnull=True) | models.Q(ends_on__gte=models.F("starts_on")),
                name="contract_ends_after_start",
            ),
        ]

    def __str__(self) -> str:
        return self.reference


class Environment(models.Model):
    """A platform that a contract covers: production, UAT or development (HSA-13)."""

    class Kind(models.TextChoices):
        PRODUCTION = "production", _("Production")
        PREPRODUCTION = "preproduction", _("Pre-production")
        DEVELOPMENT = "development", _("Development")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    provider = models.ForeignKey(Provider, models.PROTECT)
    customer = models.ForeignKey(Customer, models.PROTECT, db_constraint=False)
    contract = models.ForeignKey(Contract, models.PROTECT, db_constraint=False, related_name="environments")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    name = models.CharField(max_length=80)
    release = models.CharField(max_length=40, blank=True)

    scope: ClassVar[Scope] = Scope(customer_field="customer_id")
    objects = TenantManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["contract", "name"], name="environment_name_once"),
            models.UniqueConstraint(fields=["provider", "customer", "id"], name="environment_tenant_key"),
        ]

    def __str__(self) -> str:
        return self.name


class EnvironmentRecord(models.Model):
    """The technical record of an environment, as somebody wrote it down on a day (HOP-11, JAL-29).

    Append-only: the one with the highest ``number`` holds, those before it are its history. ``facts`` has a text for
    each code of ``contracts.environments.FACTS`` that is filled in.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    provider = models.ForeignKey(Provider, models.PROTECT)
    customer = models.ForeignKey(Customer, models.PROTECT, db_constraint=False)
    environment = models.ForeignKey(Environment, models.PROTECT, db_constraint=False, related_name="records")
    number = models.PositiveIntegerField()
    facts = models.JSONField(default=dict)
    author = models.ForeignKey(Membership, models.PROTECT, related_name="+", db_constraint=False)
    author_name = models.CharField(max_length=120)
    author_side = models.CharField(max_length=8)
    at = models.DateTimeField()

    scope: ClassVar[Scope] = Scope(customer_field="customer_id")
    objects = TenantManager()

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["environment", "number"], name="environment_record_once")]

    def __str__(self) -> str:
        return f"{self.environment_id} {self.number}"


class ContractContact(models.Model):
    """A named, trained contact: the only people who may file under the contract (HOP-9, HSA-19)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    provider = models.ForeignKey(Provider, models.PROTECT)
    customer = models.ForeignKey(Customer, models.PROTECT, db_constraint=False)
    contract = models.ForeignKey(Contract, models.PROTECT, db_constraint=False, related_name="contacts")
    membership = models.ForeignKey(Membership, models.PROTECT, db_constraint=False, related_name="contact_of")
    trained_on = models.DateField(null=True, blank=True)
    named_on = models.DateField()
    replaced_on = models.DateField(null=True, blank=True)

    scope: ClassVar[Scope] = Scope(customer_field="customer_id")
    objects = TenantManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["contract", "membership"],
                condition=models.Q(replaced_on__isnull=True),
                name="contact_named_once",
            )
        ]


class ContractAmendment(models.Model):
    """A change of one contract that both sides approve: other terms, other overrides, or both (R16, R17, JAL-30).

    Append-only: what was proposed never changes; decisions are rows of ``ContractChange``. It is in force from its day
    on, but never before both have approved, until its last day if it has one. ``overrides`` replaces the whole set.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    provider = models.ForeignKey(Provider, models.PROTECT)
    customer = models.ForeignKey(Customer, models.PROTECT, db_constraint=False)
    contract = models.ForeignKey(Contract, models.PROTECT, db_constraint=False, related_name="amendments")
    reference = models.CharField(max_length=80)
    in_force_from = models.DateField()
    in_force_until = models.DateField(null=True, blank=True)
    terms = models.ForeignKey(TermsVersion, models.PROTECT, null=True, blank=True, db_constraint=False)
    overrides = models.JSONField(null=True, blank=True)
    proposed_at = models.DateTimeField()

    scope: ClassVar[Scope] = Scope(customer_field="customer_id")
    objects = TenantManager()

    class Meta:
        ordering = ["in_force_from", "proposed_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["contract", "reference"], name="amendment_reference_once"),
            models.UniqueConstraint(fields=["provider", "customer", "contract", "id"], name="amendment_tenant_key"),
            models.CheckConstraint(
                condition=models.Q(in_force_until__isnull=True)
                | models.Q(in_force_until__gte=models.F("in_force_from")),
                name="amendment_ends_after_start",
            ),
            models.CheckConstraint(
                condition=models.Q(terms__isnull=False) | models.Q(overrides__isnull=False),
                name="amendment_changes_something",
            ),
        ]

    def __str__(self) -> str:
        return self.reference


class ContractChange(models.Model):
    """One act on a contract: who did what, when, for which side. Append-only; the decisions on amendments are here."""

    class Kind(models.TextChoices):
        SIGNED = "signed", _("Signed")
        ENVIRONMENT_ADDED = "environment_added", _("Environment added")
        CONTACT_NAMED = "contact_named", _("Contact named")
        PROPOSED = "proposed", _("Amendment proposed")
        APPROVED = "approved", _("Amendment approved")
        DECLINED = "declined", _("Amendment declined")
        CALENDAR_CHANGED = "calendar_changed", _("Calendar changed")
        ENVIRONMENT_RECORDED = "environment_recorded", _("Technical record changed")
        ENDED = "ended", _("End set")
        END_WITHDRAWN = "end_withdrawn", _("End withdrawn")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    provider = models.ForeignKey(Provider, models.PROTECT)
    customer = models.ForeignKey(Customer, models.PROTECT, db_constraint=False)
    contract = models.ForeignKey(Contract, models.PROTECT, db_constraint=False, related_name="changes")
    amendment = models.ForeignKey(
        ContractAmendment, models.PROTECT, null=True, blank=True, db_constraint=False, related_name="changes"
    )
    kind = models.CharField(max_length=24, choices=Kind.choices)
    actor = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+", db_constraint=False)
    actor_name = models.CharField(max_length=120, blank=True)
    actor_side = models.CharField(max_length=8)
    at = models.DateTimeField()
    data = models.JSONField(default=dict)

    scope: ClassVar[Scope] = Scope(customer_field="customer_id")
    objects = TenantManager()

    class Meta:
        ordering = ["at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["provider", "contract", "id"], name="contract_change_tenant_key"),
            models.UniqueConstraint(
                fields=["amendment", "actor_side"],
                condition=models.Q(kind__in=["approved", "declined"]),
                name="amendment_decided_once_per_side",
            ),
            models.CheckConstraint(
                condition=~models.Q(kind__in=["proposed", "approved", "declined"])
                | models.Q(amendment__isnull=False, actor__isnull=False, actor_side__in=["provider", "customer"]),
                name="amendment_decided_by_a_person",
            ),
            models.CheckConstraint(
                condition=~models.Q(kind__in=["ended", "end_withdrawn"])
                | models.Q(actor__isnull=False, actor_side="provider"),
                name="contract_ended_by_the_provider",
            ),
        ]
        indexes = [models.Index(fields=["contract", "kind", "at"], name="contract_change_by_contract")]

    def __str__(self) -> str:
        return f"{self.kind} {self.at:%Y-%m-%d}"


class DatedCalendarChange(models.Model):
    """Days that a calendar gains while contracts run: a holiday, a closure, other hours (R19). Append-only.

    ``days`` has the form of a calendar override, with calendar and reference; ``name`` is what the days are called.
    ``carried_at`` is set once, by the worker, when every ticket filed before has the days in its journal.
    ``late_reason`` is why they were announced later than the terms ask for (HSA-5); both sides read it.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    provider = models.ForeignKey(Provider, models.PROTECT)
    name = models.CharField(max_length=120)
    days = models.JSONField()
    last_day = models.DateField()
    decided_by = models.ForeignKey(Membership, models.PROTECT, related_name="+", db_constraint=False)
    decided_by_name = models.CharField(max_length=120)
    at = models.DateTimeField()
    late_reason = models.TextField(blank=True, default="")
    carried_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return f"{self.name} ({self.days['reference']})"


class CalendarChange(DatedCalendarChange):
    """A change for every contract under the terms of one code."""

    terms_code = models.SlugField(max_length=60)

    scope: ClassVar[Scope] = Scope()
    objects = TenantManager()

    class Meta(DatedCalendarChange.Meta):
        constraints = [models.UniqueConstraint(fields=["provider", "id"], name="calendar_change_tenant_key")]
        indexes = [models.Index(fields=["provider", "terms_code", "at"], name="calendar_change_by_terms")]


class ContractCalendarChange(DatedCalendarChange):
    """A change for one contract."""

    customer = models.ForeignKey(Customer, models.PROTECT, db_constraint=False)
    contract = models.ForeignKey(Contract, models.PROTECT, db_constraint=False, related_name="calendar_changes")

    scope: ClassVar[Scope] = Scope(customer_field="customer_id")
    objects = TenantManager()
