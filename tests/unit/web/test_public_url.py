"""The public URL is read from the tunnel agent's API."""

import io
import json
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from app.devstack.doctor.checks.tunnel import tunnel
from app.web import public_url as module
from app.web.public_url import PublicUrl, public_url


class Agent(ThreadingHTTPServer):
    """An agent's API with fixed responses by path; 404 elsewhere."""

    def __init__(self) -> None:
        self.answers: dict[str, object] = {}
        super().__init__(("127.0.0.1", 0), AgentHandler)
        self.url = f"http://127.0.0.1:{self.server_port}"


class AgentHandler(BaseHTTPRequestHandler):
    """Sends `Agent.answers`."""

    server: Agent

    def do_GET(self) -> None:
        answer = self.server.answers.get(self.path)
        self.send_response(200 if answer is not None else 404)
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())

    def log_message(self, *args: object) -> None:
        """Log nothing."""


@pytest.fixture
def agent(monkeypatch: pytest.MonkeyPatch) -> Iterator[Agent]:
    """A running agent, and an empty cache."""
    monkeypatch.setattr(module, "_from_tunnels", PublicUrl())
    monkeypatch.setattr(module, "ASK_AGAIN_AFTER", 0.0)
    with Agent() as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield server
        server.shutdown()


@pytest.mark.parametrize(
    ("setting", "path", "answer"),
    [
        ("NGROK_API_URL", "/api/endpoints", {"endpoints": [{"name": "x", "url": "https://a.ngrok.app"}]}),
        ("NGROK_API_URL", "/api/tunnels", {"tunnels": [{"public_url": "https://a.ngrok.app", "proto": "https"}]}),
        ("CLOUDFLARED_API_URL", "/quicktunnel", {"hostname": "a.ngrok.app"}),
    ],
)
def test_each_agents_api_is_understood(
    agent: Agent, settings: Settings, setting: str, path: str, answer: object
) -> None:
    setattr(settings, setting, agent.url)
    agent.answers[path] = answer
    assert public_url(ask_now=True) == "https://a.ngrok.app"


def test_a_changed_name_is_picked_up(agent: Agent, settings: Settings, client: Client) -> None:
    settings.NGROK_API_URL = agent.url
    for name in ("one.ngrok.app", "two.ngrok.app"):
        agent.answers["/api/endpoints"] = {"endpoints": [{"url": f"https://{name}"}]}
        assert client.get("/healthz", headers={"Host": name}).status_code == 200
    assert client.get("/healthz", headers={"Host": "one.ngrok.app"}).status_code == 400


def test_visitors_of_each_tunnel_are_served(agent: Agent, settings: Settings, client: Client) -> None:
    settings.NGROK_API_URL = settings.CLOUDFLARED_API_URL = agent.url
    agent.answers["/api/endpoints"] = {"endpoints": [{"url": "https://one.ngrok.app"}]}
    agent.answers["/quicktunnel"] = {"hostname": "two.trycloudflare.com"}
    for name in ("one.ngrok.app", "two.trycloudflare.com"):
        headers = {"Host": name, "X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"}
        with zipfile.ZipFile(io.BytesIO(client.get("/frontend.zip", headers=headers).content)) as archive:
            assert f'value="https://{name}"' in archive.read("frontend/index.html").decode()
        assert client.get("/console/", headers=headers).status_code == 404
    assert public_url() == "https://two.trycloudflare.com", "the first by the setting's name"
    del agent.answers["/quicktunnel"]
    assert public_url(ask_now=True) == "https://one.ngrok.app"


def test_a_missing_tunnel_means_no_public_url(agent: Agent, settings: Settings) -> None:
    settings.NGROK_API_URL = agent.url
    agent.answers["/api/endpoints"] = {"endpoints": []}
    assert public_url(ask_now=True) == ""
    settings.NGROK_API_URL = "http://127.0.0.1:1"
    assert public_url(ask_now=True) == ""


