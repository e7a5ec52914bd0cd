"""Where a deployment's own model of embeddings answers, as the settings say it; read before Django is there."""

import ipaddress
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

Fault = Literal["address", "https", "host", "key"]


@dataclass(frozen=True)
class Endpoint:
    """An OpenAI-compatible endpoint. `url`: up to and with `/embeddings`; `hosts`: those that may be asked at all;
    `dimensions`: length of its vectors; `timeout`: seconds of one request with its answer."""

    url: str
    model: str
    dimensions: int
    hosts: tuple[str, ...]
    key: str = field(default="", repr=False)
    timeout: int = 30

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""

    def fault(self) -> Fault | None:
        """What forbids to use it: no full address, plain HTTP to another machine, a host that is not on the list, or a
        key that cannot stand in a header."""
        try:
            parts = urlsplit(self.url)
            whole = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
        except ValueError:
            return "address"
        if not whole or parts.query or parts.fragment or parts.username is not None or parts.password is not None:
            return "address"
        if not (self.url.isascii() and self.url.isprintable()) or " " in self.url:
            return "address"
        if self.host not in {host.lower().rstrip(".") for host in self.hosts}:
            return "host"
        if parts.scheme == "http" and not _is_loopback(self.host):
            return "https"
        if self.key and not (self.key.isascii() and self.key.isprintable() and " " not in self.key):
            return "key"
        return None


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
