"""The message of an event or a file belongs to the same ticket; what hangs on an event can carry its tenant."""

from typing import ClassVar

from django.db import migrations, models

from accounts.policies import same_tenant

COMMENT = (["provider_id", "ticket_id", "comment_id"], "tickets_comment", ["provider_id", "ticket_id", "id"])


class Migration(migrations.Migration):
    dependencies: ClassVar = [("tickets", "0003_environment_and_files")]

    operations: ClassVar = [
        migrations.AddConstraint(
            model_name="comment",
            constraint=models.UniqueConstraint(fields=("provider", "ticket", "id"), name="comment_tenant_key"),
        ),
        migrations.AddConstraint(
            model_name="event",
            constraint=models.UniqueConstraint(fields=("provider", "ticket", "id"), name="event_tenant_key"),
        ),
        migrations.AddConstraint(
            model_name="attachment",
            constraint=models.CheckConstraint(
                condition=models.Q(("comment__isnull", True), ("ticket__isnull", False), _connector="OR"),
                name="attachment_of_a_message_of_a_ticket",
            ),
        ),
        same_tenant("tickets_event", *COMMENT),
        same_tenant("tickets_attachment", *COMMENT),
    ]
