"""Run the tunnel programs that `.env` enables, and explain their errors."""

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from app.config.running import FILE, Running, running
from app.devstack.dev import output
from app.devstack.dev.config import Config
from app.devstack.dev.data_dir import write_private
from app.devstack.dev.processes.process import Process
from app.devstack.tunnels import Explanation, cloudflared, ngrok

NGROK_CODE = re.compile(r"ERR_NGROK_(\d+)")
NGROK_URL = re.compile(r'msg="started tunnel".* url=(https://\S+)')
CLOUDFLARED_URL = re.compile(r"https://[a-z0-9-]+\.trycloudflare\.com")
# The log lines that are printed: warnings and errors.
WARNINGS = re.compile(r"lvl=(?:warn|eror|crit)|^ERROR|\b(?:ERR|WRN|FTL)\b|^failed to")


@dataclass(frozen=True)
class Program:
    """A tunnel's program. `explain` returns the explanation of a log line, if there is one."""

    name: str
    install: str
    command: Callable[[Config, Path, int], list[str]]
    url: re.Pattern[str]
    explain: Callable[[str], Explanation | None]


def tunnels(config: Config) -> list[Process]:
    """Return the processes of the enabled tunnels. Print what to do for programs that are not installed."""
    forget(config)
    return [process for name, port in config.tunnels.items() if (process := _process(config, PROGRAMS[name], port))]


def _process(config: Config, program: Program, port: int) -> Process | None:
    found = shutil.which(program.name, path=config.env.get("PATH"))
    if found is None:
        missing = f"{program.name} is enabled in .env, but is not on PATH"
        remedy = f"install it ({program.install}) and restart ./scripts/dev."
        _publish(config, program, Explanation(f"{missing}.", remedy.capitalize()))
        output.say(
            f"{missing}: {remedy} Until then there is no public URL; this PC and its network can reach the shop."
        )
        return None
    _publish(config, program)
    command, env = program.command(config, Path(found), port), {**config.env, "NGROK_AUTHTOKEN": config.ngrok_authtoken}
    return Process(program.name, command, env, on_line=_follow(program, config), longest_delay_s=60)


def forget(config: Config) -> None:
    """Record that no tunnel runs."""
    (config.data_dir / FILE).unlink(missing_ok=True)


def _publish(config: Config, program: Program, error: Explanation | None = None) -> None:
    """Publish the agent's URL and its error, if any, for the doctor and the console."""
    now = Running(f"http://127.0.0.1:{config.tunnels[program.name]}", *(error or ()))
    write_private(config.data_dir / FILE, json.dumps(running(config.data_dir) | {program.name: now}))


def _ngrok(config: Config, program: Path, port: int) -> list[str]:
    # Its API's port can only be set in a file. The token stays in the environment.
    settings = config.data_dir / "ngrok.yml"
    write_private(settings, f"version: 3\nagent:\n    web_addr: 127.0.0.1:{port}\n")
    url = config.env.get("NGROK_URL", "").strip()
    log = ["--log", "stdout", "--log-format", "logfmt"]
    return [str(program), "http", str(config.port), "--config", str(settings), *log, *(["--url", url] if url else [])]


def _cloudflared(config: Config, program: Path, port: int) -> list[str]:
    return [str(program), "tunnel", "--no-autoupdate", "--metrics", f"127.0.0.1:{port}", "--url", config.app_url]


def _follow(program: Program, config: Config) -> Callable[[str], None]:
    """Return a function that prints the public URL, and each error once, with an explanation if there is one."""
    write, token = output.writer(program.name), config.ngrok_authtoken
    explained = set[str]()

    def on_line(line: str) -> None:
        if found := program.url.search(line):
            explained.clear()
            _publish(config, program)
            output.say(f"Public URL: {found.group(found.re.groups)}")
        elif explanation := program.explain(line):
            if not explained:
                _publish(config, program, explanation)  # the first error is the cause of the others
            if explanation.cause not in explained:
                _say(explanation)
            explained.add(explanation.cause)
        elif WARNINGS.search(line) and not explained:
            # ngrok's messages contain a rejected token.
            write(line.replace(token, "***") if token else line)

    return on_line


def _say(explanation: Explanation) -> None:
    remedy = explanation.remedy.format(
        start_tunnel="wait: ./scripts/dev retries automatically",
        start_app="see its output here",
        after_editing="save it: the change takes effect at once",
    )
    output.say(f"{explanation.cause} {remedy}")


def _explain_ngrok(line: str) -> Explanation | None:
    code = NGROK_CODE.search(line)
    unknown = "Look it up: https://ngrok.com/docs/errors/err_ngrok_"
    return ngrok.ERRORS.get(code[1], Explanation(f"ngrok refused ({code[0]}).", unknown + code[1])) if code else None


def _explain_cloudflared(line: str) -> Explanation | None:
    return next((explanation for sign, explanation in cloudflared.LOG.items() if sign in line), None)


PROGRAMS = {
    "ngrok": Program("ngrok", "https://ngrok.com/download", _ngrok, NGROK_URL, _explain_ngrok),
    "cloudflared": Program(
        "cloudflared",
        "https://developers.cloudflare.com/cloudflare-one/networks/connectors/cloudflare-tunnel/downloads/",
        _cloudflared,
        CLOUDFLARED_URL,
        _explain_cloudflared,
    ),
}
