"""The end of a contract, set and withdrawn: acts of the provider alone, in the log and on the row itself."""

from typing import ClassVar

from django.db import migrations, models

from accounts.policies import APP, WORKER


class Migration(migrations.Migration):
    dependencies: ClassVar = [("contracts", "0009_environment_records"), ("accounts", "0002_policies")]

    operations: ClassVar = [
        migrations.AlterField(
            "contractchange",
            "kind",
            models.CharField(
                choices=[
                    ("signed", "Signed"),
                    ("environment_added", "Environment added"),
                    ("contact_named", "Contact named"),
                    ("proposed", "Amendment proposed"),
                    ("approved", "Amendment approved"),
                    ("declined", "Amendment declined"),
                    ("calendar_changed", "Calendar changed"),
                    ("environment_recorded", "Technical record changed"),
                    ("ended", "End set"),
                    ("end_withdrawn", "End withdrawn"),
                ],
                max_length=24,
            ),
        ),
        migrations.AddConstraint(
            "contractchange",
            models.CheckConstraint(
                condition=~models.Q(kind__in=["ended", "end_withdrawn"])
                | models.Q(actor__isnull=False, actor_side="provider"),
                name="contract_ended_by_the_provider",
            ),
        ),
        # A customer's people lock their contract while they decide on an amendment; they never change it.
        migrations.RunSQL(
            f"""CREATE POLICY staff_update ON contracts_contract AS RESTRICTIVE FOR UPDATE TO {APP}, {WORKER}
            USING (true) WITH CHECK (coalesce(current_setting('app.audience', true), '') = 'staff')""",
            "DROP POLICY staff_update ON contracts_contract",
        ),
    ]
