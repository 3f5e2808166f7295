"""`GET /v1/account`, which clients call to check a key."""

import pytest
import stripe

from support.running import Running


def test_the_account_is_retrieved_with_or_without_its_id(emulator: Running) -> None:
    client = emulator.client().v1
    account = client.accounts.retrieve_current()
    assert account == client.accounts.retrieve(account.id)
    assert (account.charges_enabled, account.country, account.default_currency) == (True, "US", "usd")
    emulator.reset()
    assert client.accounts.retrieve_current().id == account.id


def test_its_fields_expand_or_are_null(emulator: Running) -> None:
    paths = ["settings.branding.logo", "settings.invoices.default_account_tax_ids", "company.verification"]
    for path in paths:
        assert emulator.api("GET", "/v1/account", {"expand[]": path}).status == 200, path


def test_another_account_is_refused(emulator: Running) -> None:
    with pytest.raises(stripe.PermissionError, match="acct_other"):
        emulator.client().v1.accounts.retrieve("acct_other")


def test_no_account_is_connected(emulator: Running) -> None:
    assert emulator.client().v1.accounts.list({"limit": 3}).data == []


def test_an_invalid_key_is_refused(emulator: Running) -> None:
    client = stripe.StripeClient("sk_wrong", base_addresses={"api": emulator.url}, max_network_retries=0)
    with pytest.raises(stripe.AuthenticationError):
        client.v1.accounts.retrieve_current()
