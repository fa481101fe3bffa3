"""Tenancy: a provider serves customers; a global user reaches them through memberships."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
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


class ApiToken(models.Model):
    """What lets a program act as one membership (see ``accounts.tokens``). Of the secret only its digest is kept.

    ``last_used_on`` is a day, so that it is written once a day and not at every call.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    provider = models.ForeignKey(Provider, models.PROTECT)
    membership = models.ForeignKey(Membership, models.PROTECT, related_name="api_tokens", db_constraint=False)
    user = models.ForeignKey(User, models.PROTECT)
    name = models.CharField(max_length=80)
    scopes = ArrayField(models.CharField(max_length=40))
    digest = models.CharField(max_length=64, unique=True)
    prefix = models.CharField(max_length=16)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    last_used_on = models.DateField(null=True)
    revoked_at = models.DateTimeField(null=True)

    scope: ClassVar[Scope] = Scope(recipient_field="membership_id")
    objects = TenantManager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(expires_at__gt=models.F("created_at")), name="api_token_expires_after_it_begins"
            )
        ]

    def __str__(self) -> str:
        return f"{self.prefix}… {self.name}"


class Letter(models.Model):
    """A mail that carries a secret link: the worker makes the secret when it sends, and only its digest is kept.

    ``next_attempt_at`` is when the mail is to be sent; empty once it was sent, given up or is no longer wanted.
    """

    digest = models.CharField(max_length=64, null=True, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    next_attempt_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=500, blank=True)

    class Meta:
        abstract = True


class Invitation(Letter):
    """A place that is offered to an address: taken up once, before it expires, unless it was revoked (HSA-23)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    provider = models.ForeignKey(Provider, models.PROTECT)
    customer = models.ForeignKey(Customer, models.PROTECT, null=True, blank=True, db_constraint=False)
    email = models.EmailField()
    role = models.CharField(max_length=24, choices=Role.choices)
    display_name = models.CharField(max_length=120)
    language = models.CharField(max_length=2, choices=LANGUAGES, default="fr")
    invited_by = models.ForeignKey(Membership, models.PROTECT, related_name="+", db_constraint=False)
    invited_by_name = models.CharField(max_length=120)
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+", db_constraint=False)
    revoked_at = models.DateTimeField(null=True)

    scope: ClassVar[Scope] = Scope(staff_only=True)
    objects = TenantManager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(accepted_at__isnull=True) | models.Q(revoked_at__isnull=True),
                name="invitation_accepted_or_revoked",
            ),
            models.CheckConstraint(
                condition=models.Q(accepted_at__isnull=True) | models.Q(accepted_by__isnull=False),
                name="invitation_accepted_by_somebody",
            ),
        ]
        indexes = [
            models.Index(fields=["provider", "created_at"], name="invitation_by_provider"),
            models.Index(
                fields=["provider", "next_attempt_at"],
                name="invitation_waiting",
                condition=models.Q(next_attempt_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.display_name


class PasswordReset(Letter):
    """Somebody asked for a new password. ``user`` is empty where the address is not known: both leave one row."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, models.CASCADE, null=True)
    used_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["created_at"], name="password_reset_by_time"),
            models.Index(
                fields=["next_attempt_at"],
                name="password_reset_waiting",
                condition=models.Q(next_attempt_at__isnull=False),
            ),
        ]


class IdentityProvider(models.Model):
    """The single sign-on of one provider, by OpenID Connect.

    Another issuer is another row: what one vouched for says nothing about people of the other. ``secret`` is encrypted
    (see ``accounts.encryption``).
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    provider = models.ForeignKey(Provider, models.PROTECT)
    name = models.CharField(max_length=40)
    issuer = models.CharField(max_length=200)
    client_id = models.CharField(max_length=191)
    secret = models.TextField()
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()

    scope: ClassVar[Scope] = Scope(staff_only=True)
    objects = TenantManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["provider"], condition=models.Q(is_active=True), name="identity_provider_one_active"
            ),
            models.UniqueConstraint(fields=["provider", "issuer"], name="identity_provider_issuer_once"),
        ]

    def __str__(self) -> str:
        return self.name


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


class RateWindow(models.Model):
    """How often a caller, known by a digest only, has called since his window began (see ``accounts.limits``)."""

    key = models.CharField(max_length=64, primary_key=True)
    started_at = models.DateTimeField()
    count = models.PositiveIntegerField()

    class Meta:
        indexes = [models.Index(fields=["started_at"], name="rate_window_by_time")]


class DemoAccount(models.Model):
    """A demo sign-in shown on the sign-in page. Empty outside demo mode; holds no tenant data."""

    user = models.OneToOneField(User, models.CASCADE, primary_key=True)
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=120)
    role = models.CharField(max_length=24, choices=Role.choices)
    organisation = models.CharField(max_length=160)
    provider_name = models.CharField(max_length=120)

    class Meta:
        ordering = ["position"]


class AccessRecord(models.Model):
    """Failed sign-ins and denials, kept apart from the request that was rolled back."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    at = models.DateTimeField()
    kind = models.CharField(max_length=24)
    user = models.ForeignKey(User, models.SET_NULL, null=True)
    path = models.CharField(max_length=300)
    status = models.PositiveSmallIntegerField()
    request_id = models.CharField(max_length=40)
    peer = models.CharField(max_length=64, blank=True)

    class Meta:
        indexes = [models.Index(fields=["at"], name="access_record_by_time")]
