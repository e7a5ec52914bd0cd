"""The orders that import-linter does not see: migrations, foreign keys by name, and addresses in templates."""

import re
from pathlib import Path

import pytest
from django.apps import apps
from django.db.migrations.loader import MigrationLoader
from django.urls import get_resolver

import jiandao

ROOT = Path(jiandao.__file__).parent
# A later room may point to an earlier one, never the other way round.
ORDER = ["jd_kernel", "jd_people", "jd_exchange", "jd_web"]
FOLDERS = {"jd_kernel": "kernel", "jd_people": "stages/people", "jd_exchange": "stages/exchange", "jd_web": "web"}
# Namespace of addresses -> the room that owns it; addresses without a namespace are the site's.
NAMESPACES = {"people": "jd_people", "exchange": "jd_exchange", "api": "jd_web"}


def _place(label: str) -> int:
    return ORDER.index(label) if label in ORDER else -1


@pytest.mark.django_db
def test_migrations_depend_on_earlier_rooms_only():
    graph = MigrationLoader(None, ignore_no_migrations=True).graph
    for label, name in graph.nodes:
        for parent, _name in graph.node_map[label, name].parents:
            assert label not in ORDER or _place(parent) <= _place(label), (label, name, parent)


def test_foreign_keys_point_to_earlier_rooms_only():
    for model in apps.get_models():
        label = model._meta.app_label
        if label not in ORDER:
            continue
        for field in model._meta.get_fields():
            if field.is_relation and not field.auto_created and field.related_model is not None:
                assert _place(field.related_model._meta.app_label) <= _place(label), (model, field)


def test_templates_of_a_room_lead_to_its_own_and_earlier_addresses():
    for label, folder in FOLDERS.items():
        if label == "jd_web":
            continue
        for template in (ROOT / folder).rglob("templates/**/*.html"):
            for namespace in re.findall(r"""\{%\s*url\s+['"](\w+):""", template.read_text(encoding="utf-8")):
                assert _place(NAMESPACES[namespace]) <= _place(label), (template, namespace)


def test_every_namespace_is_known_here():
    assert set(get_resolver().namespace_dict) - set(NAMESPACES) == set()


def test_no_file_is_longer_than_500_lines():
    long = [
        str(file.relative_to(ROOT))
        for file in ROOT.rglob("*.py")
        if "migrations" not in file.parts and len(file.read_text(encoding="utf-8").splitlines()) > 500
    ]
    assert long == []
