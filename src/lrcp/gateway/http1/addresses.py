"""Which network addresses a connection may go to."""

import asyncio
import ipaddress
import socket

from lrcp.gateway.http1 import errors
from lrcp.gateway.http1.errors import HttpError


async def resolve_host(host: str, port: int, *, allow_private: bool) -> list[str]:
    """The addresses of a host, in the resolver's order; those that are not allowed left out.

    They are checked after resolution and connected to as they are, so that a name cannot lead elsewhere in between.
    Raises: HttpError - UNREACHABLE: it does not resolve; NOT_ALLOWED: it does, to addresses that may not be called.
    """
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise HttpError(errors.UNREACHABLE, f"{host} does not resolve") from error
    addresses = list(dict.fromkeys(str(row[4][0]) for row in found))
    allowed = [address for address in addresses if allow_private or is_public(address)]
    if not allowed:
        raise HttpError(errors.NOT_ALLOWED, f"{host} is the private address {', '.join(addresses[:3])}")
    return allowed


def is_public(address: str) -> bool:
    """Whether an IP address is on the public internet: not private, loopback, link-local, shared or reserved.

    An IPv6 address that carries an IPv4 one (mapped, 6to4, Teredo, NAT64) is judged by that.
    """
    ip: ipaddress.IPv4Address | ipaddress.IPv6Address = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        carried = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None) or _nat64(ip)
        ip = carried or ip
    if isinstance(ip, ipaddress.IPv6Address) and (ip not in _GLOBAL_UNICAST or ip in _DOCUMENTATION):
        return False  # what is reserved today, site-local or IPv4-compatible, is not the internet, whatever it becomes
    return ip.is_global and not ip.is_multicast


def _nat64(ip: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF) if ip in _NAT64 else None


_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
_DOCUMENTATION = ipaddress.IPv6Network("3fff::/20")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
