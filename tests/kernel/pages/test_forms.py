"""What the form of every classified record does."""

import pytest
from django.forms import modelform_factory

from jiandao.kernel.pages.forms import ClassifiedForm
from jiandao.stages.exchange.models import ResearchResult

Form = modelform_factory(ResearchResult, form=ClassifiedForm, fields=("title", "secrecy", "secret_until"))


@pytest.mark.parametrize(
    ("secrecy", "until", "good"),
    [
        ("public", "", True),
        ("internal", "", True),
        ("trade-secret", "2031-01-31", True),
        ("trade-secret", "", False),
        ("internal", "2031-01-31", False),
    ],
)
def test_what_is_need_to_know_has_a_term_and_nothing_else_has_one(db, secrecy, until, good):
    form = Form({"title": "外延", "secrecy": secrecy, "secret_until": until})
    assert form.is_valid() is good
    assert set(form.errors) == (set() if good else {"secret_until"})


def test_labels_begin_large(db):
    assert all(not str(field.label)[0].islower() for field in Form().fields.values())


@pytest.mark.parametrize("title", ["\u200b", "\ufeff \u2060", "\u00ad"])
def test_a_title_of_which_nothing_is_seen_is_none(db, title):
    form = Form({"title": title, "secrecy": "public"})
    assert set(form.errors) == {"title"}
