"""Receipts, mails and pages say the same things in the same words: dates, deadlines, and what a ticket is called."""

import re
from datetime import date, timedelta
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from django.conf import settings
from django.utils import translation

from contracts.publishing import DATA
from contracts.terms import load_terms
from helpdesk.catalogues import compile_catalogues
from slas.engine import Step
from slas.receipt_wording import change_text
from slas.wording import day_text, instant_text, render_step
from tests.worlds import PARIS, paris
from web.moments import format_date, format_moment

WORDS = {
    "hopex-saas": ("Case", "Case"),
    "hopex-on-premise": ("Case", "Case"),
    "octipas": ("Anomaly", "Anomalie"),
    "generix": ("Customer ticket", "Ticket Client"),
    "jalios-on-premise": ("Ticket", "Ticket"),
}
FORMER = re.compile(r"\b(délais?|dossiers?|assistance|engagements?|décomptée?s?)\b", re.IGNORECASE)
"""French words of which the pages have others: échéance, the contract's own word, support, compté."""


@pytest.fixture(scope="module", autouse=True)
def _translations() -> None:
    compile_catalogues()


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_receipt_writes_every_day_of_a_year_as_the_pages_do(language: str):
    with translation.override(language):
        for number in range(366):
            day = date(2026, 1, 1) + timedelta(days=number)
            assert day_text(day) == format_date(day)


@pytest.mark.parametrize("at", ["2026-11-17 13:00", "2026-05-01 09:30"])
@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_receipt_writes_an_instant_as_the_pages_do(language: str, at: str):
    with translation.override(language):
        assert instant_text(paris(at), PARIS) == format_moment(paris(at), PARIS, named=False)


def test_the_example_of_the_seventeenth_of_november():
    with translation.override("fr"):
        assert instant_text(paris("2026-11-17 13:00"), PARIS) == "mar. 17 nov. 2026 à 13:00"
        assert instant_text(paris("2026-11-18 00:00"), PARIS, ends=True) == "mar. 17 nov. 2026 à 24:00"


@pytest.mark.parametrize("document", WORDS)
def test_a_ticket_is_called_what_the_contract_calls_it(document: str):
    terms = load_terms(DATA / f"{document}.yaml")
    for language, word in zip(("en", "fr"), WORDS[document], strict=True):
        case = terms.word("ticket", language)
        assert case == word
        assert case in render_step(Step(None, "excluded", {}), language=language, zone=PARIS, case=case)
        with translation.override(language):
            for code in ("reopened", "excluded", "reinstated"):
                assert case in change_text(code, {"who": "Ana", "case": case}, "")


def test_no_french_sentence_about_clocks_keeps_a_former_word():
    source = Path(settings.BASE_DIR) / "slas/locale/fr/LC_MESSAGES/django.po"
    with source.open("rb") as file:
        texts = [message.string for message in read_po(file, locale="fr") if message.id]
    flat = [text for string in texts for text in ([string] if isinstance(string, str) else string)]
    assert len(flat) > 100
    assert [text for text in flat if FORMER.search(text)] == []
