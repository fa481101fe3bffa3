"""Ways into a provider's world, and the records of those who tried: nothing here says what somebody may do inside."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from accounts.identifiers import uuid7
from accounts.models.world import LANGUAGES, Customer, Membership, Provider, User
from accounts.roles import Role
from accounts.tenancy import Scope, TenantManager


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
