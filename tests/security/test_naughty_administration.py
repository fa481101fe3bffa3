"""Whatever is sent to the administrator's pages, to one's own account and to the doors: refused with 4xx or taken."""

import logging
from collections.abc import Iterator
from typing import Any

import pytest

from tests.security.cases import Case
from tests.security.corpus import EVERYTHING, FORMULAS, NIGHTLY, TRAPS
from tests.security.forms import Form, forms_of
from tests.security.matrix import Visitor
from tests.security.observer import undone
from tests.security.stage import Stage

HOME = "/administration/"
LISTS = ("", "customers/new/", "people/", "invitations/", "teams/new/", "security/", "audit/", "access-review/")
SECRET = "a" * 43
LONG = 20
"""Fields; a form with more is a whole contract."""
PARTS = 4
"""Of one long walk, so that several processes share it."""
KEY = "00000000-0000-7000-8000-000000000000"
DOORS = [
    Form("GET", "/join/", {"invitation": SECRET}),
    Form("POST", "/join/", {"invitation": SECRET, "display_name": "Guest", "password": "seven quiet green herons"}),
    Form("POST", "/password/forgotten/", {"email": "nobody@nowhere.example"}),
    Form("GET", "/password/new/", {"reset": SECRET}),
    Form("POST", "/password/new/", {"reset": SECRET, "password": "seven quiet green herons"}),
    Form("POST", "/sign-in/company/", {"provider": "nobody"}),
    Form("GET", "/sign-in/company/", {"provider": ""}),
    Form("GET", f"/sign-in/company/{KEY}/{KEY}/", {"code": "x", "state": "y", "error": ""}),
    Form("POST", "/places/choose/", {"membership": ""}),
    Form("GET", "/administration/people/", {"side": "", "search": "", "name": "A", "key": ""}),
    Form("GET", "/administration/audit/", {"act": "", "customer": "", "first_day": "", "last_day": "", "before": ""}),
]  # fmt: skip


@pytest.fixture(autouse=True)
def _quiet(settings: Any) -> Iterator[None]:
    settings.ACCOUNT_RATE_LIMITS = {}
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def _forms(stage: Stage, visitor: Visitor) -> list[Form]:
    owned = stage.customers["a"]
    deeper = [
        f"{HOME}customers/{owned.customer.id}/",
        f"{HOME}customers/{owned.customer.id}/contracts/new/?terms={owned.contract.terms_id}",
        f"{HOME}teams/{stage.teams['mega']}/",
        f"{HOME}people/{stage.people['viewer_a'].acting.person}/",
        f"{HOME}contracts/{owned.contract.id}/contacts/",
        f"{HOME}contracts/{owned.contract.id}/end/",
        "/settings/second-factor/",
        "/places/",
    ]
    withdrawal = Form("POST", f"{HOME}contracts/{owned.contract.id}/end/withdraw/", {"reason": ""})
    return [*forms_of(visitor, [*(f"{HOME}{page}" for page in LISTS), *deeper]), *DOORS, withdrawal]


def _send(visitor: Visitor, form: Form, values: dict[str, str]) -> Any:
    given: dict[str, Any] = {"query": values} if form.method == "GET" else {"data": values}
    with undone():
        return visitor.ask(form.method, form.action.partition("?")[0], Case("-", True, **given))


def _tried(form: Form, number: int) -> list[str]:
    """Every night all that there is. By day a share of the traps for each field, a smaller one in the longest forms."""
    if NIGHTLY:
        return [*TRAPS, *EVERYTHING]
    share = 12 if len(form.fields) > LONG else 4
    return TRAPS[number % share :: share]


@pytest.mark.parametrize("part", range(PARTS))
def test_one_naughty_field_at_a_time_of_the_administrator(stage: Stage, part: int):
    visitor = Visitor(stage.people["administrator"])
    faults, sent = [], 0
    fields = [(form, number) for form in _forms(stage, visitor) for number in range(len(form.fields))]
    for form, number in fields[part::PARTS]:
        name = list(form.fields)[number]
        for value in _tried(form, number):
            answer = _send(visitor, form, form.fields | {name: value})
            sent += 1
            if answer.status_code >= 500 and answer.status_code != 503:
                reason = getattr(answer, "exc_info", None)
                faults.append(f"{form.method} {form.action} {name}={value[:60]!r}: {reason and reason[1]!r}")
    assert not faults, "\n".join(faults)
    assert sent > 100 // PARTS


def test_no_name_is_a_formula_in_the_file_of_the_review(stage: Stage):
    visitor = Visitor(stage.people["administrator"])
    address = f"{HOME}people/{stage.people['viewer_a'].acting.person}/"
    for value in FORMULAS:
        with undone():
            renamed = visitor.ask("POST", address, Case("-", True, data={"display_name": value, "role": "viewer"}))
            answer = visitor.ask("POST", f"{HOME}access-review/file/", Case("-", True))
            assert renamed.status_code in {303, 422}, value
            cells = answer.content.decode("utf-8-sig").replace("\n", ",").split(",")
            assert not [cell for cell in cells if cell.strip('" ')[:1] in set("=+-@|%＝＋－＠")], value
