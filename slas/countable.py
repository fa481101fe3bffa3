"""Whether deadlines can be counted under a contract at all: asked before it is signed or amended."""

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.errors import Refused
from contracts.terms import TargetTerms, Terms
from slas.engine import EngineError, Fact, FactKind, TargetPolicy, fold
from slas.policies import policy_for

CODE = "cannot_be_counted"


def require_countable(terms: Terms, overrides: Mapping[str, Any], first_day: date) -> None:
    """Refuse figures that the calendar can never hold, such as years of work at a minute a week.

    Every target is counted for every severity from noon of the first day on which the terms and overrides would hold.
    Raises ``Refused`` with the first that has no end, and TermsError for overrides that do not fit.
    """
    for target in terms.targets:
        environment = target.environments[0] if target.environments else None
        try:
            policy = policy_for(terms, target.code, overrides=overrides, environment=environment)
        except EngineError as error:
            raise _refusal(target, target.label.text(_language())) from error
        for severity in terms.severities:
            _require_end(policy, target, severity.code, severity.label.text(_language()), first_day)


def _require_end(policy: TargetPolicy, target: TargetTerms, severity: str, label: str, first_day: date) -> None:
    at = datetime.combine(first_day, time(12), policy.calendar.zone)
    try:
        fold(policy, [Fact(FactKind.STARTED, at, severity=severity)], at)
    except EngineError as error:
        raise _refusal(target, f"{target.label.text(_language())}, {label}") from error


def _refusal(target: TargetTerms, what: str) -> Refused:
    message = _(
        "No deadline can be counted for “%(what)s”: its hours never hold so much time. Change one or the other."
    )
    return Refused(message % {"what": what}, code=CODE, clause=target.clauses[0])


def uncountable() -> Refused:
    """What is told instead of an error of the engine to whoever files a case or asks when it would be due."""
    return Refused(_("The deadlines of this contract cannot be counted. Tell your contact at the provider."), code=CODE)


def _language() -> str:
    return get_language() or "en"
