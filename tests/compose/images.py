"""Build stand-ins for the public images, under the names in Dockerfile and docker-compose.yml; nothing is pulled.

They contain Debian's Python and Postgres, the real Stripe CLI from its npm package, and an ngrok agent with its own
cloud (standins/). An image with an unchanged recipe is reused.
"""

import hashlib
import inspect
import os
import platform
import shutil
import ssl
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.cli.installed import CLI_VERSION
from tests.compose.engine import HOME, SUITE, Engine, debian_mirror, download
from tests.support.caddy import VERSION, caddy_program

STANDINS = Path(__file__).parent / "standins"
BASE = "compose-tests/trixie"
LABEL = "compose-tests.recipe"
PYTHON, POSTGRES, NGROK = "python:3.13-slim-trixie", "postgres:17-trixie", "ngrok/ngrok:3.39.11-alpine"
CLOUDFLARED = "cloudflare/cloudflared:2026.3.0"
STRIPE = f"stripe/stripe-cli:v{CLI_VERSION}"
CADDY = f"caddy:{VERSION}"
PUBLIC_NAMES = ["api.stripe.com", "connect.ngrok-agent.com", "*.ngrok-free.app", "shop.example.test"]


def make_images(engine: Engine) -> None:
    """Build what is missing, in parallel: downloads take most of the time."""
    trusted = trusted_bundle()
    with ThreadPoolExecutor() as pool:
        others = [pool.submit(make, engine) for make in (make_stripe_cli, make_caddy, make_cloudflared)]
        base = digest(inspect.getsource(import_base).encode(), trusted)
        if not has(engine, BASE, base):
            import_base(engine, base)
        index = os.environ.get("PIP_INDEX_URL", "")
        settings = "ENV PIP_CERT=/etc/ssl/certs/ca-certificates.crt"
        settings += f" PIP_INDEX_URL={index}" if index.startswith("http") else ""
        for tag, name, extra in ((PYTHON, "python", settings), (NGROK, "ngrok", ""), (POSTGRES, "postgres", "")):
            others.append(pool.submit(make_from_base, engine, tag, name, extra, base))
        for other in others:
            other.result()
    engine.docker("image", "prune", "--force", "--filter", f"label={LABEL}")  # images of earlier recipes


def make_stripe_cli(engine: Engine) -> None:
    recipe = digest(inspect.getsource(import_stripe_cli).encode(), trusted_bundle(), CLI_VERSION.encode())
    if not has(engine, STRIPE, recipe):
        import_stripe_cli(engine, recipe)


def make_caddy(engine: Engine) -> None:
    recipe = digest(inspect.getsource(import_caddy).encode(), VERSION.encode())
    if not has(engine, CADDY, recipe):
        import_caddy(engine, recipe)


def make_cloudflared(engine: Engine) -> None:
    recipe = digest(inspect.getsource(import_cloudflared).encode(), (STANDINS / "cloudflared.py").read_bytes())
    if not has(engine, CLOUDFLARED, recipe):
        import_cloudflared(engine, recipe)


def make_from_base(engine: Engine, tag: str, name: str, extra: str, base: str) -> None:
    """Build standins/NAME.Dockerfile with the line `extra`."""
    files = sorted(path for path in STANDINS.iterdir() if path.name.startswith((name, "tls_relay")))
    recipe = digest(base.encode(), extra.encode(), *(path.read_bytes() for path in files))
    if not has(engine, tag, recipe):
        build(engine, tag, name, extra, recipe)


def has(engine: Engine, tag: str, recipe: str) -> bool:
    """Return whether an image with this recipe exists."""
    filters = ["--filter", f"label={LABEL}={recipe}", "--filter", f"reference={tag}"]
    return engine.docker("images", "--quiet", *filters) != ""


def digest(*parts: bytes) -> str:
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]


def certificate_authority() -> Path:
    """Create a private authority, trusted only by the stand-in images, and a certificate for all public names."""
    folder = HOME / "authority"
    if (folder / "edge.pem").exists():
        return folder / "authority.pem"
    folder.mkdir(parents=True, exist_ok=True)
    names = ",".join(f"DNS:{name}" for name in PUBLIC_NAMES)
    request = [
        "openssl",
        "req",
        "-x509",
        "-noenc",
        "-days",
        "3650",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
    ]
    issuer = ["-subj", "/CN=compose tests", "-addext", "keyUsage=critical,keyCertSign"]
    leaf = ["-subj", "/CN=public names", "-CA", "authority.pem", "-CAkey", "authority.key"]
    leaf += ["-addext", "basicConstraints=critical,CA:FALSE", "-addext", f"subjectAltName={names}"]
    for name, options in (("authority", issuer), ("leaf", leaf)):
        command = [*request, *options, "-keyout", f"{name}.key", "-out", f"{name}.pem"]
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
    (folder / "edge.pem").write_text((folder / "leaf.key").read_text() + (folder / "leaf.pem").read_text())
    return folder / "authority.pem"


def trusted_bundle() -> bytes:
    """Return this machine's trusted certificates, which its registries may need, and the private authority."""
    machines = os.environ.get("SSL_CERT_FILE") or ssl.get_default_verify_paths().cafile
    return (
        Path(machines or "/etc/ssl/certs/ca-certificates.crt").read_bytes()
        + b"\n"
        + certificate_authority().read_bytes()
    )


