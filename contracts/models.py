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
    """One published version of a terms document: immutable, with the days on which it is in force (R16)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    provider = models.ForeignKey(Provider, models.PROTECT)
    code = models.SlugField(max_length=60)
    version = models.CharField(max_length=40)
    digest = models.CharField(max_length=64)
    document = models.JSONField()
    in_force = DateRangeField()
    published_at = models.DateTimeField()

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
    """A customer's contract: the terms it pins, its dates, and what it changes in them (R17)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    provider = models.ForeignKey(Provider, models.PROTECT)
    customer = models.ForeignKey(Customer, models.PROTECT, db_constraint=False, related_name="contracts")
    terms = models.ForeignKey(TermsVersion, models.PROTECT, db_constraint=False)
    reference = models.CharField(max_length=40)
    package = models.CharField(max_length=40, blank=True)
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)
    overrides = models.JSONField(default=dict, blank=True)
    signed_by = models.CharField(_("signing subsidiary"), max_length=80, blank=True)
    created_at = models.DateTimeField()

    scope: ClassVar[Scope] = Scope(customer_field="customer_id")
    objects = TenantManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["provider", "reference"], name="contract_reference_per_provider"),
            models.UniqueConstraint(fields=["provider", "customer", "id"], name="contract_tenant_key"),
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
