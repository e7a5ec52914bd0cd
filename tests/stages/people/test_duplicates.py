"""Organisations that were entered twice are found by their names, with reasons that an officer can check."""

from itertools import islice, product
from time import process_time

import pytest
from django.urls import reverse

import factories
from harness.queries import assert_same_queries
from jiandao.kernel.accounts.roles import Role
from jiandao.kernel.jobs import run_queued
from jiandao.kernel.jobs.models import JobRun
from jiandao.kernel.lifecycle import perform
from jiandao.stages.people import duplicates
from jiandao.stages.people.models import MergeProposal, Organisation, OrganisationName


@pytest.fixture
def officer(db):
    return factories.actor((Role.PROGRAMME_OFFICER, factories.programme()))


def test_the_whole_directory_is_compared_and_each_pair_proposed_once(officer):
    school, wide = factories.organisation("江城示范大学（武汉）"), factories.organisation("江城示范大学(武汉)")
    now, before = factories.organisation("湖北工业大学"), factories.organisation("湖北工学院")
    factories.organisation("中国地质大学（武汉）")
    factories.organisation("中国地质大学（北京）")
    factories.organisation("武汉大学")
    factories.organisation("武汉大学人民医院")
    client = factories.english_client(officer)
    answer = client.post(reverse("people:seek-duplicates"))
    run = JobRun.objects.get()
    assert answer["Location"] == reverse("job", kwargs={"public_id": run.public_id})
    run_queued()
    pairs = {(one.first, one.second) for one in MergeProposal.objects.all()}
    assert pairs == {(school, wide), (now, before)}
    assert duplicates.seek_nightly() == 0  # nothing new
    shown = client.get(reverse("people:proposals")).content.decode()
    assert "style of their brackets" in shown
    assert "former name of 湖北工业大学" in shown
    found = MergeProposal.objects.get(second=before)
    page = client.get(reverse("people:proposal", kwargs={"public_id": found.public_id})).content.decode()
    assert "former name of 湖北工业大学" in page


def test_a_refused_pair_is_not_proposed_again(officer):
    factories.organisation("湖北工业大学")
    factories.organisation("湖北工学院")
    assert duplicates.seek_nightly() == 1
    perform(actor=officer, record=MergeProposal.objects.get(), verb="refuse", reason="档案中为两个法人")
    assert duplicates.seek_nightly() == 0
    assert MergeProposal.objects.get().state == "refused"


def test_names_of_what_was_merged_and_other_names_count(officer):
    one = factories.organisation("示范光电研究院")
    OrganisationName.objects.create(organisation=one, name="江城激光研究所")
    factories.organisation("江城激光研究所")
    assert duplicates.seek_nightly() == 1


def test_before_an_entry_is_verified_the_officer_sees_likely_twins(officer):
    factories.organisation("湖北工业大学")
    fresh = factories.organisation("湖北工学院", state="entered", verified_at=None)
    client = factories.english_client(officer)
    page = client.get(reverse("people:organisation", kwargs={"public_id": fresh.public_id})).content.decode()
    assert "Entries that may be the same" in page
    form = client.get(reverse("people:propose-merge", kwargs={"public_id": fresh.public_id})).content.decode()
    assert "former name of 湖北工业大学" in form
    head = factories.actor((Role.UNIT_ADMINISTRATOR, fresh))
    own = factories.english_client(head).get(reverse("people:organisation", kwargs={"public_id": fresh.public_id}))
    assert "Entries that may be the same" not in own.content.decode()


def test_the_nearest_entries_are_compared_however_many_share_a_common_word(officer):
    for number in range(60):
        factories.organisation(f"安{chr(0x4E00 + number * 7)}大学", organisation_kind="university")
    school = factories.organisation("武汉大学", organisation_kind="university")
    for other in ("武漢大學", "武汉大学（校本部）", "Wuhan University"):
        twin = factories.organisation(other, organisation_kind="university", state="entered", verified_at=None)
        assert twin in [one for one, _verdict in duplicates.likely(school)], other
        assert school in [one for one, _verdict in duplicates.likely(twin)], other


def test_the_nearest_are_found_in_bounded_time_in_a_large_directory(officer):
    """37,721 organisations, as many as the province has: within a second of processor time on any machine."""
    first, second, third = "华鼎锐天恒信光东汉楚江金海泰", "星兴达源能诚谷力利威润邦尔纳特", "通飞腾宇辰图杰成为创德和"
    words = [
        "光电技术",
        "生物科技",
        "激光设备",
        "新材料",
        "信息技术",
        "智能装备",
        "环保科技",
        "电子科技",
        "软件",
        "药业",
    ]
    names = [f"武汉{a}{b}{c}{word}有限公司" for a, b, c, word in islice(product(first, second, third, words), 37_721)]
    Organisation.objects.bulk_create(Organisation(name=name, organisation_kind="enterprise") for name in names)
    sought = factories.organisation("武汉市华达通激光设备股份有限公司", state="entered", verified_at=None)
    began = process_time()
    found = [one.name for one, _verdict in duplicates.likely(sought)]
    assert process_time() - began < 1
    assert "武汉华达通激光设备有限公司" in found


def test_only_officers_let_the_directory_be_searched(db):
    head = factories.actor((Role.UNIT_ADMINISTRATOR, factories.organisation()))
    assert factories.english_client(head).post(reverse("people:seek-duplicates")).status_code == 403
    assert not JobRun.objects.exists()


def test_looking_for_twins_asks_as_much_at_100_as_at_10(officer):
    client = factories.english_client(officer)
    few = factories.organisation("甲示范激光有限公司", state="entered", verified_at=None)
    many = factories.organisation("乙先导光学有限公司", state="entered", verified_at=None)
    for organisation, word, count in ((few, "甲示范激光", 10), (many, "乙先导光学", 100)):
        for number in range(count):
            other = factories.organisation(f"{word}科技{number}有限公司")
            OrganisationName.objects.create(organisation=other, name=f"{word}第{number}厂")
        OrganisationName.objects.create(organisation=organisation, name=f"{word}公司")

    def ask(one):
        return client.get(reverse("people:organisation", kwargs={"public_id": one.public_id}))

    assert_same_queries(ask, few, many, at_most=19)
