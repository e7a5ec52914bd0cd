"""The environment as settings read it: a value that cannot be meant is a fault with a sentence, never a traceback.

Django's settings cannot speak the reader's language while they are being read, so faults are kept, and every command
says all of them at once before it does anything (`web.commands.prepare`).
"""

import ipaddress
import shlex
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

YES = frozenset({"1", "true", "yes", "on"})
NO = frozenset({"", "0", "false", "no", "off"})

Fault = tuple["str | Promise", dict[str, Any]]


class Environment:
    """The variables that a process was given; `faults` gathers what is wrong with those that were asked for."""

    def __init__(self, given: Mapping[str, str]) -> None:
        self._given = given
        self.faults: list[Fault] = []

    def wrong(self, sentence: "str | Promise", **facts: Any) -> None:
        self.faults.append((sentence, facts))

    def text(self, name: str, default: str = "") -> str:
        """The value without white space around it; a variable that is empty counts as not set."""
        return self._given.get(name, "").strip() or default

    def flag(self, name: str) -> bool:
        value = self.text(name).lower()
        if value not in YES | NO:
            self.wrong(_("%(name)s is “%(value)s”; set it to 1 or 0."), name=name, value=value)
        return value in YES

    def words(self, name: str) -> list[str]:
        """The parts between commas."""
        return [word.strip() for word in self.text(name).split(",") if word.strip()]

    def command(self, name: str) -> list[str]:
        """A program and its arguments, quoted as in a shell."""
        value = self.text(name)
        try:
            return shlex.split(value)
        except ValueError:
            self.wrong(_("%(name)s is “%(value)s”; a quotation mark in it is not closed."), name=name, value=value)
            return []

    def number(self, name: str, default: int, *, least: int, most: int) -> int:
        value = self.text(name)
        if not value:
            return default
        if value.isascii() and value.isdigit() and least <= int(value[:12]) <= most:
            return int(value)
        self.wrong(
            _("%(name)s is “%(value)s”; set it to a whole number from %(least)s to %(most)s."),
            name=name, value=value, least=least, most=most,
        )  # fmt: skip
        return default

    def choice(self, name: str, options: tuple[str, ...], default: str) -> str:
        value = self.text(name, default).lower()
        if value in options:
            return value
        self.wrong(
            _("%(name)s is “%(value)s”; set it to one of: %(options)s."),
            name=name, value=value, options=", ".join(options),
        )  # fmt: skip
        return default

    def address(self, name: str, default: str) -> str:
        """The beginning of the site's addresses, without a slash at its end."""
        value = self.text(name, default).rstrip("/")
        parts = None
        try:
            parts = urlsplit(value)
            whole = parts.scheme in {"http", "https"} and bool(parts.hostname) and not (parts.query or parts.fragment)
            whole = whole and (parts.port or 1) > 0  # reading the port refuses what is none
        except ValueError:
            whole = False
        if whole:
            return value
        self.wrong(
            _("%(name)s is “%(value)s”; set it to a full address, such as https://jiandao.example.cn."),
            name=name, value=value,
        )  # fmt: skip
        return default


def is_loopback(host: str) -> bool:
    """Whether a host name or address means this machine alone."""
    name = host.strip("[]").rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def host_of(address: str) -> str:
    """The host of a full address, empty when there is none."""
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return address


def turned_outward(
    *, hosts: Iterable[str], origins: Iterable[str], base_url: str, proxies: int, https: bool
) -> list[str]:
    """The variables by which a server is meant for others than this machine, wherever it listens.

    A gateway in front usually asks 127.0.0.1, and may even send 127.0.0.1 as the host name: so every sign counts.
    """
    signs = {
        "JIANDAO_HOSTS": not all(map(is_loopback, hosts)),
        "JIANDAO_ORIGINS": not all(is_loopback(host_of(origin)) for origin in origins),
        "JIANDAO_BASE_URL": not is_loopback(host_of(base_url)),
        "JIANDAO_PROXIES": proxies > 0,
        "JIANDAO_HTTPS": https,
    }
    return [name for name, outward in signs.items() if outward]
