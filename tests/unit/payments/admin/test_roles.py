"""What the groups "support" and "owner" may do. The server refuses the rest, whatever the page shows."""

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.db.models import Model
from django.test import Client

from app.payments.models import Fulfillment, Order, Product, Refund, StripeEvent
from app.payments.refunds import refund_order
from tests.support.emulator import Emulator
from tests.support.front_door import submit
from tests.unit.payments.admin.staff import LIST, act, forms_on, log_in, log_of, page_of, press, read

pytestmark = pytest.mark.django_db

OWNER_ONLY_BUTTONS = ("accept", "refund_and_close", "cancel")
OWNER_ONLY_ACTIONS = [
    *((Order, name) for name in (*OWNER_ONLY_BUTTONS, "erase")),
    (StripeEvent, "process_again"),
    (Fulfillment, "try_again"),
]


def in_review(order: Order) -> Order:
    mismatch = "Stripe's currency is 'eur', the order's is 'usd'."
    Order.objects.filter(pk=order.pk).update(
        status="needs_review", paid_at=None, reason=mismatch, facts={**order.facts, "mismatches": [mismatch]}
    )
    order.refresh_from_db()
    return order


def send(client: Client, path: str, **fields: object) -> int:
    """Send a form with a valid token, as a page that shows the button would."""
    return int(submit(client, LIST, fields, to=path).status_code)


def test_support_looks_and_refunds(paid: Order, client: Client, emulator: Emulator) -> None:
    log_in(client, "support")
    for model in ("order", "stripeevent", "fulfillment", "message", "refund", "product"):
        read(client, f"/admin/payments/{model}/")
    assert "Refunded 5.00 USD." in press(client, paid, "partial-refund", amount="5")
    assert "Synced with Stripe" in press(client, paid, "sync")
    assert "Refunded 15.00 USD." in press(client, paid, "refund")
    assert log_of(paid) == [
        ("support", "Refunded 5.00 USD"),
        ("support", "Synced with Stripe: the order is partially refunded"),
        ("support", "Refunded 15.00 USD"),
    ]


@pytest.mark.parametrize("button", OWNER_ONLY_BUTTONS)
def test_support_may_not_answer_a_review(paid: Order, client: Client, button: str) -> None:
    order = in_review(paid)
    log_in(client, "support")
    assert not any(to.endswith(f"/{button}/") for to in forms_on(read(client, page_of(order))))
    assert send(client, f"{LIST}{order.pk}/act/{button}/") == 403
    order.refresh_from_db()
    assert (order.status, log_of(order)) == ("needs_review", [])


@pytest.mark.parametrize(("model", "action"), OWNER_ONLY_ACTIONS)
def test_support_may_not_run_the_owners_actions(paid: Order, client: Client, model: type[Model], action: str) -> None:
    in_review(paid)
    Fulfillment.objects.update(status="dead")
    row = model._default_manager.all()[0]
    path = f"/admin/payments/{model._meta.model_name}/"
    log_in(client, "support")
    assert f'value="{action}"' not in read(client, path)
    assert send(client, path, action=action, _selected_action=[str(row.pk)]) == 403
    # Django takes the menu at the bottom of the list, too.
    assert send(client, path, action=["", action], index="1", _selected_action=[str(row.pk)]) == 403
    assert Fulfillment.objects.get().status == "dead"
    assert Order.objects.get().status == "needs_review"


def test_support_may_not_export_or_edit_the_catalog(paid: Order, client: Client) -> None:
    log_in(client, "support")
    assert "Export" not in read(client, LIST)
    assert client.get(f"{LIST}export/").status_code == 403
    product = Product.objects.get()
    fields = {"name": "Free", "sku": product.sku, "unit_amount": 50, "currency": "usd"}
    assert send(client, f"/admin/payments/product/{product.pk}/change/", **fields) == 403
    assert send(client, "/admin/payments/product/add/", **fields) == 403


def test_the_owner_does_everything(paid: Order, client: Client) -> None:
    order = in_review(paid)
    Fulfillment.objects.update(status="dead")
    assert "Queued 1 fulfillment." in act(client, "try_again", Fulfillment.objects.get(), group="owner")
    assert "Replayed 1 stripe event." in act(client, "process_again", StripeEvent.objects.all()[0], group="owner")
    assert "Accepted 20.00 USD" in press(client, order, "accept")
    assert "Refunded 20.00 USD." in press(client, order, "refund")
    assert client.get(f"{LIST}export/").status_code == 200
    assert [who for who, _ in log_of(order)] == ["owner"] * 3  # the fulfillment, too


@pytest.mark.parametrize("group", ["support", "owner"])
def test_nobody_in_the_shop_manages_users(client: Client, group: str) -> None:
    # Who may edit users can become a superuser.
    log_in(client, group)
    for page in ("user", "user/add", "group"):
        assert client.get(f"/admin/auth/{page}/").status_code == 403


def test_a_stranger_to_the_admin_is_sent_to_its_login(paid: Order, client: Client) -> None:
    client.force_login(User.objects.create_user("somebody"))
    for path in (page_of(paid), f"{LIST}export/", f"{LIST}{paid.pk}/partial-refund/"):
        response = client.get(path)
        assert (response.status_code, response["Location"].split("?")[0]) == (302, "/admin/login/")


def test_the_right_to_change_orders_allows_every_action(paid: Order, client: Client) -> None:
    # Users from before there were groups.
    user = User.objects.create_user("operator", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=["view_order", "change_order"]))
    client.force_login(user)
    assert "Refunded 20.00 USD." in press(client, paid, "refund")


def test_the_groups_keep_what_was_changed_in_them(client: Client) -> None:
    log_in(client, "support")
    group = Group.objects.get(name="support")
    given = Permission.objects.get(codename="export_order")
    group.permissions.add(given)
    log_in(client, "support")
    assert given in group.permissions.all()
    # Django names permissions after the migrations; ours must be the same ones.
    assert Permission.objects.filter(codename="view_orderitem").count() == 1
    assert Permission.objects.get(codename="view_stripeevent").name == "Can view stripe event"


def test_a_failed_refund_is_logged_as_well(paid: Order, client: Client, emulator: Emulator) -> None:
    fault = {"kind": "error", "status": 500, "method": "POST", "path": "/v1/refunds", "times": 9}
    emulator.control("POST", "faults", fault)
    log_in(client, "support")
    assert "The refund is saved" in press(client, paid, "refund")
    [(who, what)] = log_of(paid)
    assert (who, what.startswith("Refund the remaining amount: Stripe did not respond.")) == ("support", True)
    emulator.control("DELETE", "faults")
    assert "Resent 1 refund (20.00 USD)." in act(client, "send_again", Refund.objects.get(), group="support")


def test_refunds_of_several_people_are_told_apart(paid: Order, client: Client) -> None:
    log_in(client, "support")
    press(client, paid, "partial-refund", amount="5")
    log_in(client, "owner")
    press(client, paid, "partial-refund", amount="3")
    refund_order(paid, 100)  # by a command: Django's log is about the admin
    assert log_of(paid) == [("support", "Refunded 5.00 USD"), ("owner", "Refunded 3.00 USD")]
