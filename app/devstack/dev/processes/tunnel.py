"""Tunnels to the internet: the programs that are asked for in `.env`, watched, their complaints in plain words."""

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
# The rest is talk; what went wrong can matter.
WORTH_SAYING = re.compile(r"lvl=(?:warn|eror|crit)|^ERROR|\b(?:ERR|WRN|FTL)\b|^failed to")


@dataclass(frozen=True)
class Program:
    """One kind of tunnel. `explain` finds the explanation of a line, if it has one."""

    name: str
    install: str
    command: Callable[[Config, Path, int], list[str]]
    url: re.Pattern[str]
    explain: Callable[[str], Explanation | None]


def tunnels(config: Config) -> list[Process]:
    """The processes of the tunnels that are asked for. A sentence on what to do for those that are not installed."""
    forget(config)
    return [process for name, port in config.tunnels.items() if (process := _process(config, PROGRAMS[name], port))]


def _process(config: Config, program: Program, port: int) -> Process | None:
    found = shutil.which(program.name, path=config.env.get("PATH"))
    if found is None:
        missing = f"{program.name} is asked for in .env, but is not on PATH"
        remedy = f"install it ({program.install}) and start ./scripts/dev again."
        _tell(config, program, Explanation(f"{missing}.", remedy.capitalize()))
        output.say(f"{missing}: {remedy} Until then there is no public URL; this PC and its network reach the shop.")
        return None
    _tell(config, program)
    command = program.command(config, Path(found), port)
    return Process(program.name, command, config.env, on_line=_follow(program, config), longest_delay_s=60)


def forget(config: Config) -> None:
    """No tunnel is run any more."""
    (config.data_dir / FILE).unlink(missing_ok=True)


def _tell(config: Config, program: Program, trouble: Explanation | None = None) -> None:
    """Let the doctor and the console know where the agent answers, and what is wrong."""
    now = Running(f"http://127.0.0.1:{config.tunnels[program.name]}", *(trouble or ()))
    write_private(config.data_dir / FILE, json.dumps(running(config.data_dir) | {program.name: now}))


def _ngrok(config: Config, program: Path, port: int) -> list[str]:
    # Its API's port can be set in a file only. The token stays in the environment.
    settings = config.data_dir / "ngrok.yml"
    write_private(settings, f"version: 3\nagent:\n    web_addr: 127.0.0.1:{port}\n")
    url = config.env.get("NGROK_URL", "").strip()
    log = ["--log", "stdout", "--log-format", "logfmt"]
    return [str(program), "http", str(config.port), "--config", str(settings), *log, *(["--url", url] if url else [])]


def _cloudflared(config: Config, program: Path, port: int) -> list[str]:
    return [str(program), "tunnel", "--no-autoupdate", "--metrics", f"127.0.0.1:{port}", "--url", config.app_url]


def _follow(program: Program, config: Config) -> Callable[[str], None]:
    """Says the public URL, and each complaint once, in words when it is a known one."""
    write, told, token = output.writer(program.name), set[str](), config.env.get("NGROK_AUTHTOKEN", "").strip()

    def on_line(line: str) -> None:
        if found := program.url.search(line):
            told.clear()
            _tell(config, program)
            output.say(f"Public URL: {found.group(found.re.groups)}")
        elif explanation := program.explain(line):
            if not told:
                _tell(config, program, explanation)  # the first one tells most; others follow from it
            if explanation.cause not in told:
                _say(explanation)
            told.add(explanation.cause)
        elif WORTH_SAYING.search(line) and not told:
            # ngrok repeats the token that it was refused with.
            write(line.replace(token, "***") if token else line)

    return on_line


def _say(explanation: Explanation) -> None:
    remedy = explanation.remedy.format(
        start_tunnel="wait: it is tried again by itself",
        start_app="see its lines here",
        after_editing="save it, it is then used at once",
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
