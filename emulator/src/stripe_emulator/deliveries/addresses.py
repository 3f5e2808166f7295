"""Addresses that no webhook is sent to: link-local ones, where cloud providers serve credentials."""

from __future__ import annotations

import asyncio
import socket
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

#: AWS (IPv6), Alibaba, Oracle.
_METADATA = [ip_network(each) for each in ("fd00:ec2::254/128", "100.100.100.200/32", "192.0.0.192/32")]
_METADATA_NAMES = ("metadata.google.internal", "metadata")


def is_refused(host: str) -> bool:
    """Return whether `host` is such an address in any notation, or such a name."""
    name = host.rstrip(".").lower()
    if name in _METADATA_NAMES:
        return True
    address = _address(name)
    return address is not None and _is_refused(address)


def url_is_refused(url: str) -> bool:
    """Return whether the URL's host is refused."""
    return is_refused(urlsplit(url).hostname or "")


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text.partition("%")[0])
    except ValueError:
        pass
    try:
        # 2852039166, 0xA9FEA9FE, 169.254.43518: the system's resolver accepts these as addresses.
        return IPv4Address(socket.inet_aton(text))
    except (OSError, UnicodeEncodeError):
        return None


def _is_refused(address: IPv4Address | IPv6Address) -> bool:
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return address.is_link_local or any(address in network for network in _METADATA)


async def resolve(host: str, port: int) -> list[str]:
    """Return the addresses to connect to. Raises OSError for an unknown name, and if one of them is refused."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [str(each[4][0]) for each in found]
    if is_refused(host) or any(is_refused(each) for each in addresses):
        raise OSError(f"{host} is a link-local or metadata address: no webhook is sent there")
    return addresses
