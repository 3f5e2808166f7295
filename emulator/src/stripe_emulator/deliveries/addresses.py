"""Addresses that no webhook is sent to: link-local ones, where cloud providers serve credentials."""

from __future__ import annotations

import asyncio
import socket
import unicodedata
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

#: AWS, Google and Oracle over IPv6, Alibaba, Azure, Oracle.
_METADATA = [
    ip_network(each)
    for each in ("fd00:ec2::/32", "fd20:ce::/32", "fd00:c1::/32", "100.100.100.200", "168.63.129.16", "192.0.0.192")
]
_METADATA_NAMES = ("metadata.google.internal", "metadata", "instance-data", "instance-data.ec2.internal")
#: IPv6 networks whose addresses end in an IPv4 address: NAT64 (RFC 6052) and IPv4-compatible ones (RFC 4291).
_WITH_IPV4 = [ip_network(each) for each in ("64:ff9b::/96", "64:ff9b:1::/48", "::/96")]


def is_refused(host: str) -> bool:
    """Return whether `host` is such an address in any notation, or such a name."""
    # As the resolver reads full-width digits and dots.
    name = unicodedata.normalize("NFKC", host).replace("\u3002", ".").rstrip(".").lower()
    if name in _METADATA_NAMES:
        return True
    address = _address(name)
    return address is not None and any(_is_metadata(each) for each in _equivalents(address))


def url_is_refused(url: str) -> bool:
    """Return whether the URL has no host, or one that is refused."""
    host = urlsplit(url).hostname
    return not host or is_refused(host)


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


def _equivalents(address: IPv4Address | IPv6Address) -> list[IPv4Address | IPv6Address]:
    """Return the address, and the IPv4 addresses that it contains or that a gateway translates it to."""
    found = [address]
    if isinstance(address, IPv6Address):
        found += [each for each in (address.ipv4_mapped, address.sixtofour, *(address.teredo or ())) if each]
        if any(address in network for network in _WITH_IPV4):
            found.append(IPv4Address(int(address) & 0xFFFFFFFF))
    return found


def _is_metadata(address: IPv4Address | IPv6Address) -> bool:
    return address.is_link_local or any(address in network for network in _METADATA)


async def resolve(host: str, port: int) -> list[str]:
    """Return the addresses to connect to. Raises OSError for an unknown name, and if one of them is refused."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [str(each[4][0]) for each in found]
    if is_refused(host) or any(is_refused(each) for each in addresses):
        raise OSError(f"{host} is a link-local or metadata address: no webhook is sent there")
    return addresses
