"""The pages' languages, amounts in each locale, and card numbers as they are printed."""

import json
import re
from importlib.resources import files
from pathlib import Path

import pytest

import stripe_emulator.pages as pages
import stripe_emulator.payments.checkout as payments
from stripe_emulator.pages.fill_ins import CARD_GROUPS, grouped
from stripe_emulator.pages.locales import TRANSLATED, locale, locale_of
from stripe_emulator.payments import cards
from stripe_emulator.payments.declines import DECLINES
from support.running import CARD, SESSION, Running

GAP, THIN = "\u00a0", "\u202f"
AMOUNTS = [
    ("en", 123_456, "usd", "$1,234.56"),
    ("de", 123_456, "usd", f"1.234,56{GAP}$"),
    ("de", 123_456, "eur", f"1.234,56{GAP}€"),
    ("es", 123_456, "eur", f"1234,56{GAP}€"),
    ("es", 1_234_567, "eur", f"12.345,67{GAP}€"),
    ("es-419", 123_456, "usd", "$1,234.56"),
    ("fr", 1_234_567, "eur", f"12{THIN}345,67{GAP}€"),
    ("de", 12_345, "jpy", f"12.345{GAP}¥"),
    ("de", 1230, "kwd", f"1,230{GAP}KWD"),
    ("de", 500, "ugx", f"5{GAP}UGX"),
    ("hu", 1_750_050, "huf", f"17{GAP}500,50{GAP}HUF"),
    ("nl", 123_456, "eur", f"€{GAP}1.234,56"),
    ("en", -500, "usd", "−$5.00"),
    ("de", -500, "eur", f"−5,00{GAP}€"),
]


@pytest.mark.parametrize(("tag", "amount", "currency", "shown"), AMOUNTS)
def test_amounts_are_written_as_in_the_locale(tag: str, amount: int, currency: str, shown: str) -> None:
    assert locale(tag).money(amount, currency) == shown


@pytest.mark.parametrize(
    ("accepted", "tag"),
    [
        ("de-AT,de;q=0.9,en;q=0.5", "de"),
        ("en;q=0.5, es", "es"),
        ("es-419", "es-419"),
        ("pt-br", "pt-BR"),
        ("xx, *;q=0.1", "en"),
        ("", "en"),
        ("de;q=nonsense,fr", "fr"),
    ],
)
def test_the_browser_decides_without_a_locale(accepted: str, tag: str) -> None:
    assert locale_of("auto", accepted).tag == locale_of(None, accepted).tag == tag
    assert locale_of("it", accepted).tag == "it"


def texts() -> set[str]:
    """Return the English texts of the templates, and the messages of forms and declines."""
    folder = Path(str(files(pages)))
    found = {decline.message for decline in DECLINES.values()}
    found |= {
        text for file in folder.glob("templates/*.html") for text in re.findall(r'_\("([^"]+)"', file.read_text())
    }
    for file in folder.glob("*.py"):
        source = file.read_text()
        found |= set(re.findall(r'FormError\(\s*[^,]+,\s*"([^"]+)"', source))
        found |= set(re.findall(r'require\([^,]+,\s*"([^"]+)"', source))
        found |= set(re.findall(r'locale\.text\("([^"]+)"', source))
    for name in ("baskets", "discounts", "shipping"):
        source = (Path(str(files(payments))) / f"{name}.py").read_text()
        found |= set(re.findall(r'invalid_request\(\s*"([^"]+)"', source))
    return found


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_text_is_translated(language: str) -> None:
    known = json.loads(files(pages).joinpath(f"texts/{language}.json").read_text())
    assert len(texts()) > 80
    assert texts() - known.keys() == set()
    for english, text in known.items():
        assert sorted(re.findall(r"{\w+}", text)) == sorted(re.findall(r"{\w+}", english)), english


def test_a_refused_code_says_why_in_the_language(emulator: Running) -> None:
    client = emulator.client().v1
    coupon = client.coupons.create({"percent_off": 10})
    client.promotion_codes.create(
        {
            "code": "LARGE",
            "promotion": {"type": "coupon", "coupon": coupon.id},
            "restrictions": {"minimum_amount": 123_456, "minimum_amount_currency": "usd"},
        }
    )
    session = emulator.session(locale="de", allow_promotion_codes=True)
    assert emulator.confirm(session, promotion_code="large")["error"] == {
        "field": "promotion_code",
        "message": f"Dieser Aktionscode kann nicht eingelöst werden: Der Mindestbetrag ist 1.234,56{GAP}$.",
    }


def test_a_refused_quantity_says_why_in_the_language(emulator: Running) -> None:
    adjustable = {"enabled": True, "minimum": 1, "maximum": 3}
    item = {**SESSION["line_items"][0], "adjustable_quantity": adjustable}
    session = emulator.session(locale="es", line_items=[item])
    [line] = emulator.client().v1.checkout.sessions.line_items.list(session.id).data
    assert emulator.confirm(session, **{f"quantity-{line.id}": "4"})["error"] == {
        "field": f"quantity-{line.id}",
        "message": "La cantidad de «T-shirt» no puede ser 4.",
    }


@pytest.mark.parametrize(("tag", "button"), [("de", f"20,00{GAP}$ bezahlen"), ("es", f"Pagar 20,00{GAP}$")])
def test_the_page_has_the_language_of_the_session(emulator: Running, tag: str, button: str) -> None:
    session = emulator.session(locale=tag)
    html = emulator.http.request("GET", f"{emulator.url}/c/pay/{session.id}").data.decode()
    assert f'<html lang="{tag}">' in html
    assert button in html
    refused = emulator.post(f"/c/pay/{session.id}/confirm", {**CARD, "email": ""}, Accept="application/json").json()
    assert refused["error"]["message"] == locale(tag).text("Enter a valid email address.")
    assert refused["error"]["message"] != "Enter a valid email address."


def test_the_page_has_the_language_of_the_browser(emulator: Running) -> None:
    url = f"{emulator.url}/c/pay/{emulator.session().id}"
    german = emulator.http.request("GET", url, headers={"Accept-Language": "de-CH, en;q=0.5"}).data.decode()
    assert "bezahlen" in german
    assert "bezahlen" not in emulator.http.request("GET", url).data.decode()


def test_card_numbers_are_grouped_as_they_are_printed() -> None:
    assert grouped("378282246310005") == "3782 822463 10005"
    assert grouped("36227206271667") == "3622 720627 1667"
    assert grouped("4242424242424242") == "4242 4242 4242 4242"
    assert grouped("6205500000000000004") == "6205 5000 0000 0000 004"


def test_every_test_card_is_on_the_page(emulator: Running) -> None:
    html = emulator.http.request("GET", f"{emulator.url}/c/pay/{emulator.session().id}").data.decode()
    assert [card.number for card in cards.ALL if f'data-value="{grouped(card.number)}"' not in html] == []
    assert sum(len(group) for _, group in CARD_GROUPS) == len(cards.ALL)
