"""Invitations, password resets, the audit trail, the end of a customer, and where a person has a place."""

import accounts.identifiers
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from accounts.policies import APP, SEARCH, append_only, cross_tenant_function, protect, same_tenant

CUSTOMER = (["provider_id", "customer_id"], "accounts_customer", ["provider_id", "id"])
MEMBERSHIP = ("accounts_membership", ["provider_id", "id"])



class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0003_api_tokens'),
    ]

    operations = [
        migrations.AddField(
            model_name='customer',
            name='ended_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='membership',
            name='ended_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='membership',
            name='needs_second_factor',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='provider',
            name='staff_need_second_factor',
            field=models.BooleanField(default=False),
        ),
        migrations.CreateModel(
            name='AuditEntry',
            fields=[
                ('id', models.UUIDField(default=accounts.identifiers.uuid7, editable=False, primary_key=True, serialize=False)),
                ('at', models.DateTimeField()),
                ('act', models.CharField(max_length=40)),
                ('actor_name', models.CharField(blank=True, max_length=120)),
                ('subject_id', models.UUIDField(null=True)),
                ('subject', models.CharField(max_length=200)),
                ('data', models.JSONField(default=dict)),
                ('actor', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.membership')),
                ('customer', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.PROTECT, to='accounts.customer')),
                ('provider', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='accounts.provider')),
            ],
            options={
                'ordering': ['-id'],
                'indexes': [models.Index(fields=['provider', '-id'], name='audit_by_provider')],
            },
        ),
        migrations.CreateModel(
            name='Invitation',
            fields=[
                ('digest', models.CharField(max_length=64, null=True, unique=True)),
                ('created_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
                ('sent_at', models.DateTimeField(null=True)),
                ('next_attempt_at', models.DateTimeField(null=True)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('error', models.CharField(blank=True, max_length=500)),
                ('id', models.UUIDField(default=accounts.identifiers.uuid7, editable=False, primary_key=True, serialize=False)),
                ('email', models.EmailField(max_length=254)),
                ('role', models.CharField(choices=[('engineer_n1', 'Support engineer N1'), ('engineer_n2', 'Support engineer N2'), ('engineer_n3', 'Support engineer N3'), ('support_manager', 'Support manager'), ('account_manager', 'Account manager'), ('product_manager', 'Product manager'), ('administrator', 'Administrator'), ('auditor', 'Auditor'), ('contact', 'Contact'), ('animator', 'Space animator'), ('security_officer', 'Security officer'), ('dpo', 'Data protection officer'), ('viewer', 'Viewer'), ('partner', 'Partner')], max_length=24)),
                ('display_name', models.CharField(max_length=120)),
                ('language', models.CharField(choices=[('fr', 'Français'), ('en', 'English')], default='fr', max_length=2)),
                ('invited_by_name', models.CharField(max_length=120)),
                ('accepted_at', models.DateTimeField(null=True)),
                ('revoked_at', models.DateTimeField(null=True)),
                ('accepted_by', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.membership')),
                ('customer', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.PROTECT, to='accounts.customer')),
                ('invited_by', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.membership')),
                ('provider', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='accounts.provider')),
            ],
            options={
                'indexes': [models.Index(fields=['provider', 'created_at'], name='invitation_by_provider'), models.Index(condition=models.Q(('next_attempt_at__isnull', False)), fields=['provider', 'next_attempt_at'], name='invitation_waiting')],
                'constraints': [models.CheckConstraint(condition=models.Q(('accepted_at__isnull', True), ('revoked_at__isnull', True), _connector='OR'), name='invitation_accepted_or_revoked'), models.CheckConstraint(condition=models.Q(('accepted_at__isnull', True), ('accepted_by__isnull', False), _connector='OR'), name='invitation_accepted_by_somebody')],
            },
        ),
        migrations.CreateModel(
            name='PasswordReset',
            fields=[
                ('digest', models.CharField(max_length=64, null=True, unique=True)),
                ('created_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
                ('sent_at', models.DateTimeField(null=True)),
                ('next_attempt_at', models.DateTimeField(null=True)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('error', models.CharField(blank=True, max_length=500)),
                ('id', models.UUIDField(default=accounts.identifiers.uuid7, editable=False, primary_key=True, serialize=False)),
                ('used_at', models.DateTimeField(null=True)),
                ('user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(fields=['created_at'], name='password_reset_by_time'), models.Index(condition=models.Q(('next_attempt_at__isnull', False)), fields=['next_attempt_at'], name='password_reset_waiting')],
            },
        ),
        protect("accounts_auditentry", customer=None, staff_only=True, write_unread=True),
        append_only("accounts_auditentry"),
        same_tenant("accounts_auditentry", *CUSTOMER),
        same_tenant("accounts_auditentry", ["provider_id", "actor_id"], *MEMBERSHIP),
        protect("accounts_invitation", customer=None, staff_only=True),
        same_tenant("accounts_invitation", *CUSTOMER),
        same_tenant("accounts_invitation", ["provider_id", "invited_by_id"], *MEMBERSHIP),
        same_tenant("accounts_invitation", ["provider_id", "accepted_by_id"], *MEMBERSHIP),
        cross_tenant_function(
            "invitation_provider(digest text)",
            "SELECT i.provider_id FROM accounts_invitation i WHERE i.digest = invitation_provider.digest",
            login=APP,
        ),
        cross_tenant_function(
            "providers_with_waiting_invitations(at timestamptz)",
            "SELECT DISTINCT i.provider_id FROM accounts_invitation i WHERE i.next_attempt_at <= at",
        ),
        # Where a person has a place: names of organisations that he cannot read before he works there.
        migrations.RunSQL(
            [
                """CREATE FUNCTION places_of_user()
                RETURNS TABLE(membership_id uuid, provider_name varchar, customer_name varchar)
                LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
                  SELECT m.id, p.name, c.name FROM accounts_membership m
                  JOIN accounts_provider p ON p.id = m.provider_id
                  LEFT JOIN accounts_customer c ON c.provider_id = m.provider_id AND c.id = m.customer_id
                  WHERE m.is_active AND m.user_id = nullif(current_setting('app.user_id', true), '')::uuid
                $$""",
                "REVOKE ALL ON FUNCTION places_of_user() FROM PUBLIC",
                f"GRANT EXECUTE ON FUNCTION places_of_user() TO {APP}",
                f"ALTER FUNCTION places_of_user() OWNER TO {SEARCH}",
            ],
            ["DROP FUNCTION places_of_user()"],
        ),
    ]
