"""A ticket knows its state in the contract's own workflow, and where a workaround stands."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("tickets", "0004_message_keys")]

    operations: ClassVar = [
        migrations.AddField(
            model_name="ticket",
            name="contract_state",
            field=models.CharField(default="", max_length=40),
            preserve_default=False,
        ),
        # Until now every contract's states were the product's own. An UPDATE would see no row: the policies of the
        # table hold for its owner too, and a migration acts for no provider.
        migrations.RunSQL(
            "ALTER TABLE tickets_ticket ALTER COLUMN contract_state TYPE varchar(40) USING state",
            migrations.RunSQL.noop,
        ),
        migrations.AddField(
            model_name="ticket",
            name="workaround",
            field=models.CharField(
                blank=True,
                choices=[("offered", "Offered"), ("accepted", "Accepted"), ("declined", "Declined")],
                default="",
                max_length=12,
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="ticket",
            name="workaround_kind",
            field=models.CharField(
                blank=True,
                choices=[("final", "Final"), ("provisional", "Provisional")],
                default="",
                max_length=12,
            ),
            preserve_default=False,
        ),
        migrations.AddConstraint(
            model_name="ticket",
            constraint=models.CheckConstraint(
                condition=~models.Q(contract_state=""), name="ticket_in_a_state_of_its_contract"
            ),
        ),
    ]
