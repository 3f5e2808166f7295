"""Test bank accounts for debits ("SEPA Direct Debit payments" and "ACH Direct Debit": Test your integration)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Account:
    """A test account. `number` is an IBAN or a US account number.

    `fails` is a key of `declines.DECLINES`; `late` settles after three minutes; `never` stays in processing.
    """

    number: str
    name: str = ""
    fails: str | None = None
    late: bool = False
    never: bool = False
    dispute: str | None = None


def _family(success: str, late: str, fails: str, fails_late: str, disputed: str) -> list[Account]:
    return [
        Account(success),
        Account(late, late=True),
        Account(fails, fails="debit_failed"),
        Account(fails_late, fails="debit_failed", late=True),
        Account(disputed, dispute="fraudulent"),
    ]


_SEPA = [
    *_family(
        "AT611904300234573201",
        "AT321904300235473204",
        "AT861904300235473202",
        "AT051904300235473205",
        "AT591904300235473203",
    ),
    *_family(
        "DE89370400440532013000",
        "DE08370400440532013003",
        "DE62370400440532013001",
        "DE78370400440532013004",
        "DE35370400440532013002",
    ),
    # The account that `stripe trigger checkout.session.async_payment_failed` uses.
    Account("IT60X0542811101000000123456", fails="debit_failed"),
    Account("AT601904300000121212", fails="debit_insufficient_funds"),
]

_US = [
    Account("000123456789", "usBankAccount_success"),
    Account("000111111113", "usBankAccount_accountClosed", fails="account_closed"),
    Account("000111111116", "usBankAccount_noAccount", fails="no_account"),
    Account("000222222227", "usBankAccount_insufficientFunds", fails="debit_insufficient_funds"),
    Account("000333333335", "usBankAccount_debitNotAuthorized", fails="debit_not_authorized"),
    Account("000555555559", "usBankAccount_dispute", dispute="fraudulent"),
    Account("000000000009", "usBankAccount_processing", never=True),
]

_BY_NUMBER = {account.number: account for account in (*_SEPA, *_US)}
_BY_NAME = {account.name: account for account in _US}


def find(number: str) -> Account:
    """Return the test account. Payments from accounts that are not in Stripe's list succeed."""
    return _BY_NUMBER.get(number) or Account(number)


def by_name(name: str) -> Account | None:
    """Return the account behind `pm_usBankAccount_…`."""
    return _BY_NAME.get(name) if name else None


def is_iban(iban: str) -> bool:
    """Verify the check digits of an IBAN (ISO 7064)."""
    if not (15 <= len(iban) <= 34 and iban.isascii() and iban.isalnum() and iban[:2].isalpha()):
        return False
    turned = iban[4:] + iban[:4]
    return int("".join(str(int(character, 36)) for character in turned)) % 97 == 1


def is_routing_number(number: str) -> bool:
    """Verify the check digit of a US routing number."""
    if len(number) != 9 or not number.isdecimal():
        return False
    return sum(int(digit) * weight for digit, weight in zip(number, (3, 7, 1) * 3, strict=True)) % 10 == 0
