"""What the API itself remembers: answers to calls that may be sent twice."""

from typing import ClassVar

from django.db import models

from accounts.identifiers import uuid7
from accounts.models import Membership, Provider
from accounts.tenancy import Scope, TenantManager


class KeptAnswer(models.Model):
    """The answer to a call that wrote, under the key by which its caller named it (see ``api.once``).

    ``digest`` is of what was asked, so that a key cannot be used for something else; ``body`` is the answer as JSON.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    provider = models.ForeignKey(Provider, models.PROTECT)
    membership = models.ForeignKey(Membership, models.CASCADE, related_name="+", db_constraint=False)
    key = models.CharField(max_length=255)
    digest = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    headers = models.JSONField(default=dict)
    body = models.TextField()
    created_at = models.DateTimeField()

    scope: ClassVar[Scope] = Scope(recipient_field="membership_id")
    objects = TenantManager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["provider", "membership", "key"], name="kept_answer_once")]
        indexes = [models.Index(fields=["provider", "created_at"], name="kept_answer_by_time")]

    def __str__(self) -> str:
        return self.key
