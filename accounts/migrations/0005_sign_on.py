"""The single sign-on of a provider."""

import accounts.identifiers
import django.db.models.deletion
from django.db import migrations, models

from accounts.policies import protect


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0004_people'),
    ]

    operations = [
        migrations.CreateModel(
            name='IdentityProvider',
            fields=[
                ('id', models.UUIDField(default=accounts.identifiers.uuid7, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=40)),
                ('issuer', models.CharField(max_length=200)),
                ('client_id', models.CharField(max_length=191)),
                ('secret', models.TextField()),
                ('is_active', models.BooleanField(default=True)),
                ('created_at', models.DateTimeField()),
                ('provider', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='accounts.provider')),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('is_active', True)), fields=('provider',), name='identity_provider_one_active'), models.UniqueConstraint(fields=('provider', 'issuer'), name='identity_provider_issuer_once')],
            },
        ),
        protect("accounts_identityprovider", customer=None, staff_only=True),
    ]
