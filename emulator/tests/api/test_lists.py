"""Lists, `expand` and metadata."""

from typing import Any

import pytest
import stripe

from support.running import Running


def make(emulator: Running, count: int) -> list[str]:
    client = emulator.client()
    return [client.v1.customers.create({"name": str(number)}).id for number in range(count)]


def ids(emulator: Running, **params: Any) -> tuple[list[str], bool]:
    found = emulator.client().v1.customers.list(params)  # type: ignore[arg-type]
    return [customer.id for customer in found.data], found.has_more


def test_pages_go_forward_and_backward(emulator: Running) -> None:
    newest_first = make(emulator, 7)[::-1]
    assert ids(emulator, limit=3) == (newest_first[:3], True)
    assert ids(emulator, limit=3, starting_after=newest_first[2]) == (newest_first[3:6], True)
    assert ids(emulator, limit=3, starting_after=newest_first[5]) == (newest_first[6:], False)
    assert ids(emulator, limit=3, ending_before=newest_first[6]) == (newest_first[3:6], True)
    assert ids(emulator, limit=3, ending_before=newest_first[3]) == (newest_first[:3], False)
    assert ids(emulator, ending_before=newest_first[0]) == ([], False)


def test_the_client_pages_both_ways(emulator: Running) -> None:
    made = make(emulator, 7)
    client = emulator.client()
    forwards = [each.id for each in client.v1.customers.list({"limit": 2}).auto_paging_iter()]
    assert forwards == made[::-1]
    backwards = client.v1.customers.list({"limit": 2, "ending_before": made[0]}).auto_paging_iter()
    assert [each.id for each in backwards] == made[1:]


def test_the_default_limit_is_10_and_the_maximum_100(emulator: Running) -> None:
    make(emulator, 12)
    assert len(ids(emulator)[0]) == 10
    with pytest.raises(stripe.InvalidRequestError, match="less than or equal to 100"):
        ids(emulator, limit=101)


@pytest.mark.parametrize("cursor", ["starting_after", "ending_before"])
def test_a_cursor_must_exist(emulator: Running, cursor: str) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        ids(emulator, **{cursor: "cus_none"})
    assert (caught.value.code, caught.value.param) == ("resource_missing", cursor)


def test_two_cursors_are_refused(emulator: Running) -> None:
    (one,) = make(emulator, 1)
    with pytest.raises(stripe.InvalidRequestError, match="cannot pass both"):
        ids(emulator, starting_after=one, ending_before=one)


def test_created_filters_a_list(emulator: Running) -> None:
    (early,) = make(emulator, 1)
    emulator.advance(100)
    (late,) = make(emulator, 1)
    at = emulator.client().v1.customers.retrieve(late).created
    assert ids(emulator, created={"gte": at})[0] == [late]
    assert ids(emulator, created={"lt": at})[0] == [early]
    assert ids(emulator, created=at)[0] == [late]


def test_expansion_goes_four_levels_deep(emulator: Running) -> None:
    session = emulator.paid(customer_creation="always")
    client = emulator.client()
    deep = client.v1.checkout.sessions.retrieve(
        session.id, {"expand": ["payment_intent.latest_charge.balance_transaction.source", "customer"]}
    )
    assert isinstance(deep.payment_intent, stripe.PaymentIntent)
    charge = deep.payment_intent.latest_charge
    assert isinstance(charge, stripe.Charge)
    assert isinstance(charge.balance_transaction, stripe.BalanceTransaction)
    assert isinstance(charge.balance_transaction.source, stripe.Charge)
    assert isinstance(deep.customer, stripe.Customer)
    with pytest.raises(stripe.InvalidRequestError, match="more than 4 levels"):
        client.v1.checkout.sessions.retrieve(
            session.id, {"expand": ["payment_intent.latest_charge.balance_transaction.source.customer"]}
        )


def test_lists_expand_their_data(emulator: Running) -> None:
    emulator.paid()
    found = emulator.client().v1.checkout.sessions.list({"expand": ["data.payment_intent", "data.line_items"]})
    assert isinstance(found.data[0].payment_intent, stripe.PaymentIntent)
    assert found.data[0].line_items


def test_null_is_not_expanded(emulator: Running) -> None:
    session = emulator.session(expand=["payment_intent", "customer"])
    assert (session.payment_intent, session.customer) == (None, None)


@pytest.mark.parametrize("path", ["status", "nothing", "payment_intent.nothing"])
def test_other_properties_can_not_be_expanded(emulator: Running, path: str) -> None:
    session = emulator.paid()
    with pytest.raises(stripe.InvalidRequestError, match="This property cannot be expanded"):
        emulator.client().v1.checkout.sessions.retrieve(session.id, {"expand": [path]})


def test_an_expansion_does_not_change_the_object(emulator: Running) -> None:
    session = emulator.paid()
    again = emulator.client().v1.checkout.sessions.retrieve(session.id)
    assert isinstance(again.payment_intent, str)


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        ({"k" * 41: "v"}, "Metadata keys can have up to 40 characters"),
        ({"k": "v" * 501}, "Metadata values can have up to 500 characters"),
        ({f"k{number}": "v" for number in range(51)}, "up to 50 keys, but you've set 51"),
    ],
)
def test_metadata_has_limits(emulator: Running, metadata: dict[str, str], message: str) -> None:
    with pytest.raises(stripe.InvalidRequestError, match=message):
        emulator.client().v1.customers.create({"metadata": metadata})


def test_metadata_is_merged_and_cleared(emulator: Running) -> None:
    client = emulator.client()
    customer = client.v1.customers.create({"metadata": {"a": "1", "b": "2"}})
    merged = client.v1.customers.update(customer.id, {"metadata": {"b": "", "c": "3"}})
    assert merged.metadata
    assert merged.metadata.to_dict() == {"a": "1", "c": "3"}
    cleared = client.v1.customers.update(customer.id, {"metadata": ""})
    assert cleared.metadata is not None
    assert cleared.metadata.to_dict() == {}
