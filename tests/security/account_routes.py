"""One's own doors and drawers: signing in, sessions, settings, mails and notices; and what is no tenant's."""

from tests.security.canaries import Person
from tests.security.cases import NOBODY, NOTHING, Case, Cases, plain
from tests.security.stage import Stage


def _mails(stage: Stage, person: Person) -> list[Case]:
    cases = [Case(NOTHING, False, {"mail_id": NOBODY}, asked=(str(NOBODY),))]
    shown = {"contact_a", "contact_b", "contact_c", "engineer", "octipas_engineer", person.key}
    for key in sorted(shown & stage.mails.keys()):
        row = stage.mails[key]
        entitled = key == person.key and bool(person.provider)
        cases.append(Case(key, entitled, {"mail_id": row}, asked=(str(row),)))
    return cases


def _notices(stage: Stage, person: Person) -> list[Case]:
    cases = [Case(NOTHING, False, data={"ids": str(NOBODY)}, asked=(str(NOBODY),))]
    for key in ("contact_a", "contact_b", "contact_c", "engineer", "octipas_engineer"):
        row = stage.notices[key]
        entitled = key == person.key and bool(person.provider)
        cases.append(Case(key, entitled, data={"ids": str(row)}, asked=(str(row),)))
    return cases


def _sessions(stage: Stage, person: Person) -> list[Case]:
    """Other people's sessions; one's present session cannot be ended there either."""
    cases = [Case(NOTHING, False, data={"session": "999999"})]
    for key in ("contact_a", "engineer", "octipas_engineer"):
        cases.append(Case(key, False, data={"session": str(stage.sessions[key])}))
    return cases


def _demo(stage: Stage, person: Person) -> list[Case]:
    """Only the accounts that the demo offers; a real person's user id opens nothing."""
    cases = [Case(NOTHING, False, data={"account": str(NOBODY)})]
    cases += [
        Case(key, False, data={"account": str(stage.people[key].acting.user_id)}) for key in ("engineer", "contact_a")
    ]
    return [*cases, Case("decoy", True, data={"account": str(stage.demo_user)})]


ROWS: dict[str, Cases] = {
    "home": plain(),
    "customer_home": plain(),
    "sign_in": plain(email="nobody@mega.example", password="wrong"),
    "sign_out": plain(),
    "demo_sign_in": _demo,
    "sessions": plain(),
    "end_session": _sessions,
    "preferences": plain(),
    "set_time_zone": plain(time_zone="Asia/Tokyo"),
    "set_language": plain(language="fr"),
    "set_appearance": plain(theme="dark"),
    "mailbox": plain(),
    "mail": _mails,
    "notifications": plain(),
    "notifications_read": _notices,
    "styleguide": plain(),
    "healthz": plain(),
    "readyz": plain(),
    "metrics": plain(),
    "set_keys": plain(keys="off"),
    "set_watching": plain(mails="off"),
    "markdown_preview": plain(body="*Hello*"),
}
