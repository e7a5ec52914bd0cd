"""What the forms of all rooms share."""

import pytest

import factories
from jiandao.kernel.pages.forms import RecordForm
from jiandao.stages.exchange.models import Need


class NeedForm(RecordForm):
    class Meta:
        model = Need
        fields = ("title", "secrecy", "secret_until")


class WithoutSecrecy(RecordForm):
    class Meta:
        model = Need
        fields = ("title",)


@pytest.mark.parametrize(
    ("secrecy", "until", "fault"),
    [
        ("public", "", None),
        ("public", "2031-01-01", "secret_until"),
        ("work-secret", "", "secret_until"),
        ("trade-secret", "2031-01-01", None),
    ],
)
def test_a_term_of_secrecy_belongs_to_need_to_know_records_and_to_no_others(db, secrecy, until, fault):
    data = {"title": "t", "secrecy": secrecy, "secret_until": until}
    assert list(NeedForm(data, actor=factories.actor()).errors) == ([fault] if fault else [])


def test_a_form_without_secrecy_asks_for_none(db):
    assert WithoutSecrecy({"title": "t"}, actor=factories.actor()).is_valid()


def test_labels_begin_like_sentences(db, settings):
    settings.LANGUAGE_CODE = "en"
    assert WithoutSecrecy(actor=factories.actor()).fields["title"].label[0].isupper()
