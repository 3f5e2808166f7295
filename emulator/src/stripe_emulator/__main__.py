"""`python -m stripe_emulator`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from stripe_emulator.app import create_app
from stripe_emulator.config import DEFAULT_API_VERSION, Config
from stripe_emulator.errors import StripeError
from stripe_emulator.server import CannotListenError, open_tcp, open_unix, serve
from stripe_emulator.storage.database import StateError
from stripe_emulator.versions.released import checked


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m stripe_emulator",
        description="A local stand-in for Stripe: Checkout for one-time payments, signed webhooks, test cards. "
        "Accepts any sk_test_… or rk_test_… key. Moves no money.",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=12111, help="TCP port (default: %(default)s); 0: any free port")
    parser.add_argument("--uds", type=Path, metavar="PATH", help="also listen on this Unix socket")
    parser.add_argument("--data", type=Path, metavar="FILE", help="keep the state in this SQLite file")
    parser.add_argument("--public-url", metavar="URL", help="base URL of hosted pages (default: the request's Host)")
    parser.add_argument(
        "--settle-after",
        type=float,
        default=Config().settle_after,
        metavar="S",
        help="seconds until bank debits and refunds settle (default: %(default)s)",
    )
    parser.add_argument(
        "--concurrency",
        type=_count,
        default=Config().delivery_concurrency,
        metavar="N",
        help="most events in flight to each endpoint or CLI (default: %(default)s); lower it for a slow endpoint",
    )
    parser.add_argument(
        "--api-version",
        type=_version,
        default=DEFAULT_API_VERSION,
        metavar="VERSION",
        help="API version of events, and of responses to requests without one (default: %(default)s)",
    )
    parser.add_argument(
        "--allow-host",
        action="append",
        default=[],
        metavar="NAME",
        help="also accept this host name (IP addresses, localhost and names without dots are always accepted)",
    )
    parser.add_argument("--quiet", action="store_true", help="do not log requests")
    return parser


def _count(text: str) -> int:
    if text.isdecimal() and int(text):
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least 1")


def _version(text: str) -> str:
    try:
        return checked(text)
    except StripeError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _config(args: argparse.Namespace) -> Config:
    return Config(
        data=args.data,
        public_url=args.public_url.rstrip("/") if args.public_url else None,
        api_version=args.api_version,
        settle_after=args.settle_after,
        delivery_concurrency=args.concurrency,
        log_requests=not args.quiet,
        allowed_hosts=tuple(name.lower() for name in args.allow_host),
    )


def main() -> int:
    """Run the emulator until SIGTERM. Returns 1, with one sentence on stderr, if it can't start."""
    args = _parser().parse_args()
    try:
        tcp = open_tcp(args.host, args.port)
        sockets = [tcp, open_unix(args.uds)] if args.uds else [tcp]
        if args.data:
            args.data.parent.mkdir(parents=True, exist_ok=True)
        app = create_app(_config(args))
    except (CannotListenError, StateError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    host = f"[{args.host}]" if ":" in args.host else args.host
    where = f"http://{host}:{tcp.getsockname()[1]}" + (f" and {args.uds}" if args.uds else "")
    serve(app, sockets, f"Stripe emulator on {where}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
