"""The vocabularies that every installation has."""

from jiandao.kernel.vocabulary.loading import load_vocabularies
from jiandao.kernel.vocabulary.models import Term


def test_vocabularies_are_there_and_loading_again_changes_nothing(db, django_assert_num_queries):
    count = Term.objects.count()
    counts = {name: Term.objects.filter(vocabulary=name).count() for name in ("direction", "orientation", "prefecture")}
    assert counts == {"direction": 3, "orientation": 4, "prefecture": 17}
    assert Term.objects.filter(vocabulary="cluster", parent__isnull=False).count() == 35
    assert Term.objects.filter(vocabulary="discipline", parent__isnull=False).count() == 62
    assert Term.objects.filter(vocabulary="trl").values("edition").distinct().count() == 2
    with django_assert_num_queries(1):
        assert load_vocabularies() == 0
    assert Term.objects.count() == count
