"""Programs that call the API in a test."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.test import Client

from accounts.models import ApiToken
from accounts.tenancy import Actor, acting_as
from accounts.tokens import SCOPES, create_token
from tests.worlds import membership_of

PROBLEM = "application/problem+json"


def give_token(actor: Actor, *scopes: str, at: datetime | None = None, days: int = 30) -> tuple[ApiToken, str]:
    """A token of ``actor`` with its secret, good for everything unless ``scopes`` says less."""
    with acting_as(Actor.system(actor.provider_id)):
        return create_token(
            membership=membership_of(actor),
            name="integration",
            scopes=scopes or SCOPES,
            at=at or datetime.now(UTC),
            lasts=timedelta(days=days),
        )


@dataclass
class Program:
    """Calls with one token; ``headers`` may be said anew at each call."""

    secret: str

    def __post_init__(self) -> None:
        self.client = Client(enforce_csrf_checks=True, raise_request_exception=False)

    def ask(self, verb: str, address: str, body: Any = None, **headers: str) -> Any:
        """One call; ``body`` is sent as JSON, bytes as they are."""
        sent = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        kind = headers.pop("kind", "application/json")
        given = {"Authorization": f"Bearer {self.secret}"} | headers
        return self.client.generic(verb, f"/api/v1/{address}", sent, content_type=kind, headers=given)

    def get(self, address: str, **headers: str) -> Any:
        return self.ask("GET", address, **headers)

    def compute(self, body: Any, **headers: str) -> Any:
        return self.ask("POST", "sla/compute", body, **headers)


def program_of(actor: Actor, *scopes: str) -> Program:
    """A program with a fresh token of ``actor``."""
    return Program(give_token(actor, *scopes)[1])