def import_base(engine: Engine, recipe: str) -> None:
    """Import a minimal Debian with its Python, which has the version that the Dockerfile names."""
    with tempfile.TemporaryDirectory(dir=HOME) as folder:
        root = Path(folder) / "root"
        packages = "ca-certificates,python3,python3-pip,python3-venv,busybox"
        command = ["debootstrap", "--variant=minbase", f"--include={packages}", SUITE, str(root), debian_mirror()]
        subprocess.run(command, check=True, capture_output=True)
        for unneeded in ("var/cache/apt/archives", "var/lib/apt/lists", "usr/share/doc", "usr/share/locale"):
            shutil.rmtree(root / unneeded, ignore_errors=True)
        (root / "etc/ssl/certs/ca-certificates.crt").write_bytes(trusted_bundle())
        import_tree(engine, root, BASE, recipe, [])


def import_stripe_cli(engine: Engine, recipe: str) -> None:
    """Import the real binary with busybox, which is equivalent to the alpine image."""
    with tempfile.TemporaryDirectory(dir=HOME) as folder:
        root = Path(folder) / "root"
        make_busybox_root(root)
        (root / "etc/ssl/certs").mkdir(parents=True)
        shutil.copy(stripe_binary(), root / "bin/stripe")
        (root / "etc/passwd").write_text("root:x:0:0:root:/root:/bin/sh\n")
        (root / "etc/ssl/certs/ca-certificates.crt").write_bytes(trusted_bundle())
        changes = ['ENTRYPOINT ["/bin/stripe"]', "ENV PATH=/usr/sbin:/usr/bin:/sbin:/bin"]
        import_tree(engine, root, STRIPE, recipe, changes)


def import_caddy(engine: Engine, recipe: str) -> None:
    """Import the program from PyPI with busybox, which is equivalent to the alpine image."""
    with tempfile.TemporaryDirectory(dir=HOME) as folder:
        root = Path(folder) / "root"
        make_busybox_root(root)
        for name in ("etc/caddy", "data", "config"):
            (root / name).mkdir()
        shutil.copy(caddy_program(), root / "bin/caddy")
        run = '["caddy", "run", "--config", "/etc/caddy/Caddyfile", "--adapter", "caddyfile"]'
        import_tree(
            engine, root, CADDY, recipe, [f"CMD {run}", "ENV PATH=/bin XDG_CONFIG_HOME=/config XDG_DATA_HOME=/data"]
        )


def import_cloudflared(engine: Engine, recipe: str) -> None:
    """Import an image with nothing but the program, like the official one."""
    with tempfile.TemporaryDirectory(dir=HOME) as folder:
        root = Path(folder) / "root"
        (root / "usr/local/bin").mkdir(parents=True)
        program = root / "usr/local/bin/cloudflared"
        shutil.copy(STANDINS / "cloudflared.py", program)
        program.chmod(0o755)
        import_tree(engine, root, CLOUDFLARED, recipe, [])


def make_busybox_root(root: Path) -> None:
    """Create the root of a file system with nothing but busybox."""
    for name in ("bin", "etc", "tmp", "root", "run", "proc", "dev", "sys", "var"):
        (root / name).mkdir(parents=True)
    (root / "tmp").chmod(0o1777)
    package = root.with_name("busybox")
    subprocess.run(["dpkg-deb", "-x", download("busybox-static"), package], check=True)
    busybox = next(package.rglob("bin/busybox"))
    shutil.copy(busybox, root / "bin/busybox")
    for applet in subprocess.run([busybox, "--list"], text=True, capture_output=True, check=True).stdout.split():
        if not (root / "bin" / applet).exists():
            (root / "bin" / applet).symlink_to("busybox")


def stripe_binary() -> Path:
    """Download the Stripe CLI that docker-compose.yml pins, from its npm package. Return its path."""
    machine = {"x86_64": "x64", "aarch64": "arm64"}[platform.machine()]
    package = f"@stripe/cli-linux-{machine}@{CLI_VERSION}"
    folder = HOME / f"stripe-cli-{CLI_VERSION}"
    if not (folder / "package/bin/stripe").exists():
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(["npm", "pack", "--silent", package], cwd=folder, check=True, capture_output=True)
        subprocess.run(["tar", "-xzf", next(folder.glob("*.tgz"))], cwd=folder, check=True)
    return folder / "package/bin/stripe"


def import_tree(engine: Engine, root: Path, tag: str, recipe: str, changes: list[str]) -> None:
    words = [word for change in [f"LABEL {LABEL}={recipe}", *changes] for word in ("--change", change)]
    with subprocess.Popen(["tar", "-C", root, "--numeric-owner", "-c", "."], stdout=subprocess.PIPE) as tar:
        engine.docker("import", *words, "-", tag, stdin=tar.stdout)


def build(engine: Engine, tag: str, name: str, extra: str, recipe: str) -> None:
    with tempfile.TemporaryDirectory(dir=HOME) as folder:
        context = Path(folder)
        for path in STANDINS.iterdir():
            shutil.copy(path, context)
        shutil.copy(HOME / "authority/edge.pem", context)
        (context / "Dockerfile").write_text((STANDINS / f"{name}.Dockerfile").read_text() + extra + "\n")
        engine.docker("build", "-q", "--label", f"{LABEL}={recipe}", "-t", tag, context)
