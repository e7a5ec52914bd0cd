"""Run by test_harness.py in a pytest of its own: every test sees an empty shop, whatever another one left."""

import os
import threading
import urllib.request
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.models import F
from tinyproject.shop.models import Box, Item, Line, Programme

from harness import assert_same_queries


@pytest.mark.django_db
@pytest.mark.parametrize("time", range(2))
def test_a_plain_test_is_rolled_back(time: int) -> None:
    assert not Programme.objects.exists()
    Programme.objects.create(name="left")


@pytest.mark.parametrize("time", range(2))
def test_a_transactional_test_has_a_database_of_its_own(time: int, transactional_db: None) -> None:
    assert not Programme.objects.exists()
    with transaction.atomic():
        Programme.objects.create(name="left")


@pytest.mark.parametrize("time", range(2))
def test_the_live_server_sees_this_tests_database(time: int, live_server: object) -> None:
    programme = Programme.objects.create(name="one")
    for _ in range(3):
        Item.objects.create(programme=programme)
        with urllib.request.urlopen(f"{live_server}/count") as answer:
            assert int(answer.read()) == Item.objects.count()
    assert Item.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_a_thread_that_forgets_its_connection_harms_nobody() -> None:
    opened = threading.Event()
    end = threading.Event()

    def forget() -> None:
        Programme.objects.create(name="of the thread")
        opened.set()
        end.wait(10)

    threading.Thread(target=forget, daemon=True).start()
    assert opened.wait(10)
    assert Programme.objects.count() == 1
    end.set()


@pytest.mark.django_db
def test_after_it_too() -> None:
    assert not Programme.objects.exists()


@pytest.mark.django_db
def test_tests_run_as_the_application() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, current_database()")
        role, database = cursor.fetchone()
    assert role == "jiandao_app"
    assert database.startswith(f"jd_test_{os.environ['JIANDAO_TEST_RUN']}_")
    assert "test" in Path(os.environ["JIANDAO_DATA"]).parts or os.environ.get("JIANDAO_TEST_DATA")
    assert Path(os.environ["JIANDAO_DATA"]) / "files" == settings.MEDIA_ROOT


@pytest.mark.django_db
def test_the_number_of_queries_is_guarded(max_queries) -> None:  # type: ignore[no-untyped-def]
    programme = Programme.objects.create(name="one")
    Item.objects.bulk_create([Item(programme=programme) for _ in range(5)])

    def names(items) -> list[str]:  # type: ignore[no-untyped-def]
        return [item.programme.name for item in items]

    few, many = Item.objects.all()[:2], Item.objects.all()[:5]
    with pytest.raises(AssertionError, match="3 queries became 6"):
        assert_same_queries(lambda items: names(items.all()), few, many)
    joined = Item.objects.select_related("programme")
    assert assert_same_queries(lambda items: names(items.all()), joined[:2], joined[:5], at_most=1) == 1
    with pytest.raises(AssertionError, match="at most 1"), max_queries(1):
        names(few.all())


def test_racers_have_connections_of_their_own(race) -> None:  # type: ignore[no-untyped-def]
    item = Item.objects.create(programme=Programme.objects.create(name="one"), stock=1)

    def take() -> int:
        with transaction.atomic():
            found = Item.objects.select_for_update().get(pk=item.pk)
            if found.stock == 0:
                raise LookupError("sold")
            Item.objects.filter(pk=item.pk).update(stock=F("stock") - 1)
        return found.pk

    outcomes = race(take, take, take)
    assert sorted(type(outcome.error).__name__ for outcome in outcomes) == ["LookupError", "LookupError", "NoneType"]
    assert [outcome.value for outcome in outcomes if outcome.error is None] == [item.pk]


@pytest.mark.django_db
def test_no_race_inside_a_transaction() -> None:
    from harness import race

    with pytest.raises(RuntimeError, match="transactional_db"):
        race(lambda: None)


class TestPromises:
    """SameProgramme and AppendOnly, as migrations wrote them."""

    @pytest.mark.django_db
    @pytest.mark.parametrize("field", ["box", "spare"])
    def test_nothing_points_into_another_programme(self, field: str) -> None:
        here, there = Programme.objects.create(name="here"), Programme.objects.create(name="there")
        ours, theirs = Box.objects.create(programme=here), Box.objects.create(programme=there)
        item = Item.objects.create(programme=here, **{field: ours})
        for change in ({field: theirs}, {"programme": there}):
            with pytest.raises(IntegrityError, match="same_programme"), transaction.atomic():
                Item.objects.filter(pk=item.pk).update(**change)
        with pytest.raises(IntegrityError, match="same_programme"), transaction.atomic():
            Box.objects.filter(pk=ours.pk).update(programme=there)
        Item.objects.filter(pk=item.pk).update(**{field: None}, programme=there)
        ours.delete()

    def test_lines_are_kept_as_written(
        self,
        transactional_db: None,
        owner_connection: psycopg.Connection,
        superuser_connection: psycopg.Connection,
    ) -> None:
        line = Line.objects.create(text="secret", number=1)
        for statement in ("UPDATE {} SET number = 2", "DELETE FROM {}", "TRUNCATE {} CASCADE"):
            with connection.cursor() as cursor, pytest.raises(Exception, match="permission denied"):
                cursor.execute(statement.format("shop_line"))
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="is refused"):
                owner_connection.execute(statement.format("shop_line"))
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="is refused"):
                superuser_connection.execute(statement.format("shop_line"))
        # An erasure replaces the text, and nothing but the text.
        assert Line.objects.filter(pk=line.pk).update(text="") == 1
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="is refused"):
            owner_connection.execute("UPDATE shop_line SET text = 'x', number = 3")
        owner_connection.execute("UPDATE shop_line SET text = 'y'")
        line.refresh_from_db()
        assert (line.text, line.number) == ("y", 1)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            owner_connection.execute("SET session_replication_role = replica")
        superuser_connection.execute("SET session_replication_role = replica")
        superuser_connection.execute("UPDATE shop_line SET number = 9")

    def test_what_is_allowed_stays_possible(self, transactional_db: None, owner_connection: psycopg.Connection) -> None:
        line = Line.objects.create(text="x")
        pending = line.pending_set.create()
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="is refused"):
            owner_connection.execute("UPDATE shop_pending SET line_id = line_id")
        pending.delete()
