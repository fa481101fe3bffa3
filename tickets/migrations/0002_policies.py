"""Row level security for tickets and everything below them; the journal is append-only."""

from typing import ClassVar

from django.db import migrations

from accounts.policies import append_only, protect, same_tenant

TICKET = (["provider_id", "customer_id", "ticket_id"], "tickets_ticket", ["provider_id", "customer_id", "id"])
MEMBERSHIP = ("accounts_membership", ["provider_id", "id"])


class Migration(migrations.Migration):
    dependencies: ClassVar = [("tickets", "0001_initial"), ("contracts", "0002_policies")]

    operations: ClassVar = [
        protect("tickets_ticket"),
        protect("tickets_comment", visibility="visibility"),
        protect("tickets_event", visibility="visibility", write_unread=True),
        protect("tickets_attachment", visibility="visibility", unbound=("ticket_id", "uploader_id")),
        protect("tickets_draft", customer=None, recipient="owner_id"),
        append_only("tickets_event"),
        append_only("tickets_comment"),
        same_tenant(
            "tickets_ticket",
            ["provider_id", "customer_id", "contract_id"],
            "contracts_contract",
            ["provider_id", "customer_id", "id"],
        ),
        same_tenant("tickets_ticket", ["provider_id", "terms_id"], "contracts_termsversion", ["provider_id", "id"]),
        same_tenant("tickets_ticket", ["provider_id", "author_id"], *MEMBERSHIP),
        same_tenant("tickets_ticket", ["provider_id", "assignee_id"], *MEMBERSHIP),
        same_tenant("tickets_comment", *TICKET),
        same_tenant("tickets_comment", ["provider_id", "author_id"], *MEMBERSHIP),
        same_tenant("tickets_event", *TICKET),
        same_tenant("tickets_event", ["provider_id", "actor_id"], *MEMBERSHIP),
        same_tenant("tickets_attachment", *TICKET),
        same_tenant("tickets_attachment", ["provider_id", "uploader_id"], *MEMBERSHIP),
        same_tenant("tickets_draft", ["provider_id", "owner_id"], *MEMBERSHIP),
    ]
