"""Programmes are fences: no query without one, no record that points into another."""

import pytest
from django.apps import apps
from django.db import connection

import factories
from jiandao.kernel.programme import NoProgramme, ProgrammeRecord, current_programme, in_programme
from jiandao.stages.exchange.models import Need

_PROMISED = """
SELECT string_agg(a.attname, ',' ORDER BY a.attname)
FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = ANY (c.conkey)
WHERE c.contype = 'f' AND c.conrelid = %s::regclass AND array_length(c.conkey, 1) = 2 GROUP BY c.oid
"""


def test_every_link_between_records_of_programmes_is_kept_inside_one_by_the_database(db):
    """A migration that forgets `SameProgramme` is found here."""
    checked = 0
    for model in apps.get_models():
        if not issubclass(model, ProgrammeRecord):
            continue
        with connection.cursor() as cursor:
            cursor.execute(_PROMISED, [model._meta.db_table])
            promised = {row[0] for row in cursor.fetchall()}
        for field in model._meta.concrete_fields:
            if field.is_relation and issubclass(field.related_model, ProgrammeRecord):
                assert ",".join(sorted((field.column, "programme_id"))) in promised, f"{model.__name__}.{field.name}"
                checked += 1
    assert checked


def test_a_query_outside_a_programme_is_refused(db):
    with pytest.raises(Exception, match="programme"):
        list(Need.objects.all())
    with pytest.raises(NoProgramme):
        current_programme()


def test_a_query_inside_sees_only_its_programme(db):
    here, elsewhere, of = factories.programme(), factories.programme(), factories.organisation()
    mine = factories.need(here, of)
    factories.need(elsewhere, of)
    with in_programme(here):
        assert list(Need.objects.all()) == [mine]
    assert Need.everywhere().count() == 2
