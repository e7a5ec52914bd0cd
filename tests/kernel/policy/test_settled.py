"""A settled condition finds the same records, alone and as a part of other queries, and is compiled once."""

import pytest
from django.db.models import Count
from django.db.models.sql.where import WhereNode

import factories
from jiandao.kernel.pages import slices
from jiandao.kernel.policy.settled import Settled, settled
from jiandao.stages.exchange.models import Need, ResearchResult


@pytest.fixture
def found(db):
    inside, owner = factories.programme(), factories.organisation("东湖光电")
    for number in range(6):
        factories.need(inside, owner, title=f"外延{number}", state="published" if number % 2 else "draft")
    return Need.everywhere().filter(state="published", organisation__name="东湖光电").order_by("title")


def titles(records):
    return [one.title for one in records]


def test_the_same_records_in_every_kind_of_query(found):
    kept = settled(found)
    assert titles(kept) == ["外延1", "外延3", "外延5"] == titles(found)
    assert kept.count() == 3
    assert titles(kept.filter(title="外延3")) == ["外延3"]
    assert titles(kept.exclude(title="外延3")) == ["外延1", "外延5"]
    assert titles(kept | Need.everywhere().filter(title="外延0")) == ["外延0", "外延1", "外延3", "外延5"]
    assert titles(slices.rows(kept, 1, 3)) == ["外延3", "外延5"]
    assert slices.count_to(kept, 2) == (2, True)
    assert [one["n"] for one in kept.order_by().values("state").annotate(n=Count("pk"))] == [3]
    assert titles(Need.everywhere().filter(pk__in=kept.values("pk")).order_by("title")) == titles(found)
    assert not ResearchResult.everywhere().filter(organisation__in=kept.values("organisation")).exists()


def test_nothing_and_everything(db):
    factories.need(factories.programme(), factories.organisation(), title="一条")
    assert settled(Need.everywhere().filter(pk__in=())).count() == 0
    assert settled(Need.everywhere().exclude(pk__in=())).count() == 1
    assert settled(Need.everywhere().all()).count() == 1


def test_a_condition_on_a_count_is_left_as_it_is(db):
    many = settled(Need.everywhere().values("state").annotate(n=Count("pk")).filter(n__gt=1))
    assert not isinstance((many.query.where.children or [None])[0], Settled)
    assert list(many) == []


def test_count_keys_and_rows_compile_it_once(found, monkeypatch):
    kept, compiled, plain = settled(found), [], WhereNode.as_sql

    def noted(self, compiler, connection):
        compiled.append(self)
        return plain(self, compiler, connection)

    monkeypatch.setattr(WhereNode, "as_sql", noted)
    condition = kept.query.where.children[0].node
    assert slices.count_to(kept, 100) == (3, False)
    assert len(slices.rows(kept, 0, 3)) == 3
    assert sum(one is condition for one in compiled) == 1