def test_a_name_survives_a_short_outage_of_its_agent(
    agent: Agent, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.NGROK_API_URL = agent.url
    agent.answers["/api/endpoints"] = {"endpoints": [{"url": "https://a.ngrok.app"}]}
    public_url(ask_now=True)
    settings.NGROK_API_URL = "http://127.0.0.1:1"
    assert public_url(ask_now=True) == "https://a.ngrok.app"
    monkeypatch.setattr(module, "FORGET_AFTER", 0.0)
    assert public_url(ask_now=True) == ""


def test_public_url_in_the_settings_wins(agent: Agent, settings: Settings) -> None:
    settings.PUBLIC_URL = "https://pay.example.com"
    settings.NGROK_API_URL = agent.url
    assert public_url(ask_now=True) == "https://pay.example.com"


def endpoints(*upstreams: str) -> dict[str, object]:
    return {"endpoints": [{"url": f"https://{number}.ngrok.app", "upstream": {"url": each}}
                          for number, each in enumerate(upstreams)]}  # fmt: skip


def tunnels(*upstreams: str) -> dict[str, object]:
    return {"tunnels": [{"public_url": f"https://{number}.ngrok.app", "config": {"addr": each}}
                        for number, each in enumerate(upstreams)]}  # fmt: skip


@pytest.mark.parametrize(("path", "answer"), [("/api/endpoints", endpoints), ("/api/tunnels", tunnels)])
@pytest.mark.parametrize(
    ("upstreams", "ours"),
    [
        (["http://localhost:3000", "http://localhost:8123"], 1),
        (["http://localhost:3000", "http://127.0.0.1:8123", "http://localhost:8123"], 1),
        (["https://shop.example:8123", "http://[::1]:8123"], 1),
        (["http://web:8000", "http://app:3000", "http://app:8000"], 2),
        (["http://host.docker.internal:8123"], 0),
        (["3000", "localhost:8123"], 1),
        (["http://localhost:x", "8123"], 1),
        (["http://localhost"], None),
        (["http://localhost:8000", "http://other:8123", "file:///srv/www", "http://["], None),
    ],
)
def test_the_tunnel_that_forwards_to_us_is_chosen(
    agent: Agent, settings: Settings, path: str, answer: Any, upstreams: list[str], ours: int | None
) -> None:
    settings.NGROK_API_URL, settings.PORT = agent.url, 8123
    agent.answers[path] = answer(*upstreams)
    assert public_url(ask_now=True) == ("" if ours is None else f"https://{ours}.ngrok.app")


def ingress(*rules: tuple[str, str]) -> dict[str, object]:
    return {"version": 1, "config": {"ingress": [{"hostname": name, "path": None, "service": service}
                                                 for name, service in rules]}}  # fmt: skip


@pytest.mark.parametrize(
    ("quick", "config", "ours"),
    [
        ("quick.example", None, "https://quick.example"),
        ("quick.example", {"version": -1, "config": {}}, "https://quick.example"),
        ("quick.example", ingress(("", "http://localhost:8123")), "https://quick.example"),
        ("quick.example", ingress(("", "http://app:8000")), "https://quick.example"),
        ("quick.example", ingress(("", "http://localhost:3000")), ""),
        (
            "",
            ingress(
                ("blog.example", "http://localhost:3000"),
                ("*.shop.example", "http://localhost:8123"),
                ("pay.example", "http://127.0.0.1:8123"),
                ("", "http_status:404"),
            ),
            "https://pay.example",
        ),
        ("", ingress(("", "http_status:404")), ""),
        ("", ["nonsense"], ""),
        ("", {"config": {"ingress": ["nonsense", {"hostname": 5}]}}, ""),
    ],
)
def test_the_cloudflared_name_that_forwards_to_us_is_used(
    agent: Agent, settings: Settings, quick: str, config: object, ours: str
) -> None:
    settings.CLOUDFLARED_API_URL, settings.PORT = agent.url, 8123
    agent.answers |= {"/quicktunnel": {"hostname": quick}} | ({"/config": config} if config else {})
    assert public_url(ask_now=True) == ours


def test_the_doctor_shows_where_cloudflared_forwards(agent: Agent, settings: Settings) -> None:
    settings.CLOUDFLARED_API_URL = agent.url
    agent.answers |= {"/quicktunnel": {"hostname": "a.example"}, "/config": ingress(("", "http://localhost:3000"))}
    found = tunnel()
    assert found.summary == "The tunnel leads to another program"
    assert "https://a.example forwards to http://localhost:3000" in found.cause
    assert f"(http://localhost:{settings.PORT})" in found.remedy


def test_the_doctor_shows_where_other_tunnels_forward(agent: Agent, settings: Settings) -> None:
    settings.NGROK_API_URL = agent.url
    agent.answers["/api/endpoints"] = endpoints("http://localhost:3000")
    found = tunnel()
    assert found.summary == "The tunnel leads to another program"
    assert "forwards to http://localhost:3000" in found.cause
    assert "set PUBLIC_URL" in found.cause
