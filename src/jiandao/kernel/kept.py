"""What a process keeps in its memory for some seconds, because every page asks for it and hardly anybody changes it."""

import time
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from django.conf import settings

V = TypeVar("V")
MOST = 500  # things that one of these keeps


class Kept(Generic[V]):
    """Values by key, each for `JIANDAO_REMEMBER_SECONDS`; at 0 nothing is kept. Shared by threads: not to be changed."""

    def __init__(self) -> None:
        self._values: dict[Hashable, tuple[float, V]] = {}

    def get(self, key: Hashable, make: Callable[[], V | None]) -> V | None:
        """The value of a key, made when it is not there; what is made as None is not kept."""
        seconds, now = settings.JIANDAO_REMEMBER_SECONDS, time.monotonic()
        until, value = self._values.get(key, (0.0, None))
        if seconds and value is not None and until > now:
            return value
        made = make()
        if seconds and made is not None:
            if len(self._values) >= MOST:
                self.clear()
            self._values[key] = now + seconds, made
        return made

    def clear(self) -> None:
        self._values = {}
