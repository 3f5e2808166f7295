"""`./scripts/dev`: starting, stopping, restarting and reloading."""

import os
import re
import shlex
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

import pytest
import urllib3

from tests.support.checkout import copy_code
from tests.support.front_door import TOKEN
from tests.support.postgres import Postgres
from tests.support.stack import ROOT, Stack
from tests.system.scripts.processes import await_none_of, children, pids_of
from tests.system.scripts.shop import await_page, await_status, check_out, order, pay

# The files in DATA_DIR that are written again and again; the databases have their own protection.
REWRITTEN = (
    "dev.lock",
    "webhook_refused.json",
    "secret_key",
    "tunnels.json",
    "webhook_endpoint.json",
    "webhook_secret",
    "webhook_secret.former",
    "wiring.json",
)
RELOADING = ("./scripts/dev",)
DEV = (*RELOADING, "--no-reload")
FROM_ANY_FOLDER = ("sh", "-c", f"cd / && exec {shlex.quote(str(ROOT / 'scripts' / 'dev'))} --no-reload")


@pytest.fixture
def dev() -> Iterator[Stack]:
    """A stack started as a user does, ready; the test may stop it."""
    with running_dev() as running:
        yield running


@pytest.fixture(scope="module")
def shared_dev() -> Iterator[Stack]:
    """A stack shared by all tests that leave it running, started from another folder."""
    with Stack(command=FROM_ANY_FOLDER) as running:
        yield running


@pytest.fixture(scope="module")
def reloading(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack that watches a copy of the code, with a linked `.env` and its data among the code, shared likewise."""
    folder = tmp_path_factory.mktemp("reloading")
    checkout = copy_code(folder / "check out")
    stack = Stack(root=checkout, command=RELOADING, data_dir=checkout / "app" / "data")
    del stack.env["DATABASE_URL"], stack.env["PORT"]  # the environment wins over the file
    (folder / "shop.env").write_text(f"PORT={stack.port}\n")
    (checkout / ".env").symlink_to(folder / "shop.env")
    with stack:
        yield stack


def running_dev() -> Stack:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # nohup ignores it, and the stack would inherit that
    return Stack(command=DEV)


@contextmanager
def prints_again(stack: Stack, text: str) -> Iterator[None]:
    """Wait at the end until the stack has printed the text again."""
    count = stack.log.count(text) + 1
    yield
    stack.wait_for_log(text, count=count)


def assert_stopped(stack: Stack) -> None:
    """No process is left, and the ports are free."""
    assert pids_of(stack) == set()
    assert can_be_bound(stack.port)
    assert can_be_bound(stack.emulator_port)


def can_be_bound(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        return probe.connect_ex(("127.0.0.1", port)) != 0


def kill(stack: Stack, name: str) -> None:
    os.kill(stack.processes[name], signal.SIGKILL)


def test_it_starts_from_any_folder_and_checkout_works(shared_dev: Stack) -> None:
    assert check_out(shared_dev)["checkout_url"].startswith("http://localhost:")


def test_localhost_works_over_ipv6(stack: Stack) -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6")
    with socket.create_connection(("::1", stack.port), timeout=10) as browser:
        browser.sendall(b"GET /readyz HTTP/1.0\r\nHost: localhost\r\n\r\n")
        assert b" 200 " in browser.recv(20)


def test_the_first_screen_shows_admin_and_stripe(shared_dev: Stack) -> None:
    shared_dev.wait_for_log("Ctrl-C stops everything.")
    assert f"http://localhost:{shared_dev.port}/admin/" in shared_dev.log
    assert "the local emulator" in shared_dev.log


def test_the_first_screen_says_how_to_create_an_admin(shared_dev: Stack, tmp_path: Path) -> None:
    shared_dev.wait_for_log("Ctrl-C stops everything.")
    told = re.search(r"Admin: +(\S+) \(to create a user: (.+)\)", shared_dev.log)
    assert told
    (tmp_path / "docker").write_text("#!/bin/sh\nexit 1\n")  # whatever engine runs here is somebody else's
    (tmp_path / "docker").chmod(0o755)
    env = shared_dev.env | {"PATH": f"{tmp_path}:/usr/bin:/bin", "DJANGO_SUPERUSER_PASSWORD": "made-up-word"}
    command = [*shlex.split(told[2]), "--noinput", "--username", "ann", "--email", "ann@example.com"]
    made = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=120)
    assert made.returncode == 0, made.stderr
    assert log_in(told[1], "ann", "made-up-word") == 302


def log_in(admin: str, name: str, password: str) -> int:
    """The status of the answer to the admin's login: 302 for a user who may."""
    page = urllib3.request("GET", f"{admin}login/")
    token = TOKEN.search(page.data.decode())
    assert token
    form = urlencode({"username": name, "password": password, "csrfmiddlewaretoken": token[1]})
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Cookie": page.headers["Set-Cookie"].partition(";")[0],
    }
    return urllib3.request("POST", f"{admin}login/", body=form, headers=headers, redirect=False).status


