"""The test cards and accounts that the checkout page can fill in, with their outcomes."""

from __future__ import annotations

from stripe_emulator.jsontext import JSON
from stripe_emulator.payments import cards

TEST_IBANS = (
    ("AT61 1904 3002 3457 3201", "Pays after a few seconds"),
    ("AT86 1904 3002 3547 3202", "Fails after a few seconds"),
    ("AT59 1904 3002 3547 3203", "Pays, then is disputed"),
)
TEST_ACCOUNTS = (
    ("000123456789", "Pays after a few seconds"),
    ("000111111113", "Fails: account closed"),
    ("000555555559", "Pays, then is disputed"),
)


def grouped(number: str) -> str:
    """Return a card number as it is printed: in groups of 4 digits, shorter ones in groups of 4, 6 and 4 or 5."""
    if len(number) < 16:
        return " ".join((number[:4], number[4:10], number[10:]))
    return " ".join(number[start : start + 4] for start in range(0, len(number), 4))


def _card(number: str, label: str) -> JSON:
    return {"number": number, "label": label, "shown": grouped(number)}


#: The buttons on the page.
COMMON_CARDS = [
    _card("4242424242424242", "Pays"),
    _card("4000000000000002", "Declined"),
    _card("4000000000009995", "Insufficient funds"),
    _card("4000000000003220", "3-D Secure"),
    _card("4000000000000259", "Disputed later"),
    _card("4000000000005126", "Refund fails"),
]
#: All other test cards, by group; each is labeled with its name in `pm_card_…`.
CARD_GROUPS = [
    (title, [_card(card.number, card.country if title == "Countries" else card.name) for card in group])
    for title, group in cards.GROUPS
]
