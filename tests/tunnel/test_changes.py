"""Changes while the system runs: the tunnel's name, the tunnel itself, the Stripe CLI."""

from playwright.sync_api import expect

from tests.e2e.buyer import PAYS, Buyer
from tests.tunnel.backend import Backend
from tests.tunnel.test_another_pc import choose_and_pay, finish, pass_warning_page

KEPT = "https://kept.ngrok-free.app"  # as with NGROK_URL


def test_a_changed_name_is_used_without_a_restart(buyer: Buyer, frontend: str, backend: Backend) -> None:
    with backend.tunnel() as first:
        assert first
    with backend.tunnel() as second:
        assert second != first
        choose_and_pay(buyer, frontend, second)
        pass_warning_page(buyer.page)
        finish(buyer, frontend, second)


def test_a_buyer_finds_the_order_under_the_new_name(buyer: Buyer, frontend: str, backend: Backend) -> None:
    page, status = buyer.page, buyer.page.locator("#status")
    with backend.tunnel() as first:
        choose_and_pay(buyer, frontend, first)
        pass_warning_page(page)
        session = buyer.arrive_at_payment()
    with backend.tunnel() as second:
        page.goto(backend.pay_at_stripe(session))
        expect(status).to_contain_text(f"{first} responds, but not to this page")
        expect(status).to_contain_text("its name may have changed")
        page.fill("#api", second)
        page.locator("#api").blur()
        expect(status).to_contain_text("Paid. Thank you!")
        page.reload()
        expect(status).to_contain_text("Paid. Thank you!")


def test_a_payment_page_works_again_after_an_outage(buyer: Buyer, frontend: str, backend: Backend) -> None:
    page = buyer.page
    with backend.tunnel(KEPT):
        choose_and_pay(buyer, frontend, KEPT)
        pass_warning_page(page)
        buyer.arrive_at_payment()
        buyer.enter_card(PAYS)
    buyer.pay_button.click()
    expect(page.locator("#error")).to_contain_text("could not confirm the payment")
    with backend.tunnel(KEPT):
        buyer.pay_button.click()
        page.wait_for_url(f"{frontend}/**order_id=**")
        expect(page.locator("#status")).to_contain_text("Paid. Thank you!")


def test_the_return_page_outlives_an_outage(buyer: Buyer, backend: Backend) -> None:
    page = buyer.page
    with backend.tunnel(KEPT):
        page.goto(KEPT)
        pass_warning_page(page)
        buyer.pay_button.click()
        session = buyer.arrive_at_payment()
        buyer.cancel()
        buyer.arrive_back()
        buyer.see("You left the payment page")
    # ngrok answers in its place: 404, and a page of its own.
    expect(page.locator("#offline")).to_be_visible()
    backend.pay_at_stripe(session)
    with backend.tunnel(KEPT):
        buyer.see("Thank you, it’s paid")
        expect(page.locator("#offline")).to_be_hidden()


def test_the_doctor_names_a_tunnel_that_is_down(backend: Backend) -> None:
    found = backend.doctor()["tunnel"]
    assert found["summary"] == "The tunnel's agent is not running"
    assert found["remedy"].startswith("Restart ./scripts/dev; ")


def test_the_doctor_names_a_stopped_stripe_cli(backend: Backend) -> None:
    backend.stop_stripe_cli()
    found = backend.doctor()["round_trip"]
    backend.start_stripe_cli()
    assert "nothing is connected to receive it" in found["summary"]
    assert "Stripe CLI" in found["cause"]
    assert found["remedy"]
    assert backend.doctor()["round_trip"]["status"] == "ok"