@pytest.mark.parametrize("left", [b"\xff\xfe\x80", b"[1]"])  # not even text, and not what is expected
def test_files_that_a_crash_damaged_are_replaced(left: bytes, tmp_path: Path) -> None:
    for name in REWRITTEN:
        (tmp_path / name).write_bytes(left)
    with Stack(command=DEV, data_dir=tmp_path) as stack:
        checkout = check_out(stack)
        pay(stack.emulator_url, stack, checkout)
        await_status(stack, checkout, "paid")
        assert urllib3.request("GET", f"{stack.url}/console/state/").status == 200
        assert "Traceback" not in stack.log


def test_every_line_names_its_process(shared_dev: Stack) -> None:
    before_ready = shared_dev.log.split("Ready:")[0]
    names = {line.split("|")[0].strip() for line in before_ready.splitlines()}
    assert names <= {"dev", "emulator", "prepare", "app", "worker"}, before_ready


def test_no_line_contains_a_secret(shared_dev: Stack) -> None:
    secret = (shared_dev.data_dir / "webhook_secret").read_text().strip()
    assert secret.startswith("whsec_")
    assert secret not in shared_dev.log


def test_only_the_owner_can_read_the_secret_file(shared_dev: Stack) -> None:
    assert (shared_dev.data_dir / "webhook_secret").stat().st_mode & 0o777 == 0o600


def test_only_the_owner_can_read_the_data_folder(shared_dev: Stack) -> None:
    check_out(shared_dev)
    files = (shared_dev.data_dir, *shared_dev.data_dir.rglob("*"))
    found = {path: oct(path.stat().st_mode & 0o077) for path in files}
    assert {path.name for path in found} >= {"db.sqlite3", "stripe_emulator.db", "webhook_secret", "secret_key"}
    assert {path.name: mode for path, mode in found.items() if mode != "0o0"} == {}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])  # and SIGTERM below, before a restart
def test_a_signal_stops_all_processes_and_frees_ports(dev: Stack, number: signal.Signals) -> None:
    assert len(pids_of(dev)) >= 4
    assert dev.stop(number) == 0
    assert_stopped(dev)


def test_it_can_be_stopped_while_starting() -> None:
    stack = Stack(command=DEV)
    try:
        stack.start()
        stack.wait_for_log("emulator started")
        assert stack.stop() == 0
        assert pids_of(stack) == set()
    finally:
        stack.close()


def test_a_killed_supervisor_leaves_no_process(dev: Stack) -> None:
    command = Path(f"/proc/{dev.processes['app']}/cmdline").read_text().split("\0")
    assert float(command[command.index("--graceful-timeout") + 1]) < 30, "sooner than in production"
    # A stopped process misses the signal, like one that is being forked.
    os.kill(children(dev.processes["app"])[0], signal.SIGSTOP)
    kill(dev, "supervisor")
    await_none_of(dev)


def test_it_stops_when_its_output_is_closed() -> None:
    with Stack(command=["sh", "-c", "./scripts/dev --no-reload | sed -u /Ready:/q"]) as stack:
        kill(stack, "worker")  # makes it print a line
        await_none_of(stack)


def test_a_second_signal_kills_a_hanging_process(dev: Stack) -> None:
    os.kill(dev.processes["worker"], signal.SIGSTOP)  # it misses the first signal
    assert dev.process
    dev.process.send_signal(signal.SIGINT)
    dev.wait_for_log("Stopping.")
    assert dev.stop(signal.SIGINT) == 0
    assert pids_of(dev) == set()


@pytest.mark.parametrize("name", ["app", "worker", "emulator"])
def test_a_dead_process_is_restarted(shared_dev: Stack, name: str) -> None:
    dead = shared_dev.processes[name]
    kill(shared_dev, name)
    shared_dev.wait_for_log(f"{name} was killed by SIGKILL; restarting")
    shared_dev.wait_for_log(f"{name} started", count=2)
    assert shared_dev.processes[name] != dead
    await_page(shared_dev, "/readyz", '"ready"')
    if name == "app":
        check_out(shared_dev)


