"""The demonstration, built once by each worker in a database of its own; every test that asks for it rolls back."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings
from pytest_django.plugin import DjangoDbBlocker

from harness.connections import use_database
from harness.databases import Databases


def plan() -> Any:
    """How much is in it: enough of everything to be found and to be told apart."""
    from jiandao.web.demonstration.composing import SMALL

    return replace(SMALL, organisations=120, needs=160, results=480, experts=50, capabilities=40)


@pytest.fixture(scope="session")
def _demonstration(
    django_db_setup: str,
    test_databases: Databases,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[str, Path, Any]]:
    """Name of its database, its data folder, its programme."""
    from jiandao.web.demonstration.build import build

    name, folder = test_databases.clone(), tmp_path_factory.mktemp("demonstration")
    with django_db_blocker.unblock():
        use_database(name)
        try:
            with override_settings(JIANDAO_DATA=folder, JIANDAO_DEMONSTRATION=True, JIANDAO_REMEMBER_SECONDS=0):
                built = build(plan())
        finally:
            use_database(django_db_setup)
    yield name, folder, built
    test_databases.drop(name)


@pytest.fixture
def in_demonstration(
    _demonstration: tuple[str, Path, Any], django_db_setup: str, django_db_blocker: DjangoDbBlocker
) -> Iterator[tuple[Path, Any]]:
    """The test runs in its database. Asked for before `db`, which begins the transaction."""
    name, folder, built = _demonstration
    with django_db_blocker.unblock():
        use_database(name)
    yield folder, built
    with django_db_blocker.unblock():
        use_database(django_db_setup)


@pytest.fixture
def demonstration(in_demonstration: tuple[Path, Any], db: None, settings: Any) -> Any:
    """Its programme."""
    settings.JIANDAO_DATA, settings.JIANDAO_DEMONSTRATION = in_demonstration[0], True
    return in_demonstration[1]
