"""Tenancy: a provider serves customers; a global user reaches them through memberships."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from accounts.identifiers import uuid7
from accounts.roles import EXTERNAL, STAFF, Role
from accounts.tenancy import Scope, TenantManager

LANGUAGES = [("fr", "Français"), ("en", "English")]


class Provider(models.Model):
    """A software vendor who runs a desk: the tenant."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    slug = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    ticket_prefix = models.CharField(max_length=10, unique=True)
    created_at = models.DateTimeField()
    staff_need_second_factor = models.BooleanField(default=False)

    scope: ClassVar[Scope] = Scope(provider_field="id")
    objects = TenantManager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ticket_prefix__regex=r"^[A-Z][A-Z0-9]{1,9}$"),
                name="provider_ticket_prefix_form",
            )
        ]

    def __str__(self) -> str:
        return self.name


class TicketCounter(models.Model):
    """The last ticket number of a provider; one row each, advanced inside the filing transaction."""

    provider = models.OneToOneField(Provider, models.PROTECT, primary_key=True)
    last_number = models.PositiveIntegerField(default=1000)

    scope: ClassVar[Scope] = Scope()
    objects = TenantManager()


class Customer(models.Model):
    """An organisation that a provider serves under one or more contracts."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    provider = models.ForeignKey(Provider, models.PROTECT)
    name = models.CharField(max_length=160)
    country = models.CharField(max_length=2, default="FR")
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    scope: ClassVar[Scope] = Scope(customer_field="id")
    objects = TenantManager()

    class Meta:
        constraints = [
            models.UniqueConstraint("provider", Lower("name"), name="customer_name_per_provider"),
            models.UniqueConstraint(fields=["provider", "id"], name="customer_tenant_key"),
        ]

    def __str__(self) -> str:
        return self.name


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=(username or "").strip().lower())


class User(AbstractBaseUser):
    """A person who signs in. Names and roles live in memberships, under the tenant policies."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    email = models.EmailField(_("email address"), unique=True)
    language = models.CharField(max_length=2, choices=LANGUAGES, default="fr")
    time_zone = models.CharField(max_length=64, default="Europe/Paris")
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(null=True)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(email=Lower("email")), name="user_email_lower_case"),
        ]

    def __str__(self) -> str:
        return self.email


class Membership(models.Model):
    """A person's place in one provider's world: staff of the provider, or of one of its customers.

    ``needs_second_factor`` repeats the provider's demand on each of its staff: it is asked for before there is a
    context in which the provider's own row could be read.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    provider = models.ForeignKey(Provider, models.PROTECT)
    customer = models.ForeignKey(Customer, models.PROTECT, null=True, blank=True, db_constraint=False)
    user = models.ForeignKey(User, models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=24, choices=Role.choices)
    display_name = models.CharField(max_length=120)
    is_active = models.BooleanField(default=True)
    needs_second_factor = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    scope: ClassVar[Scope] = Scope(customer_field="customer_id")
    objects = TenantManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "user", "customer"],
                name="membership_once",
                nulls_distinct=False,
            ),
            models.UniqueConstraint(fields=["provider", "id"], name="membership_tenant_key"),
            models.UniqueConstraint(fields=["provider", "user", "id"], name="membership_person_key"),
            models.CheckConstraint(
                name="membership_side",
                condition=(
                    models.Q(role__in=sorted(STAFF | {Role.PARTNER}), customer__isnull=True)
                    | models.Q(role__in=sorted(EXTERNAL - {Role.PARTNER}), customer__isnull=False)
                ),
            ),
        ]
        indexes = [models.Index(fields=["user"], name="membership_by_user")]

    def __str__(self) -> str:
        return self.display_name

    @property
    def is_staff(self) -> bool:
        return self.role in STAFF


class PartnerGrant(models.Model):
    """A customer that a partner may read."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    provider = models.ForeignKey(Provider, models.PROTECT)
    customer = models.ForeignKey(Customer, models.PROTECT, db_constraint=False)
    membership = models.ForeignKey(Membership, models.PROTECT, related_name="grants", db_constraint=False)
    granted_at = models.DateTimeField()

    scope: ClassVar[Scope] = Scope(customer_field="customer_id")
    objects = TenantManager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["membership", "customer"], name="partner_grant_once")]


class AuditEntry(models.Model):
    """One act of administration in a provider's world: who did what to whom, when. Append-only (HSA-26)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    provider = models.ForeignKey(Provider, models.PROTECT)
    customer = models.ForeignKey(Customer, models.PROTECT, null=True, blank=True, db_constraint=False)
    at = models.DateTimeField()
    act = models.CharField(max_length=40)
    actor = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+", db_constraint=False)
    actor_name = models.CharField(max_length=120, blank=True)
    subject_id = models.UUIDField(null=True)
    subject = models.CharField(max_length=200)
    data = models.JSONField(default=dict)

    scope: ClassVar[Scope] = Scope(staff_only=True)
    objects = TenantManager()

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["provider", "-id"], name="audit_by_provider")]

    def __str__(self) -> str:
        return f"{self.act} {self.subject}"


class Team(models.Model):
    """Some of a provider's desk under one name. ``level`` is that of functional escalation, 1 to 3, where it has one.

    An archived one gets no more tickets and keeps those that it has.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    provider = models.ForeignKey(Provider, models.PROTECT)
    name = models.CharField(max_length=60)
    level = models.PositiveSmallIntegerField(null=True)
    created_at = models.DateTimeField()
    archived_at = models.DateTimeField(null=True)

    scope: ClassVar[Scope] = Scope(staff_only=True)
    objects = TenantManager()

    class Meta:
        constraints = [
            models.UniqueConstraint("provider", Lower("name"), name="team_name_per_provider"),
            models.UniqueConstraint(fields=["provider", "id"], name="team_tenant_key"),
            models.CheckConstraint(
                condition=models.Q(level__isnull=True) | models.Q(level__range=(1, 3)), name="team_level"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class TeamMember(models.Model):
    """Somebody of the desk who works in a team; one may work in several."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    provider = models.ForeignKey(Provider, models.PROTECT)
    team = models.ForeignKey(Team, models.CASCADE, related_name="members", db_constraint=False)
    membership = models.ForeignKey(Membership, models.PROTECT, related_name="teams", db_constraint=False)
    since = models.DateTimeField()

    scope: ClassVar[Scope] = Scope(staff_only=True)
    objects = TenantManager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["team", "membership"], name="team_member_once")]
        indexes = [models.Index(fields=["membership"], name="team_member_by_person")]
