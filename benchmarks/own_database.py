"""A database of their own for benchmarks: a clone of the tests' template, dropped afterwards. Import this first."""

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jiandao.web.settings")
os.environ["JIANDAO_DEMONSTRATION"] = "1"  # its accounts sign in nowhere else
COMMANDS = ["-m jiandao.cli migrate --quiet"]


@contextmanager
def own_database() -> Iterator[Callable[[], None]]:
    """Django set up on a fresh clone (fsync off, so that the disk is not measured).

    Gives a call that brings the planner's statistics up to date, which a server does by itself, but not in tests.
    """
    import django

    django.setup()
    from django.apps import apps
    from django.conf import settings
    from django.db import connections

    from harness.connections import use_database, use_test_data
    from harness.databases import Databases, migrations_digest, tests_folder

    data = tests_folder(ROOT)
    use_test_data(data)
    databases = Databases(data, run=os.getpid(), worker="bench")
    roots = [Path(app.path) for app in apps.get_app_configs()]
    vocabularies = list((ROOT / "src" / "jiandao").rglob("*.tsv"))
    databases.ensure_template(migrations_digest(roots, vocabularies, COMMANDS), COMMANDS, "jiandao.web.settings")
    name = databases.clone()
    use_database(name)

    def analyse() -> None:
        with databases.connect(name) as server:
            server.autocommit = True
            server.execute("VACUUM ANALYZE")

    folder = tempfile.TemporaryDirectory(prefix="jiandao-benchmark-")  # files, anchors and match index of this run
    settings.JIANDAO_DATA = Path(folder.name)
    try:
        yield analyse
    finally:
        connections.close_all()
        databases.drop(name)
        databases.close()
        folder.cleanup()