def test_orders_and_the_webhook_endpoint_survive_a_restart(dev: Stack) -> None:
    order_id = check_out(dev)["order_id"]
    secret = (dev.data_dir / "webhook_secret").read_text()
    assert dev.stop(signal.SIGTERM) == 0
    assert_stopped(dev)
    dev.start()
    dev.wait_for_log(f"Ready: {dev.url}", count=2)
    assert order(dev, order_id)["status"] == "pending"
    assert (dev.data_dir / "webhook_secret").read_text() == secret


def test_a_second_stack_runs_beside_it_on_postgres(shared_dev: Stack, postgres: Postgres) -> None:
    with Stack(command=DEV, database_url=postgres.new_database()) as other:
        assert check_out(other)["order_id"] != check_out(shared_dev)["order_id"]
        assert not list(other.data_dir.glob("*.sqlite3"))


def test_an_ascii_terminal_does_not_stop_it(checkout: Path) -> None:
    (checkout / ".env").write_text("PRODUCT_NAME=Thé\n")
    with Stack(root=checkout, env={"PYTHONIOENCODING": "ascii", "DOCTOR_AT_START": "1"}) as stack:
        stack.wait_for_log("Doctor: ")
        check_out(stack)
        printed = stack.manage("doctor")
    assert "Everything works" in printed


def test_writing_to_the_data_folder_restarts_nothing(reloading: Stack) -> None:
    before = len(reloading.log)
    with prints_again(reloading, "emulator started"):
        for number in range(3):
            (reloading.data_dir / f"written_{number}.py").write_text("")
        # This change counts and comes last: had the others counted, they would be in the log before it.
        emulator_code(reloading, "first.py").write_text("")
    assert "The code of emulator changed." in reloading.log[before:]
    assert "The code of app" not in reloading.log[before:]


def test_changed_emulator_code_restarts_only_the_emulator(reloading: Stack) -> None:
    before = reloading.processes
    with prints_again(reloading, "emulator started"):
        emulator_code(reloading, "second.py").write_text("")
    assert reloading.processes == before | {"emulator": reloading.processes["emulator"]}
    assert reloading.processes["emulator"] != before["emulator"]


def emulator_code(stack: Stack, name: str) -> Path:
    return stack.root / "emulator" / "src" / "stripe_emulator" / name


def test_changed_app_code_is_reloaded(reloading: Stack) -> None:
    with (
        prints_again(reloading, "The code of app changed."),
        (reloading.root / "app" / "config" / "urls.py").open("a") as file,
    ):
        file.write(
            "\nfrom django.http import HttpResponse\n"
            "urlpatterns.insert(0, path('fresh/', lambda request: HttpResponse('just written')))\n"
        )
    await_page(reloading, "/fresh/", "just written")


@contextmanager
def ignored(stack: Stack, cause: str) -> Iterator[None]:
    """The stack names the cause why it does not use a file that is written in the block, and still sells."""
    before, printed = stack.processes, len(stack.log)
    with prints_again(stack, "The stack keeps running on the old settings."):
        yield
    assert cause in stack.log[printed:]
    assert stack.processes == before
    check_out(stack)


def replace_env(stack: Stack, text: str) -> None:
    """Replace `.env`, or the link to it, as editors do."""
    new = stack.root / "app" / "data" / "new.env"
    new.write_text(text)
    new.replace(stack.root / ".env")


def test_a_linked_env_file_is_watched(reloading: Stack) -> None:
    linked = (reloading.root / ".env").readlink()
    with ignored(reloading, "Line 1 of .env is not NAME=value"):
        linked.write_text("what is this\n")


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("and this\n", "Line 1 of .env is not NAME=value"),
        ("FRONTEND_ORIGINS=localhost:3000\n", "FRONTEND_ORIGINS contains 'localhost:3000'"),
        ("WEB_THREADS=many\n", "WEB_THREADS is 'many'"),
        ("DATABASE_URL=postgres://shop:secret@127.0.0.1:9/shop\n", "The database can't be used"),
    ],
)
def test_a_broken_env_file_is_named_and_ignored(reloading: Stack, text: str, cause: str) -> None:
    with ignored(reloading, cause):
        replace_env(reloading, f"{text}PORT={reloading.port}\n")


def test_a_new_port_in_use_is_named_and_ignored(reloading: Stack) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with ignored(reloading, f"Port {port} is already in use"):
            replace_env(reloading, f"PORT={port}\n")


def test_a_changed_env_file_is_used(reloading: Stack) -> None:
    with prints_again(reloading, f"Ready: {reloading.url}"), prints_again(reloading, ".env changed: restarting."):
        replace_env(reloading, f"PRODUCT_NAME=Tea\nPORT={reloading.port}\n")
    check_out(reloading)
