"""The team that has a ticket."""

from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models

from accounts.policies import same_tenant


class Migration(migrations.Migration):
    dependencies: ClassVar = [("tickets", "0008_canned_replies"), ("accounts", "0006_teams")]

    operations: ClassVar = [
        migrations.AddField(
            model_name="ticket",
            name="team",
            field=models.ForeignKey(
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.team",
            ),
        ),
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(fields=["provider", "team", "state"], name="ticket_by_team"),
        ),
        same_tenant("tickets_ticket", ["provider_id", "team_id"], "accounts_team", ["provider_id", "id"]),
    ]
