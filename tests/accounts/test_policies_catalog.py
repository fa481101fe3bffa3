"""The catalog itself says that every tenant table is under row level security."""

import psycopg

WITHOUT_POLICY = {
    "accounts_user": "read before there is a principal; holds an address and preferences, no tenant data",
    "accounts_demoaccount": "shown on the sign-in page of the demo; empty elsewhere",
    "accounts_accessrecord": "denials of people who have no tenant yet; written outside the request's transaction",
    "account_emailaddress": "of the sign-in library; global addresses",
    "account_emailconfirmation": "of the sign-in library; unused",
    "accounts_passwordreset": "asked for by people who are not known yet; digests only, no tenant data",
    "mfa_authenticator": "of the sign-in library; asked before there is a tenant, secrets are encrypted",
    "socialaccount_socialaccount": "of the sign-in library; links of accounts to identity providers",
    "socialaccount_socialapp": "of the sign-in library; unused, see accounts.sign_on",
    "socialaccount_socialtoken": "of the sign-in library; unused, tokens are not kept",
    "usersessions_usersession": "of the sign-in library; sessions are read before there is a principal",
    "django_session": "read before there is a principal",
    "django_migrations": "of the framework; no tenant data",
    "django_content_type": "of the framework; no tenant data",
    "auth_permission": "of the framework; unused",
    "auth_group": "of the framework; unused",
    "auth_group_permissions": "of the framework; unused",
    "cache_entries": "sign-in limits, keyed by digests",
    "accounts_ratewindow": "limits of the API, keyed by digests; counted before the caller's tenant is known",
}


def _tables(connection: psycopg.Connection) -> dict[str, tuple[bool, bool, int, str]]:
    rows = connection.execute(
        """SELECT c.relname, c.relrowsecurity, c.relforcerowsecurity,
                  (SELECT count(*) FROM pg_policy p WHERE p.polrelid = c.oid), pg_get_userbyid(c.relowner)
           FROM pg_class c WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace"""
    ).fetchall()
    return {name: (enabled, forced, policies, owner) for name, enabled, forced, policies, owner in rows}


def test_every_table_has_forced_policies_or_a_written_reason(owner_connection):
    tables = _tables(owner_connection)
    unprotected = {name for name, (enabled, forced, count, _) in tables.items() if not (enabled and forced and count)}
    assert unprotected - WITHOUT_POLICY.keys() - {"helpdesk_heartbeat"} == set()
    assert WITHOUT_POLICY.keys() - tables.keys() == set()


def test_the_logins_of_web_and_worker_own_no_table(owner_connection):
    owners = {owner for *_, owner in _tables(owner_connection).values()}
    assert owners == {"helpdesk_owner"}
