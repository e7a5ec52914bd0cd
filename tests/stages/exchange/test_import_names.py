"""Who an organisation in a file is: every name and code that the directory knows leads to the one that counts."""

import pytest

import factories
from jiandao.kernel import sameness
from jiandao.kernel.tabular.faults import CellFaultError
from jiandao.stages.exchange.importing.directory import Directory, named
from stages.people.test_directory import code

pytestmark = pytest.mark.django_db


def found(name, credit_code=""):
    one = named(name, credit_code)
    directory = Directory()
    directory.look_up([one])
    return directory.find(one)


def fault(name, credit_code=""):
    with pytest.raises(CellFaultError) as raised:
        found(name, credit_code)
    return raised.value.code


def test_a_former_or_other_name_that_somebody_entered_is_known():
    school = factories.organisation("江城轻工示范大学")
    school.names.create(name="江城工业示范学院（武昌）", name_kind="former")
    assert found("江城工业示范学院(武昌)") == school
    assert found("江城工业示范学院") is None


def test_the_own_name_of_one_goes_before_the_former_name_of_another():
    school, other = factories.organisation("江城示范大学"), factories.organisation("江城新示范大学")
    other.names.create(name="江城示范大学", name_kind="former")
    assert found("江城示范大学") == school


def test_a_name_that_two_were_known_by_asks_for_the_code():
    for number in (1, 2):
        unit = factories.organisation(credit_code=code(number))
        unit.names.create(name="江城示范厂", name_kind="former")
    assert fault("江城示范厂") == "organisation.several"
    assert found("江城示范厂", code(2)) == unit
    assert fault("江城示范厂", code(3)) == "organisation.several"


def test_names_and_codes_of_a_merged_entry_lead_to_the_one_that_counts():
    kept, merged = factories.organisation("江城示范大学"), factories.organisation("江城示範大学", credit_code=code(1))
    merged.names.create(name="江城示大", name_kind="short")
    sameness.merge(actor=factories.actor(), loser=merged, winner=kept, reason="一所大学")
    assert (
        found("", code(1))
        == found("江城示大")
        == found("江城示範大学", code(1))
        == found("江城示范大学", code(1))
        == kept
    )
    assert fault("江城示范大学", code(2)) == "organisation.other_code"


def test_many_rows_take_as_many_queries_as_one(django_assert_num_queries):
    wanted = []
    for number in range(30):
        unit = factories.organisation(f"江城示范厂{number}")
        unit.names.create(name=f"江城老厂{number}", name_kind="former")
        wanted += [named(f"江城示范厂{number}", ""), named(f"江城老厂{number}", "")]
    for some in (wanted[:2], wanted):
        directory = Directory()
        with django_assert_num_queries(4):
            directory.look_up(some)
        assert all(directory.find(one) for one in some)
