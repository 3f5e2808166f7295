"""Another PC, with its own address and browser, that uses the real system."""

import os
import shlex
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

from tests.e2e.buyer import Buyer
from tests.e2e.conftest import TIMEOUT
from tests.support.browser import FLAGS, find_chromium
from tests.support.stack import clean_environment
from tests.tunnel.authority import Authority, make_authority
from tests.tunnel.backend import STANDINS, Backend
from tests.tunnel.network import CLOUD_ADDRESS, ROOT, Network, lacking

ARTIFACTS = ROOT / "test-artifacts" / "tunnel"
PHONE: ViewportSize = {"width": 360, "height": 740}
HTTPS_PORT = 8443
# A folder over https: the certificate, the port, the folder.
SERVE_HTTPS = """
import ssl, sys
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
context.load_cert_chain(sys.argv[1])
handler = partial(SimpleHTTPRequestHandler, directory=sys.argv[3])
server = ThreadingHTTPServer(("0.0.0.0", int(sys.argv[2])), handler)
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
"""
FRONTEND_PORT = 5500
AGENT_NAME = "connect.ngrok-agent.com"


@pytest.fixture(scope="package")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The backend's data and all logs."""
    return tmp_path_factory.mktemp("tunnel")


@pytest.fixture(scope="package")
def authority(folder: Path) -> Authority:
    """The authority that signs the tunnel's certificates."""
    return make_authority(folder)


@pytest.fixture(scope="package")
def network(folder: Path, authority: Authority) -> Iterator[Network]:
    """The three computers, with the tunnel company's server running."""
    if missing := lacking():
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    with Network(folder) as made:
        made.resolve("backend", AGENT_NAME)
        edge = [sys.executable, "-u", STANDINS / "ngrok_edge.py", authority.server]
        made.start("cloud", *edge, env=clean_environment(), log=folder / "edge.log")
        yield made


@pytest.fixture(scope="package")
def backend(network: Network, authority: Authority, folder: Path) -> Backend:
    """The backend's PC, ready for payments, without a tunnel."""
    made = Backend(network, authority, folder)
    made.start()
    return made


@pytest.fixture(scope="module")
def tunnel(backend: Backend) -> Iterator[str]:
    """The public URL of an open tunnel."""
    with backend.tunnel("https://corner-shop.ngrok-free.app") as url:
        yield url


@pytest.fixture(scope="package")
def browser(network: Network, authority: Authority, folder: Path) -> Iterator[Browser]:
    """Chromium on the other PC; it resolves the tunnel's names and trusts the test certificate."""
    chromium = folder / "chromium"
    command = shlex.join(network.on("other", find_chromium()))
    chromium.write_text(f'#!/bin/sh\nexec {command} "$@"\n')
    chromium.chmod(0o755)
    flags = [
        *FLAGS,
        f"--host-resolver-rules=MAP *.ngrok-free.app {CLOUD_ADDRESS}",
        f"--ignore-certificate-errors-spki-list={authority.fingerprint}",
    ]
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=flags)
        yield launched
        launched.close()


@pytest.fixture(scope="package")
def frontend(network: Network, backend: Backend, folder: Path) -> str:
    """The example frontend, served on the other PC as in its README."""
    return serve(ROOT / "examples" / "frontend", FRONTEND_PORT, network, backend, folder)


@pytest.fixture
def downloaded(network: Network, backend: Backend, folder: Path, tunnel: str, authority: Authority) -> str:
    """The example frontend as downloaded from the shop through the tunnel."""
    archive = folder / "frontend.zip"
    get = ["curl", "--silent", "--fail", "--cacert", authority.ca, "--output", archive, f"{tunnel}/frontend.zip"]
    assert network.run("other", *get).returncode == 0
    shutil.unpack_archive(archive, folder / "downloaded")
    return serve(folder / "downloaded" / "frontend", FRONTEND_PORT + 1, network, backend, folder)


@pytest.fixture(scope="package")
def frontend_on_https(network: Network, backend: Backend, authority: Authority, folder: Path) -> str:
    """The example frontend on a hosting service on the internet, over https."""
    command = [sys.executable, "-c", SERVE_HTTPS, authority.server, HTTPS_PORT, ROOT / "examples" / "frontend"]
    network.start("cloud", *command, env=clean_environment(), log=folder / "frontend-https.log")
    there = f"https://{CLOUD_ADDRESS}:{HTTPS_PORT}"
    get = ["curl", "--silent", "--insecure", there]
    backend.wait(lambda: network.run("other", *get).returncode == 0, "the frontend is not served")
    return f"https://pages.ngrok-free.app:{HTTPS_PORT}"


def serve(what: Path, port: int, network: Network, backend: Backend, folder: Path) -> str:
    """Serve a folder on the other PC. Return its URL there."""
    command = [sys.executable, "-m", "http.server", str(port), "--directory", what]
    network.start("other", *command, env=clean_environment(), log=folder / f"frontend-{port}.log")
    url = f"http://localhost:{port}"
    backend.wait(lambda: network.run("other", "curl", "--silent", url).returncode == 0, "the frontend is served")
    return url


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A new tab on the other PC."""
    expect.set_options(timeout=TIMEOUT)
    context = browser.new_context(viewport={"width": 1100, "height": 800}, locale="en-US")
    context.set_default_timeout(TIMEOUT)
    yield context.new_page()
    context.close()


@pytest.fixture
def phone(browser: Browser) -> Iterator[Buyer]:
    """Who buys on a phone."""
    expect.set_options(timeout=TIMEOUT)
    options = {"is_mobile": True, "has_touch": True, "device_scale_factor": 2, "locale": "en-US"}
    context = browser.new_context(viewport=PHONE, **options)  # type: ignore[arg-type]
    context.set_default_timeout(TIMEOUT)
    yield Buyer(context.new_page(), "", ARTIFACTS)
    context.close()


@pytest.fixture
def buyer(page: Page) -> Buyer:
    """A buyer on the other PC."""
    return Buyer(page, "", ARTIFACTS)
