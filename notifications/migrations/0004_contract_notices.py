"""Messages about contracts: an act on one, or days that calendars of many contracts gain, beside events of tickets."""

from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models

from accounts.policies import same_tenant

CHANGE = (["provider_id", "contract_id", "contract_change_id"], "contracts_contractchange", ["provider_id", "contract_id", "id"])
DAYS = (["provider_id", "calendar_change_id"], "contracts_calendarchange", ["provider_id", "id"])


def key(to: str) -> models.ForeignKey:
    """A reference that may be empty; the composite key below it says whose it is."""
    return models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.PROTECT, to=to)


def one_source(**owned: tuple[str, ...]) -> models.Q:
    """Exactly one of event, contract_change and calendar_change, with what it belongs to."""
    sources = {"event": ("ticket",), "contract_change": ("contract",), "calendar_change": ()}
    allowed = models.Q()
    for one in sources:
        bound = {one, *sources[one], *owned.get(one, ())}
        loose = {*sources, "ticket"} - bound
        allowed |= models.Q(**{f"{field}__isnull": field not in bound for field in sorted(bound | loose)})
    return allowed


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("notifications", "0003_event_keys"),
        ("contracts", "0008_late_announcements"),
    ]

    operations: ClassVar = [
        migrations.AlterField("outboxentry", "customer", key("accounts.customer")),
        migrations.AlterField("outboxentry", "ticket", key("tickets.ticket")),
        migrations.AlterField("outboxentry", "event", key("tickets.event")),
        migrations.AddField("outboxentry", "contract", key("contracts.contract")),
        migrations.AddField("outboxentry", "contract_change", key("contracts.contractchange")),
        migrations.AddField("outboxentry", "calendar_change", key("contracts.calendarchange")),
        migrations.AlterField("delivery", "ticket", key("tickets.ticket")),
        migrations.AlterField("delivery", "event", key("tickets.event")),
        migrations.AlterField("delivery", "ticket_reference", models.CharField(blank=True, max_length=24)),
        migrations.AddField("delivery", "contract", key("contracts.contract")),
        migrations.AddField("delivery", "contract_change", key("contracts.contractchange")),
        migrations.AddField("delivery", "calendar_change", key("contracts.calendarchange")),
        migrations.AddConstraint(
            "outboxentry",
            models.UniqueConstraint(fields=("provider", "contract_change"), name="outbox_once_per_change"),
        ),
        migrations.AddConstraint(
            "outboxentry",
            models.UniqueConstraint(fields=("provider", "calendar_change"), name="outbox_once_per_days"),
        ),
        migrations.AddConstraint(
            "outboxentry",
            models.CheckConstraint(
                condition=one_source(event=("customer",), contract_change=("customer",)), name="outbox_of_one_source"
            ),
        ),
        migrations.AddConstraint(
            "delivery",
            models.UniqueConstraint(
                fields=("contract_change", "recipient", "channel"), name="delivery_once_per_change"
            ),
        ),
        migrations.AddConstraint(
            "delivery",
            models.UniqueConstraint(fields=("calendar_change", "recipient", "channel"), name="delivery_once_per_days"),
        ),
        migrations.AddConstraint(
            "delivery", models.CheckConstraint(condition=one_source(), name="delivery_of_one_source")
        ),
        same_tenant(
            "notifications_outboxentry",
            ["provider_id", "customer_id", "contract_id"],
            "contracts_contract",
            ["provider_id", "customer_id", "id"],
        ),
        same_tenant("notifications_delivery", ["provider_id", "contract_id"], "contracts_contract", ["provider_id", "id"]),
        same_tenant("notifications_outboxentry", *CHANGE),
        same_tenant("notifications_delivery", *CHANGE),
        same_tenant("notifications_outboxentry", *DAYS),
        same_tenant("notifications_delivery", *DAYS),
    ]
