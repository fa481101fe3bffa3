"""What the frame of every page needs: who reads it, where he may go, how he likes it."""

from functools import cached_property
from typing import Any

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext

from accounts import selectors as people
from accounts.models import Membership
from accounts.questions import question
from accounts.roles import Role
from accounts.tenancy import Actor
from notifications import selectors as notifications
from web.appearance import has_keys, theme_of
from web.presenters.vocabulary import TicketWords, ticket_words

PRODUCT_NAME = "Helpdesk"


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context of templates/base.html. Whatever needs the database is read only when a page draws it."""
    actor = getattr(request, "actor", None)
    words = ticket_words(actor) if actor and actor.is_external else None
    frame = _Frame(actor) if actor else None
    return {
        "ticket_words": words,
        "product_name": PRODUCT_NAME,
        "demo_mode": settings.DEMO_MODE,
        "theme": theme_of(request),
        "has_keys": has_keys(request),
        "languages": settings.LANGUAGES,
        "actor": actor,
        "navigation": _navigation(request, actor, words) if actor else [],
        "place": SimpleLazyObject(lambda: frame.place) if frame else None,
        "role_label": Role(actor.role).label if actor and actor.role else "",
        "unread": SimpleLazyObject(lambda: frame.unread) if frame else 0,
    }


def _navigation(request: HttpRequest, actor: Actor, words: TicketWords | None) -> list[dict[str, Any]]:
    """The places of the actor's side; the one being read is marked."""
    if words is None:
        places = [("queue", gettext("Queue"), "layout-list")]
    else:
        places = [("customer_home", gettext("Home"), "home"), ("cases", words.many, "layout-list")]
        if actor.may("ticket.file"):
            places.append(("new_case", words.new, "plus"))
    if actor.may("audit.read") or actor.may("contract.sign"):
        places.append(("administration", gettext("Administration"), "users"))
    if settings.DEMO_MODE:
        places.append(("mailbox", gettext("Mailbox"), "mail"))
    match = request.resolver_match
    current = _HOME_OF.get(match.url_name or "", match.url_name) if match else None
    if match and match.route.startswith("administration/"):
        current = "administration"
    if current == "ticket":
        current = "queue" if actor.is_staff else "cases"
    return [
        {"url": reverse(name), "label": label, "icon": icon, "current": name == current} for name, label, icon in places
    ]


_HOME_OF = {
    "mail": "mailbox",
    "clock_receipt": "ticket",
    "environment": "customer_home",
    **dict.fromkeys(("queue_bulk", "queue_views", "queue_view", "queue_view_new"), "queue"),
    **dict.fromkeys(("canned_replies", "canned_reply", "canned_reply_new"), "queue"),
}


@question
def _own(actor: Actor) -> QuerySet[Membership]:
    rows = Membership.objects.visible_to(actor).filter(id=actor.person)
    told = rows.select_related("provider", "customer").only("id", "provider__name", "customer__name")
    return told.annotate(unread=ArraySubquery(notifications.unread(actor)))


class _Frame:
    """What the frame shows of its reader, in one question: each page asks it."""

    def __init__(self, actor: Actor) -> None:
        self.actor = actor

    @cached_property
    def _own(self) -> Any:
        return _own.one(self.actor)

    @property
    def place(self) -> dict[str, str]:
        """Names for the top bar and the user menu: the provider, and the customer of a customer's person."""
        if self._own is None:
            return {"provider": people.provider_of(self.actor).name, "organisation": ""}
        provider = self._own.provider.name
        return {"provider": provider, "organisation": self._own.customer.name if self._own.customer else provider}

    @property
    def unread(self) -> int:
        """How many notifications are unread, counted a little beyond what is shown."""
        return len(self._own.unread) if self._own else notifications.unread_count(self.actor)
