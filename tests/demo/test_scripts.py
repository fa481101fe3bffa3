"""The cast and the stories as they are written: playable, invented, consistent. Nothing here needs a database."""

import re
import struct

import pytest
import yaml

from accounts.roles import Role
from helpdesk.demo import scripts
from helpdesk.demo.files import upload_named
from helpdesk.demo.scripts import ScriptError, read_cast, read_stories

REAL_ORGANISATIONS = (
    "BNP", "Société Générale", "Crédit Agricole", "Natixis", "AXA", "Allianz", "HSBC", "Barclays", "EDF", "Enedis",
    "ENGIE", "TotalEnergies", "RTE", "Airbus", "SNCF", "DHL", "FedEx", "UPS", "Maersk", "Equinor", "Statkraft", "Orkla",
    "Nestlé", "Carrefour", "Tesco", "Royal Mail", "Bizzdesign", "LeanIX", "ServiceNow", "Zendesk", "Jira",
)  # fmt: skip
GREETED = re.compile(r"\b(?:Hello|Bonjour) (\w+)")


def _texts(story):
    yield from (story.title, story.description, *story.details.values())
    yield from (step.body for step in story.steps)


def _first_names():
    """First names of the people of each customer."""
    return {
        customer["key"]: {person["name"].split()[0] for person in customer["people"]}
        for provider in read_cast()
        for customer in provider["customers"]
    }


def test_there_are_about_ninety_tickets_of_all_customers_in_two_languages():
    stories = read_stories()
    assert 75 <= len(stories) <= 110
    assert {story.customer for story in stories} == _first_names().keys()
    french = sum("é" in " ".join(_texts(story)) for story in stories)
    assert 35 <= french <= 75


def test_no_real_organisation_and_no_real_address_is_mentioned():
    cast = yaml.safe_dump(read_cast(), allow_unicode=True)
    everything = "\n".join([cast, *(text for story in read_stories() for text in _texts(story))])
    found = [name for name in REAL_ORGANISATIONS if re.search(rf"\b{re.escape(name)}\b", everything)]
    assert found == []
    assert [word for word in re.findall(r"\S+@\S+", everything) if ".example" not in word] == []
    assert re.findall(r"https?://\S+", everything) == []


def test_only_people_of_the_customer_are_greeted_by_name():
    names = _first_names()
    strangers = [
        (story.title, name)
        for story in read_stories()
        for text in _texts(story)
        for name in GREETED.findall(text)
        if name not in names[story.customer]
    ]
    assert strangers == []


def test_everybody_acts_for_his_own_organisation_and_contacts_alone_file():
    staff, people = {}, {}
    for provider in read_cast():
        for customer in provider["customers"]:
            staff[customer["key"]] = {person["key"] for person in provider["staff"]}
            people[customer["key"]] = {person["key"] for person in customer["people"] if person["role"] == "contact"}
    for story in read_stories():
        assert story.author in people[story.customer], story.title
        assert {step.who for step in story.steps} <= people[story.customer] | staff[story.customer], story.title


def test_every_role_that_the_demo_promises_is_on_stage():
    members = [
        person
        for provider in read_cast()
        for person in (*provider["staff"], *(p for customer in provider["customers"] for p in customer["people"]))
    ]
    roles = {person["role"] for person in members}
    assert roles >= {
        Role.ENGINEER_N1, Role.ENGINEER_N2, Role.ENGINEER_N3, Role.SUPPORT_MANAGER, Role.ACCOUNT_MANAGER,
        Role.ADMINISTRATOR, Role.AUDITOR, Role.CONTACT, Role.VIEWER,
    }  # fmt: skip
    assert [partner["reads"] for provider in read_cast() for partner in provider.get("partners", ())]


def test_every_file_can_be_made_and_is_the_same_each_time():
    for name in sorted(scripts.files_of(read_stories())):
        first, second = upload_named(name).read(), upload_named(name).read()
        assert first and first == second, name
        if name.endswith(".png"):
            assert first.startswith(b"\x89PNG\r\n\x1a\n") and struct.unpack(">II", first[16:24]) == (480, 270), name


STORY = {
    "customer": "acme",
    "filed": "5 09:00 ann minor production",
    "title": "A title",
    "description": "Text",
    "then": ["d0 10:00 bob take", {"d1 11:00 bob reply": "Hello. +picture.png"}],
}


def test_a_story_says_who_does_what_and_when():
    story = scripts._story(STORY, "acme")
    assert (story.days, story.author, story.severity, story.kind) == (5, "ann", "minor", "")
    take, reply = story.steps
    assert (take.verb, take.body, reply.days, reply.hour) == ("take", "", 1, 11)
    assert (reply.body, reply.files) == ("Hello.", ("picture.png",))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"filed": "5 25:00 ann minor production"}, "form"),
        ({"filed": "soon"}, "form"),
        ({"then": ["d0 10:00 bob juggle"]}, "unknown"),
        ({"then": ["d0 10:00 bob assign"]}, "takes 1"),
        ({"then": [{"d0 10:00 bob reply": "one", "d0 11:00 bob reply": "two"}]}, "begin each with a dash"),
        ({"symptom": "A typing error in a key"}, "nothing called symptom"),
        ({"then": ["d0 10:00 bob reply"]}, "needs a text"),
        ({"then": [{"d0 10:00 bob take": "text"}]}, "says nothing"),
        ({"then": ["d0 08:00 bob take"]}, "does not come after"),
        ({"then": ["d1 10:00 bob take", "d1 10:00 bob close"]}, "does not come after"),
        ({"then": ["d5 10:00 bob take"]}, "until the demo's date"),
    ],
)
def test_what_cannot_be_played_is_refused_with_the_line(changed, message):
    with pytest.raises(ScriptError, match=message):
        scripts._story(STORY | changed, "acme")


def test_lines_of_a_paragraph_are_joined_and_lists_and_code_are_kept():
    told = "Hello\nthere,\n\n1. one\n2. two\n\n```\na\nb\n```\n- kept\n"
    assert scripts.unwrapped(told) == "Hello there,\n\n1. one\n2. two\n\n```\na\nb\n```\n- kept"
