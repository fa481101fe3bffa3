"""The predicate and row level security, for every tenant model and every kind of person, against a third opinion."""

from django.db import connection, transaction

from accounts.models import ApiToken
from accounts.tenancy import Actor, acting_as
from tests.accounts.oracle import RULES, is_allowed, is_lent, is_withheld, tenant_models
from tests.accounts.populated import Populated, populate

PEOPLE = (
    "contact",
    "colleague",
    "viewer",
    "sibling",
    "engineer",
    "auditor",
    "partner",
    "partner_of_nobody",
    "system",
)
BY_LABEL = {model._meta.label: model for model in tenant_models()}


def _every_row(model, *worlds: Populated) -> list:
    """All rows of both providers, each seen by the product itself."""
    rows = {}
    for populated in worlds:
        with acting_as(populated.world.system):
            rows |= {row.pk: row for row in model.objects.all()}
    return list(rows.values())


def _raw_keys(model) -> set:
    with connection.cursor() as cursor:
        key = model._meta.pk.column
        cursor.execute(f"SELECT {key} FROM {model._meta.db_table}")
        return {row[0] for row in cursor.fetchall()}


def test_every_tenant_model_has_a_rule_here():
    assert BY_LABEL.keys() == RULES.keys()


def test_both_walls_let_through_exactly_the_allowed_rows(mega, octipas):
    for label, model in BY_LABEL.items():
        rows = _every_row(model, mega, octipas)
        for who in PEOPLE:
            actor = mega.people[who]
            by_predicate = {row.pk for row in rows if is_allowed(actor, row) and not is_withheld(actor, row)}
            by_policy = by_predicate | {row.pk for row in rows if is_lent(actor, row)}
            # Where there is nothing foreign the comparison would prove nothing.
            assert len(rows) > len(by_policy), (label, who)
            with acting_as(actor):
                assert set(model.objects.visible_to(actor).values_list("pk", flat=True)) == by_predicate, (label, who)
                assert set(model.objects.values_list("pk", flat=True)) == by_policy, (label, who)
                assert _raw_keys(model) == by_policy, (label, who)


def test_the_predicate_alone_lets_through_exactly_the_allowed_rows(committed_db, database_login):
    """As the owner, whom the policies let see everything, so that only the first wall stands."""
    mega, octipas = populate("mega", "MEGA", "MEGA"), populate("octipas", "Octipas", "OCTI")
    with database_login("migrate"):
        for label, model in BY_LABEL.items():
            rows = list(model.objects.all())
            assert {row.pk for row in rows} > {row.pk for row in rows if is_allowed(octipas.world.system, row)}, label
            for who in PEOPLE:
                actor = mega.people[who]
                allowed = {row.pk for row in rows if is_allowed(actor, row)}
                assert set(model.objects.visible_to(actor).values_list("pk", flat=True)) == allowed, (label, who)


def test_without_a_context_there_is_no_row(mega):
    for label, model in BY_LABEL.items():
        assert _every_row(model, mega), label
        with transaction.atomic():
            assert list(model.objects.all()) == [], label
            assert _raw_keys(model) == set(), label


def test_somebody_elses_context_is_never_widened_by_a_forged_predicate(mega, octipas):
    """The predicate of one provider under the context of another: the walls intersect."""
    with acting_as(octipas.people["engineer"]):
        for model in BY_LABEL.values():
            if model._meta.label == "accounts.Membership":
                continue
            assert not model.objects.visible_to(mega.people["engineer"]).exists(), model._meta.label


def test_a_person_of_two_providers_sees_his_memberships_and_tokens_and_nothing_else_of_the_other(mega, octipas):
    at_mega = mega.people["contact"]
    with acting_as(octipas.world.system):
        from_octipas = octipas.people["contact"]
        tokens = set(ApiToken.objects.filter(user_id=from_octipas.user_id).values_list("pk", flat=True))
    lent = {"accounts.Membership": {from_octipas.membership_id}, "accounts.ApiToken": tokens}
    doubled = Actor(
        provider_id=at_mega.provider_id,
        role=at_mega.role,
        membership_id=at_mega.membership_id,
        user_id=from_octipas.user_id,
        customer_ids=at_mega.customer_ids,
    )
    for label, model in BY_LABEL.items():
        with acting_as(doubled):
            seen = set(model.objects.values_list("pk", flat=True))
        with acting_as(at_mega):
            usual = set(model.objects.values_list("pk", flat=True))
        assert seen - usual == lent.get(label, set()), label
