"""`python -m stripe_emulator`: options, sockets, stopping, and kills."""

import concurrent.futures
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
import stripe
import urllib3

from stripe_emulator import Config
from support.process import ROOT, Process, command
from support.receiver import Receiver
from support.running import CARD, KEY, SESSION, until

PARAMS: Any = SESSION


def pay(url: str, session: str) -> int:
    http = urllib3.PoolManager(retries=False, timeout=60)
    headers = {"Accept": "application/json"}
    return http.request_encode_body(
        "POST", f"{url}/c/pay/{session}/confirm", CARD, headers, encode_multipart=False
    ).status


def test_help_lists_the_options() -> None:
    done = subprocess.run(command("--help"), cwd=ROOT, capture_output=True, text=True, check=True)
    for option in ("--host", "--port", "--uds", "--data", "--public-url", "--concurrency"):
        assert option in done.stdout


@pytest.mark.parametrize("number", ["0", "-1", "many", "1.5"])
def test_an_invalid_concurrency_gives_a_clear_error(number: str) -> None:
    done = subprocess.run(command("--concurrency", number), cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.endswith(f"argument --concurrency: {number!r} is not a whole number of at least 1\n")


def test_a_port_in_use_gives_a_one_line_error() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = subprocess.run(command("--port", str(port)), cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == f"Cannot listen on 127.0.0.1:{port}: Address already in use.\n"


def test_an_invalid_port_gives_a_one_line_error() -> None:
    done = subprocess.run(command("--port", "99999"), cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "Cannot listen on 127.0.0.1:99999: ports go from 0 to 65535.\n")


def test_an_invalid_data_file_gives_a_one_line_error(tmp_path: Path) -> None:
    broken = tmp_path / "state.db"
    broken.write_text("this is not a database" * 100)
    for path in (broken, tmp_path):
        done = subprocess.run(
            command("--port", "0", "--data", str(path)), cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert done.returncode == 1
        assert str(path) in done.stderr
        assert "Traceback" not in done.stderr


def test_two_emulators_can_not_share_a_data_file(tmp_path: Path) -> None:
    path = str(tmp_path / "state.db")
    with Process("--port", "0", "--data", path, "--quiet") as emulator:
        emulator.client.v1.products.create({"name": "A"})
        done = subprocess.run(
            command("--port", "0", "--data", path), cwd=ROOT, capture_output=True, text=True, check=False
        )
    assert done.stderr == f"Cannot use {path} as the state file: another emulator uses it.\n"
    assert done.returncode == 1


def test_sigterm_stops_it_immediately_and_silently(tmp_path: Path) -> None:
    with Process("--port", "0", "--data", str(tmp_path / "state.db"), "--quiet") as emulator, socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        emulator.client.v1.webhook_endpoints.create({"url": url, "enabled_events": ["*"]})
        emulator.client.v1.products.create({"name": "A"})
        began = time.monotonic()
        assert emulator.stop() == (0, "")
        assert time.monotonic() - began < Config().delivery_timeout, (
            "it must not wait for an endpoint that never responds"
        )


def test_each_request_is_logged_without_secrets() -> None:
    with Process("--port", "0") as emulator:
        emulator.client.v1.products.create({"name": "A"})
        endpoint = emulator.client.v1.webhook_endpoints.create({"url": "http://127.0.0.1:9", "enabled_events": ["*"]})
        code, output = emulator.stop()
    lines = output.splitlines()
    assert code == 0
    assert [line.split()[:3] for line in lines] == [
        ["POST", "/v1/products", "200"],
        ["POST", "/v1/webhook_endpoints", "200"],
    ]
    assert KEY not in output
    assert str(endpoint.secret) not in output


def test_tcp_and_a_unix_socket_are_both_served(tmp_path: Path) -> None:
    path = tmp_path / "emulator.sock"
    with Process("--port", "0", "--uds", str(path), "--quiet") as emulator:
        emulator.client.v1.products.create({"name": "A"})
        with socket.socket(socket.AF_UNIX) as local:
            local.connect(str(path))
            request = f"GET /v1/products HTTP/1.1\r\nHost: api.stripe.com\r\nAuthorization: Bearer {KEY}\r\n\r\n"
            local.sendall(request.encode())
            answer = local.recv(65536)
        assert answer.startswith(b"HTTP/1.1 200")
        emulator.kill()
    with Process("--port", "0", "--uds", str(path), "--quiet"):
        """A killed process's socket file is replaced."""


def test_concurrency_limits_the_events_in_flight_to_an_endpoint() -> None:
    """An endpoint that takes one request at a time then has the whole timeout for each."""
    with Process("--port", "0", "--concurrency", "1", "--quiet") as emulator, Receiver(take_a_while) as receiver:
        made = emulator.client.v1.webhook_endpoints.create({"url": receiver.url, "enabled_events": ["*"]})
        receiver.secret = str(made.secret)
        for _ in range(5):
            emulator.client.v1.products.create({"name": "A"})
        until(lambda: not deliveries(emulator, "?state=pending"), "the end of the deliveries")
        attempts = [attempt for entry in deliveries(emulator) for attempt in entry["attempts"]]
    assert [each["status"] for each in attempts] == [200] * 5
    ends = sorted(each["at"] for each in attempts)
    starts = sorted(each["at"] - each["duration_ms"] / 1000 for each in attempts)
    # Within the millisecond to which the log rounds.
    assert all(start > end - 0.001 for end, start in zip(ends, starts[1:], strict=False))


def deliveries(emulator: Process, query: str = "") -> list[Any]:
    data: list[Any] = emulator.http.request("GET", f"{emulator.url}/_emulator/deliveries{query}").json()["data"]
    return data


def take_a_while(event: stripe.Event, tries: int) -> int:
    """A slow endpoint: attempts in flight at the same time would overlap."""
    time.sleep(0.05)
    return 200


def test_hosted_pages_use_the_public_url() -> None:
    with Process("--port", "0", "--public-url", "https://pay.test/", "--quiet") as emulator:
        session = emulator.client.v1.checkout.sessions.create(PARAMS)
        assert session.url == f"https://pay.test/c/pay/{session.id}"


def test_confirmed_requests_survive_a_kill(tmp_path: Path) -> None:
    options = ("--port", "0", "--data", str(tmp_path / "state.db"), "--quiet", "--settle-after", "0.1")
    with Receiver() as receiver:
        receiver.reply = lambda event, tries: 500
        with Process(*options) as emulator:
            client = emulator.client
            made = client.v1.webhook_endpoints.create({"url": receiver.url, "enabled_events": ["*"]})
            receiver.secret = str(made.secret)
            product = client.v1.products.create({"name": "A"}, {"idempotency_key": "k"})
            session = client.v1.checkout.sessions.create(PARAMS)
            assert pay(emulator.url, session.id) == 200
            emulator.kill()
        receiver.reply = lambda event, tries: 200
        with Process(*options) as emulator:
            client = emulator.client
            assert client.v1.checkout.sessions.retrieve(session.id).payment_status == "paid"
            assert client.v1.products.create({"name": "A"}, {"idempotency_key": "k"}).id == product.id
            event = receiver.wait_for("checkout.session.completed")
            assert event.data.object["id"] == session.id
            receiver.wait_for("product.created")


def test_each_event_arrives_once_despite_kills(tmp_path: Path) -> None:
    options = ("--port", "0", "--data", str(tmp_path / "state.db"), "--quiet")
    answered: list[str] = []

    def buy(emulator: Process) -> None:
        try:
            session = emulator.client.v1.checkout.sessions.create(PARAMS)
            if pay(emulator.url, session.id) == 200:
                answered.append(session.id)
        except (stripe.APIConnectionError, urllib3.exceptions.HTTPError):
            """The emulator was killed before it confirmed the payment."""

    with Receiver() as receiver:
        for round_ in range(3):
            with Process(*options) as emulator:
                if not round_:
                    made = emulator.client.v1.webhook_endpoints.create(
                        {"url": receiver.url, "enabled_events": ["checkout.session.completed"]}
                    )
                    receiver.secret = str(made.secret)
                goal = len(answered) + 20
                with concurrent.futures.ThreadPoolExecutor(4) as pool:
                    for _ in range(60):
                        pool.submit(buy, emulator)
                    until(lambda goal=goal: len(answered) >= goal, "the payments")  # type: ignore[misc]
                    emulator.kill()
        with Process(*options) as emulator:
            receiver.wait(lambda me: set(answered) <= {event.data.object["id"] for event in me.events})
            per_session: dict[str, set[str]] = {}
            for event in receiver.events:
                per_session.setdefault(event.data.object["id"], set()).add(event.id)
            assert {len(ids) for ids in per_session.values()} == {1}
            for session in answered:
                assert emulator.client.v1.checkout.sessions.retrieve(session).payment_status == "paid"


def test_timers_continue_after_a_restart(tmp_path: Path) -> None:
    options = ("--port", "0", "--data", str(tmp_path / "state.db"), "--quiet")
    with Process(*options) as emulator:
        session = emulator.client.v1.checkout.sessions.create(PARAMS)
        emulator.http.request("POST", f"{emulator.url}/_emulator/clock", json={"advance": 86000})
        emulator.kill()
    with Process(*options) as emulator:
        assert emulator.client.v1.checkout.sessions.retrieve(session.id).status == "open"
        emulator.http.request("POST", f"{emulator.url}/_emulator/clock", json={"advance": 401})
        assert emulator.client.v1.checkout.sessions.retrieve(session.id).status == "expired"
