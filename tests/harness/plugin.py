"""The pytest plugin of the project (loaded by tests/conftest.py). What it does is told in docs/developer/tests.md."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import django
import psycopg
import pytest
from django.apps import apps
from django.conf import settings
from django.db import connections
from django.test import TestCase
from django.utils import translation
from pytest_django import DjangoDbBlocker
from pytest_django.django_compat import is_django_unittest
from pytest_django.fixtures import validate_django_db

from harness.connections import close_all_connections, use_database, use_test_data, watch_connections
from harness.databases import OWNER, SUPERUSER, Databases, TemplateFailed, migrations_digest, tests_folder
from harness.queries import at_most
from harness.races import Outcome
from harness.races import race as run_race
from jiandao.kernel.database.errors import DatabaseProblem

_RUN, _TEMPLATE = "JIANDAO_TEST_RUN", "JIANDAO_TEST_TEMPLATE"
_key = pytest.StashKey[Databases]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addini(
        "jiandao_migrate",
        "commands (arguments of python) that fill the template database, run as the owner of the tables",
        type="linelist",
        default=["-m django migrate --no-input --verbosity 0", "-m django createcachetable"],
    )
    parser.addini(
        "jiandao_template_inputs",
        "globs below the root of files that migrations read: the template is made anew when one changes",
        type="linelist",
        default=[],
    )


def _is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")


def pytest_configure(config: pytest.Config) -> None:
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as in a background job, whose children would inherit it
        signal.signal(signal.SIGINT, signal.default_int_handler)
    worker = config.workerinput["workerid"] if _is_worker(config) else "main"  # type: ignore[attr-defined]
    if not _is_worker(config):
        os.environ[_RUN] = str(os.getpid())
        os.environ.pop(_TEMPLATE, None)
    data = tests_folder(config.rootpath)
    config.stash[_key] = Databases(data, run=int(os.environ[_RUN]), worker=worker)
    watch_connections()
    use_test_data(data)


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """The controller prepares the template before xdist starts workers; without xdist, the first test in need does."""
    config = session.config
    if not _is_worker(config) and getattr(config.option, "dist", "no") != "no" and not config.option.collectonly:
        _prepare(config)


def _prepare(config: pytest.Config) -> None:
    databases = config.stash[_key]
    if os.environ.get(_TEMPLATE):
        databases.template = os.environ[_TEMPLATE]
        return
    commands = config.getini("jiandao_migrate")
    inputs = [path for glob in config.getini("jiandao_template_inputs") for path in config.rootpath.glob(glob)]
    module = str(settings.SETTINGS_MODULE)
    roots = [Path(app.path) for app in apps.get_app_configs()]
    key = migrations_digest(roots, inputs, [django.__version__, module, *commands])
    try:
        os.environ[_TEMPLATE] = databases.ensure_template(key, commands, module)
    except (DatabaseProblem, TemplateFailed) as problem:
        pytest.exit(str(problem), returncode=3)


def pytest_unconfigure(config: pytest.Config) -> None:
    databases = config.stash.get(_key, None)
    if databases:
        close_all_connections()
        databases.close()


@pytest.fixture(scope="session")
def test_databases(request: pytest.FixtureRequest) -> Databases:
    """The server, template and clones of this run."""
    _prepare(request.config)
    return request.config.stash[_key]


@pytest.fixture(scope="session")
def django_db_setup(
    test_databases: Databases, django_test_environment: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[str]:
    """The worker's own clone, for all tests that roll back. Replaces pytest-django's."""
    name = test_databases.clone()
    use_database(name)
    yield name
    with django_db_blocker.unblock():
        close_all_connections()
    test_databases.drop(name)


class _RolledBack(TestCase):
    """One test in one transaction. The class-level transaction of Django's TestCase is left out: nothing uses it."""

    @classmethod
    def setUpClass(cls) -> None:
        super(TestCase, cls).setUpClass()

    @classmethod
    def tearDownClass(cls) -> None:
        super(TestCase, cls).tearDownClass()


@pytest.fixture
def _django_db_helper(
    request: pytest.FixtureRequest,
    django_db_setup: str,
    test_databases: Databases,
    django_db_blocker: DjangoDbBlocker,
) -> Iterator[None]:
    """Replaces pytest-django's, which flushes all tables after a transactional test."""
    if is_django_unittest(request):
        yield
        return
    marker = request.node.get_closest_marker("django_db")
    transactional = validate_django_db(marker)[0] if marker else False
    with django_db_blocker.unblock():
        if transactional or {"transactional_db", "live_server"} & set(request.fixturenames):
            name = test_databases.clone()
            use_database(name)
            try:
                yield
            finally:
                use_database(django_db_setup)
                test_databases.drop(name)
            return
        _RolledBack.setUpClass()
        case = _RolledBack(methodName="__init__")
        case._pre_setup()
        yield
        case._post_teardown()
        _RolledBack.tearDownClass()
        _RolledBack.doClassCleanups()


@pytest.fixture
def max_queries() -> Callable[[int], AbstractContextManager[Any]]:
    """`with max_queries(15): ...` fails when the block runs more, and lists them."""
    return at_most


@pytest.fixture
def race(transactional_db: None) -> Callable[..., list[Outcome]]:
    """`race(first, second)` runs both at once, each with its own connection."""
    return run_race


@pytest.fixture
def owner_connection(
    transactional_db: None, test_databases: Databases
) -> "Iterator[psycopg.Connection[tuple[object, ...]]]":
    """A connection to this test's database in the role that owns the tables."""
    with test_databases.connect(connections.settings["default"]["NAME"], OWNER) as connection:
        yield connection


@pytest.fixture
def superuser_connection(
    transactional_db: None, test_databases: Databases
) -> "Iterator[psycopg.Connection[tuple[object, ...]]]":
    """A connection to this test's database as superuser: for tests that tamper with what is protected."""
    with test_databases.connect(connections.settings["default"]["NAME"], SUPERUSER) as connection:
        yield connection


@pytest.fixture(autouse=True)
def _language_of_the_site() -> None:
    """A request leaves its reader's language in the thread; the next test begins with that of the site."""
    if settings.configured:
        translation.deactivate()
