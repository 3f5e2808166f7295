"""A private certificate authority for the tunnel's public https names."""

import base64
import hashlib
import subprocess
from dataclasses import dataclass
from pathlib import Path

NAMES = "DNS:*.ngrok-free.app,DNS:connect.ngrok-agent.com"


@dataclass(frozen=True)
class Authority:
    """`ca` is trusted by the clients; `server` contains the server's key and certificate."""

    ca: Path
    server: Path

    @property
    def fingerprint(self) -> str:
        """The server key's hash for Chromium's --ignore-certificate-errors-spki-list."""
        public = openssl("x509", "-in", self.server, "-noout", "-pubkey")
        der = openssl("pkey", "-pubin", "-outform", "DER", data=public)
        return base64.b64encode(hashlib.sha256(der).digest()).decode()


def make_authority(folder: Path) -> Authority:
    """Create an authority and a server certificate."""
    ca, ca_key, server, request = (folder / name for name in ("ca.pem", "ca.key", "server.pem", "request.pem"))
    made = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    openssl("req", "-x509", *made, "-keyout", ca_key, "-out", ca, "-subj", "/CN=Tests", "-days", "2",
            "-addext", "keyUsage=critical,keyCertSign,cRLSign")  # fmt: skip
    key = folder / "server.key"
    openssl("req", *made, "-keyout", key, "-out", request, "-subj", "/CN=ngrok", "-addext", f"subjectAltName={NAMES}")
    certificate = openssl("x509", "-req", "-in", request, "-CA", ca, "-CAkey", ca_key, "-CAcreateserial", "-days", "2",
                          "-copy_extensions", "copy")  # fmt: skip
    server.write_bytes(key.read_bytes() + certificate)
    return Authority(ca, server)


def openssl(*arguments: str | Path, data: bytes = b"") -> bytes:
    """Run openssl. Return its output."""
    return subprocess.run(["openssl", *map(str, arguments)], input=data, capture_output=True, check=True).stdout
