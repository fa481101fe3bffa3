"""Who is who: providers (tenants), customers, users, memberships and the two walls between tenants."""
