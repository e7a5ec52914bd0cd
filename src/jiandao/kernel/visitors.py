"""Where a visitor comes from: the one place that reads X-Forwarded-For.

Each gateway appends the address that it was asked from. With `JIANDAO_PROXIES` gateways in front, the last so many
addresses of the way (the header, then the connection itself) were written by them; whatever stands further left came
with the request and says nothing. Without gateways the header does not count at all.
"""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from django.conf import settings
from django.http import HttpRequest

_PASSED_ON = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP", "HTTP_X_FORWARDED_HOST")
NEIGHBOURHOOD = 64  # bits: what one subscriber of IPv6 is given, who may take another address within it at any time


def address(request: HttpRequest) -> str | None:
    """The visitor's own address, for people to read. None when the connection has none."""
    found = _found(request)
    return str(found) if found else None


def counted_as(request: HttpRequest) -> str | None:
    """What quotas and locks count a visitor by: an IPv4 address, or the first address of an IPv6 network of /64."""
    found = _found(request)
    if isinstance(found, IPv6Address):
        return str(IPv6Network((int(found), NEIGHBOURHOOD), strict=False).network_address)
    return str(found) if found else None


def from_this_machine(request: HttpRequest) -> bool:
    """Whether the visitor sits at this machine itself: asked by no gateway or tunnel that stands here for others."""
    found = _found(request)
    return found is not None and found.is_loopback and not any(header in request.META for header in _PASSED_ON)


def _found(request: HttpRequest) -> IPv4Address | IPv6Address | None:
    """The leftmost address of the trusted part; one that cannot be read gives way to the gateway that passed it on."""
    way = [*request.META.get("HTTP_X_FORWARDED_FOR", "").split(","), request.META.get("REMOTE_ADDR", "")]
    trusted = way[-(settings.JIANDAO_PROXIES + 1) :]
    return next((one for one in map(_read, trusted) if one is not None), None)


def _read(written: str) -> IPv4Address | IPv6Address | None:
    """An address, with a port or in brackets too, as some gateways write it."""
    bare = written.strip().strip('"')
    if bare.startswith("["):
        bare = bare[1:].partition("]")[0]
    elif bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        found = ip_address(bare.partition("%")[0])
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found
