"""Changes while the system runs: the tunnel's name, the tunnel itself, the Stripe CLI."""

from tests.e2e.buyer import Buyer
from tests.tunnel.backend import Backend
from tests.tunnel.test_another_pc import choose_and_pay, finish, pass_warning_page


def test_a_changed_name_is_used_without_a_restart(buyer: Buyer, frontend: str, backend: Backend) -> None:
    with backend.tunnel() as first:
        assert first
    with backend.tunnel() as second:
        assert second != first
        choose_and_pay(buyer, frontend, second)
        pass_warning_page(buyer.page)
        finish(buyer, frontend, second)


def test_the_doctor_names_a_tunnel_that_is_down(backend: Backend) -> None:
    found = backend.doctor()["tunnel"]
    assert found["summary"] == "The tunnel is down"
    assert found["remedy"].startswith("Restart ./scripts/dev; ")


def test_the_doctor_names_a_stopped_stripe_cli(backend: Backend) -> None:
    backend.stop_stripe_cli()
    found = backend.doctor()["round_trip"]
    backend.start_stripe_cli()
    assert "nothing is connected to receive it" in found["summary"]
    assert "Stripe CLI" in found["cause"]
    assert found["remedy"]
    assert backend.doctor()["round_trip"]["status"] == "ok"
