"""An actor, a programme, and tasks that vanish with their test."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from jiandao.kernel.accounts.actor import Actor, load_actor
from jiandao.kernel.accounts.models import Account
from jiandao.kernel.jobs import registry
from jiandao.kernel.programme import Programme


@pytest.fixture
def make_actor() -> Callable[[str], Actor]:
    return lambda name: load_actor(Account.objects.create_user(name, language="en"))


@pytest.fixture
def programme() -> Callable[[str], Programme]:
    return lambda slug: Programme.objects.create(slug=slug, name_zh="攻关", name_en="Breakthrough")


@pytest.fixture
def task() -> Iterator[Callable[..., Any]]:
    """`@task("name")` for one test."""
    names = []

    def register(name: str, **options: Any) -> Any:
        names.append(name)
        return registry.task(name, **options)

    yield register
    for name in names:
        registry.forget_task(name)
