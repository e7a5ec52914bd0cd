"""Organisations, experts and capabilities from files: new, changed, unchanged, faulty, and by whose right."""

import json
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import translation

import factories
from jiandao.kernel import clock
from jiandao.kernel.accounts.roles import Role
from jiandao.kernel.jobs import run_queued
from jiandao.kernel.policy.decisions import NotAllowed
from jiandao.kernel.programme import in_programme
from jiandao.kernel.vocabulary.models import Term
from jiandao.stages.exchange.importing import actions, storage
from jiandao.stages.exchange.importing.mapping import Mapping
from jiandao.stages.exchange.importing.models import ImportBatch
from jiandao.stages.exchange.importing.options import GOOD, Options
from jiandao.stages.exchange.models import Capability
from jiandao.stages.people.actions import edit_organisation
from jiandao.stages.people.models import Expert, Organisation, Person
from jiandao.web.demonstration.composing.organisations import credit_code
from stages.exchange.test_import_needs import book, run, upload


@pytest.fixture
def programme(db):
    with in_programme(factories.programme()) as inside:
        yield inside


@pytest.fixture
def officer(programme):
    return factories.actor((Role.PROGRAMME_OFFICER, programme))


def imported(actor, programme, kind, headers, rows, **options):
    batch = upload(actor, programme, book(headers, rows), f"{kind}.xlsx", kind=kind)
    if options:
        asked = replace(Options.from_json(batch.options), **options)
        batch = actions.prepare(actor=actor, batch=batch, mapping=Mapping.from_json(batch.mapping), options=asked)
    return batch, run(actor, batch)


def faults(batch):
    with translation.override("en"):
        return [(one.column, one.sentence) for one in storage.faults_of_batch(batch).read()]


def counts(report):
    return report.new, report.changed, report.unchanged, report.faulty


ORGANISATIONS = ["单位名称", "统一社会信用代码", "单位性质", "所在市州", "产业集群", "曾用名", "简称", "网址"]


def organisation_rows():
    prefecture = Term.objects.get(vocabulary="prefecture", code="4201")
    return [
        [
            "示范碳化硅科技有限公司",
            code(1),
            "企业",
            str(prefecture),
            "",
            "示范半导体材料有限公司",
            "示范碳化硅",
            "https://example.org",
        ],
        ["示范理工大学", "", "", "4201", "", "", "", ""],
    ]


def code(number):
    return credit_code(number, "enterprise")


def test_organisations_are_entered_brought_up_to_date_and_left_alone(officer, programme):
    rows = organisation_rows()
    _batch, report = imported(officer, programme, "organisations", ORGANISATIONS, rows)
    assert counts(report) == (2, 0, 0, 0)
    firm = Organisation.objects.get(credit_code=code(1))
    assert (firm.state, firm.organisation_kind, firm.prefecture.code) == ("entered", "enterprise", "4201")
    assert {(one.name, one.name_kind) for one in firm.names.all()} == {
        ("示范半导体材料有限公司", "former"),
        ("示范碳化硅", "short"),
    }
    assert Organisation.objects.get(name="示范理工大学").organisation_kind == "university"  # guessed from the name
    _batch, report = imported(officer, programme, "organisations", ORGANISATIONS, rows)
    assert counts(report) == (0, 0, 2, 0)
    rows[0][6] = "示范碳"
    rows[0][7] = ""
    _batch, report = imported(officer, programme, "organisations", ORGANISATIONS, rows)
    assert counts(report) == (0, 1, 1, 0)
    firm.refresh_from_db()
    assert firm.website == "https://example.org"  # an empty cell changes nothing
    assert {one.name for one in firm.names.all()} == {"示范半导体材料有限公司", "示范碳"}
    assert firm.version == 2
    _batch, report = imported(officer, programme, "organisations", ORGANISATIONS, rows, empty_clears=True)
    firm.refresh_from_db()
    assert firm.website == ""


def test_organisations_are_imported_as_verified_when_they_have_a_code(officer, programme):
    rows = organisation_rows()
    batch = upload(officer, programme, book(ORGANISATIONS, rows), "单位.xlsx", kind="organisations")
    asked = replace(Options.from_json(batch.options), state="verified")
    batch = actions.prepare(actor=officer, batch=batch, mapping=Mapping.from_json(batch.mapping), options=asked)
    with pytest.raises(NotAllowed):
        run(officer, batch)
    assert not Organisation.objects.filter(name="示范理工大学").exists()
    ((column, sentence),) = faults(batch)
    assert column == "统一社会信用代码"
    assert "unified social credit code" in sentence
    _batch, report = imported(officer, programme, "organisations", ORGANISATIONS, rows, state="verified", mode=GOOD)
    assert counts(report) == (1, 0, 0, 1)
    assert Organisation.objects.get(credit_code=code(1)).state == "verified"


def test_faulty_cells_of_organisations_are_named(officer, programme):
    rows = [
        ["示范甲公司", "91420100MA4KWH5W2X", "", "", "", "", "", ""],
        ["示范乙公司", "", "行会", "月球市", "", "", "", "ftp://example.org"],
        ["示范丙公司", "", "", "", "", "", "", ""],
        ["示范丙公司", "", "", "", "", "", "", ""],
    ]
    batch = upload(officer, programme, book(ORGANISATIONS, rows), "单位.xlsx", kind="organisations")
    with pytest.raises(NotAllowed):
        run(officer, batch)
    found = faults(batch)
    assert [column for column, _sentence in found] == [
        "统一社会信用代码", "单位性质", "所在市州", "网址", "单位名称",
    ]  # fmt: skip
    assert found[-1][1].startswith("Row 4")
    assert "月球市" in found[2][1]
    assert not Organisation.objects.exists()


def test_what_somebody_changed_meanwhile_is_left_as_it_is(officer, programme, monkeypatch):
    rows = organisation_rows()[:1]
    imported(officer, programme, "organisations", ORGANISATIONS, rows)
    rows[0][6] = "别的简称"
    firm = Organisation.objects.get()
    whole = actions.SharedWriter._update

    def late(self, lot):
        edit_organisation(
            actor=officer, organisation=firm, expected_version=firm.version, values={"introduction": "改过了"}
        )
        whole(self, lot)

    monkeypatch.setattr(actions.SharedWriter, "_update", late)
    _batch, report = imported(officer, programme, "organisations", ORGANISATIONS, rows, mode=GOOD)
    assert counts(report) == (0, 0, 0, 1)
    firm.refresh_from_db()
    assert (firm.introduction, firm.version) == ("改过了", 2)


EXPERTS = ["姓名", "工作单位", "职称", "邮箱", "技术领域", "关键词", "代表作", "每年天数", "是否接受邀请"]


def expert_row(name="张示范", unit="示范理工大学", **more):
    row = {
        "职称": "教授", "邮箱": "", "技术领域": "电子信息；新材料", "关键词": "外延，缺陷",
        "代表作": "氯基外延生长中的台阶聚集；外延片缺陷的原位控制", "每年天数": 10, "是否接受邀请": "是",
    }  # fmt: skip
    return [name, unit, *(row | more).values()]


def test_experts_are_entered_with_their_works_and_wait_for_their_own_consent(officer, programme):
    factories.organisation("示范理工大学")
    rows = [expert_row(), expert_row("李示范", "示范新研究院")]
    _batch, report = imported(officer, programme, "experts", EXPERTS, rows)
    assert counts(report) == (2, 0, 0, 0)
    assert report.organisation_names == ["示范新研究院"]
    expert = Expert.objects.get(person__name="张示范")
    assert (expert.state, expert.post, expert.days_a_year, expert.available) == ("entered", "教授", 10, True)
    assert {one.title for one in expert.works.all()} == {"氯基外延生长中的台阶聚集", "外延片缺陷的原位控制"}
    assert {one.code for one in expert.fields.all()} == {"electronic-information", "new-materials"}
    assert imported(officer, programme, "experts", EXPERTS, rows)[1].unchanged == 2
    rows[0] = expert_row(职称="院士", 是否接受邀请="否")
    assert counts(imported(officer, programme, "experts", EXPERTS, rows)[1]) == (0, 1, 1, 0)
    expert.refresh_from_db()
    assert (expert.post, expert.available) == ("院士", False)
    assert Expert.objects.count() == 2


def works_of(expert):
    return {(one.title, one.year, one.work_kind, one.source) for one in expert.works.all()}


def test_works_come_with_year_kind_and_source_and_a_title_alone_loses_none_of_it(officer, programme):
    factories.organisation("示范理工大学")
    cell = (
        "氯基外延生长中的台阶聚集|2024|论文|材料导报\n一种外延设备｜2023年｜专利｜CN1\n某标准|标准|2022\n只有题目; 带分号\n\n"
        "某项目|||省科技厅"
    )
    rows = [expert_row(代表作=cell)]
    assert counts(imported(officer, programme, "experts", EXPERTS, rows)[1]) == (1, 0, 0, 0)
    expert = Expert.objects.get()
    found = {
        ("氯基外延生长中的台阶聚集", 2024, "paper", "材料导报"),
        ("一种外延设备", 2023, "patent", "CN1"),
        ("某标准", 2022, "standard", ""),
        ("只有题目; 带分号", None, "paper", ""),
        ("某项目", None, "paper", "省科技厅"),
    }
    assert works_of(expert) == found
    assert imported(officer, programme, "experts", EXPERTS, rows)[1].unchanged == 1
    titles = "\n".join(title for title, *_rest in sorted(found))
    assert imported(officer, programme, "experts", EXPERTS, [expert_row(代表作=titles)])[1].unchanged == 1
    one = [expert_row(代表作="氯基外延生长中的台阶聚集|2025；另一篇")]
    assert counts(imported(officer, programme, "experts", EXPERTS, one)[1]) == (0, 1, 0, 0)
    assert works_of(expert) == {
        ("氯基外延生长中的台阶聚集", 2025, "paper", "材料导报"),
        ("另一篇", None, "paper", ""),
    }


@pytest.mark.parametrize(
    ("cell", "sentence"),
    [
        ("某论文|二〇二四|论文", "“二〇二四” is no year from 1900 to 2200"),
        ("某论文|1789", "“1789” is no year"),
        ("某论文|2024|诗歌", "“诗歌” is no kind of work; write one of: "),
        ("|2024|论文|材料导报", "has no title"),
    ],
)
def test_a_work_that_cannot_be_read_is_named_in_its_cell(officer, programme, cell, sentence):
    factories.organisation("示范理工大学")
    rows = [expert_row(代表作=f"好的论文|2024\n{cell}")]
    batch = upload(officer, programme, book(EXPERTS, rows), "专家.xlsx", kind="experts")
    with pytest.raises(NotAllowed):
        run(officer, batch)
    ((column, said),) = faults(batch)
    assert column == "代表作"
    assert sentence in said


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_what_the_list_of_experts_exports_is_imported_as_it_was(officer, programme, language):
    unit = factories.organisation("示范理工大学")
    for works in (
        [("甲|乙; 丙", 2024, "paper", "卷1|页2")],
        [("丁", None, "award", ""), ("戊；己", 2020, "other", "x; y")],
    ):
        made = factories.expert(unit, post="教授", keywords=["外延", "缺陷"])
        made.works.all().delete()
        for title, year, kind, source in works:
            made.works.create(title=title, year=year, work_kind=kind, source=source)
    client = factories.english_client(officer)
    if language != "en":
        client.cookies["django_language"] = language
    file = client.get(reverse("people:expert-export", kwargs={"form": "xlsx"}))
    before = [works_of(one) for one in Expert.objects.order_by("pk")]
    content = b"".join(file) if file.streaming else file.content
    batch = upload(officer, programme, content, "专家.xlsx", kind="experts")
    report = run(officer, batch)
    assert counts(report)[0] == 0
    assert counts(report)[3] == 0
    assert [works_of(one) for one in Expert.objects.order_by("pk")] == [
        {(title, year, kind, source.replace("|", "/")) for title, year, kind, source in works} for works in before
    ]


def test_a_file_finds_out_nothing_of_experts_that_one_may_not_see(officer, programme):
    unit, elsewhere = factories.organisation("示范理工大学"), factories.organisation("示范别的大学")
    hidden = factories.expert(unit, state="entered")
    Person.objects.filter(pk=hidden.person_id).update(orcid="0000-0002-1825-0097", email="zhou@example.org")
    office = factories.actor((Role.RESEARCH_OFFICE, elsewhere))
    headers = [*EXPERTS, "ORCID"]
    row = [*expert_row("乱写", elsewhere.name), "0000-0002-1825-0097"]
    batch = upload(office, programme, book(headers, [row]), "专家.xlsx", kind="experts")
    with pytest.raises(NotAllowed):
        run(office, batch)
    ((column, said),) = faults(batch)
    assert column == "ORCID"
    assert "enters or invites the expert" in said
    assert hidden.public_id not in said
    row = expert_row("另一人", elsewhere.name, 邮箱="zhou@example.org")
    assert counts(imported(office, programme, "experts", EXPERTS, [row])[1]) == (1, 0, 0, 0)  # as if nobody had it


def test_a_file_does_not_change_what_a_person_with_an_account_keeps(officer, programme):
    unit = factories.organisation("示范理工大学")
    office = factories.actor((Role.RESEARCH_OFFICE, unit))
    person = factories.person("张示范", of=factories.account())
    factories.expert(unit, account=person.account)
    batch = upload(office, programme, book(EXPERTS, [expert_row(邮箱="new@example.org")]), kind="experts")
    with pytest.raises(NotAllowed):
        run(office, batch)
    ((column, said),) = faults(batch)
    assert column == "邮箱"
    assert "has an account and keeps this in person" in said


def test_a_research_office_imports_the_experts_of_its_own_organisation_alone(officer, programme):
    university, other = factories.organisation("示范理工大学"), factories.organisation("示范别的大学")
    office = factories.actor((Role.RESEARCH_OFFICE, university))
    batch, report = imported(
        office, programme, "experts", EXPERTS, [expert_row(), expert_row("王示范", other.name)], mode=GOOD
    )
    assert counts(report) == (1, 0, 0, 1)
    assert "示范别的大学" in faults(batch)[0][1]
    with pytest.raises(NotAllowed):
        upload(office, programme, book(ORGANISATIONS, organisation_rows()), kind="organisations")
    owner = factories.actor((Role.NEED_OWNER, university))
    with pytest.raises(NotAllowed):
        upload(owner, programme, book(EXPERTS, [expert_row()]), kind="experts")


def test_faulty_cells_of_experts_are_named(officer, programme):
    factories.organisation("示范理工大学")
    rows = [expert_row(邮箱="nobody", 每年天数=400, 是否接受邀请="也许", 技术领域="炼金术"), expert_row(name="")]
    batch = upload(officer, programme, book(EXPERTS, rows), "专家.xlsx", kind="experts")
    with pytest.raises(NotAllowed):
        run(officer, batch)
    assert {column for column, _sentence in faults(batch)} == {"邮箱", "每年天数", "是否接受邀请", "技术领域", "姓名"}
    assert not Expert.objects.exists()


CAPABILITIES = [
    "编号",
    "名称",
    "单位名称",
    "类别",
    "主要功能",
    "收费标准(元)",
    "计价单位",
    "承接成熟度",
    "达到成熟度",
    "开放时间",
]


def capability_row(number="C-1", **more):
    row = {
        "名称": "场发射透射电镜", "单位名称": "示范理工大学", "类别": "仪器设备", "主要功能": "做界面、位错和元素分布分析。" * 4,
        "收费标准(元)": 600, "计价单位": "小时", "承接成熟度": 3, "达到成熟度": 6, "开放时间": "周一至周五",
    }  # fmt: skip
    return [number, *(row | more).values()]


def test_capabilities_are_imported_published_and_confirmed_by_whoever_sends_the_list(officer, programme):
    factories.organisation("示范理工大学")
    _batch, report = imported(
        officer, programme, "capabilities", CAPABILITIES, [capability_row()], state="published", source="大仪平台"
    )
    assert counts(report) == (1, 0, 0, 0)
    made = Capability.objects.get()
    assert (made.state, made.capability_kind, made.price_fen, made.price_unit) == (
        "published", "instrument", 60_000, "hour",
    )  # fmt: skip
    assert clock.now() - made.confirmed_at < timedelta(minutes=5)
    changed = [capability_row(开放时间="全天")]
    _batch, report = imported(officer, programme, "capabilities", CAPABILITIES, changed, source="大仪平台")
    assert counts(report) == (0, 1, 0, 0)
    assert Capability.objects.get().opening_hours == "全天"


def test_faulty_cells_of_capabilities_are_named(officer, programme):
    factories.organisation("示范理工大学")
    rows = [
        capability_row(类别=""),
        capability_row("C-2", 承接成熟度=7, 达到成熟度=5),
        capability_row("C-3", 计价单位=""),
        capability_row("C-4", 承接成熟度=12),
    ]
    batch = upload(officer, programme, book(CAPABILITIES, rows), "能力.xlsx", kind="capabilities")
    with pytest.raises(NotAllowed):
        run(officer, batch)
    assert [column for column, _sentence in faults(batch)] == ["类别", "达到成熟度", "计价单位", "承接成熟度"]


@pytest.mark.parametrize("kind", ["capabilities", "organisations", "experts"])
def test_the_pages_of_an_import_work_for_every_kind(officer, programme, kind):
    factories.organisation("示范理工大学")
    headers, rows = {
        "capabilities": (CAPABILITIES, [capability_row()]),
        "organisations": (ORGANISATIONS, organisation_rows()),
        "experts": (EXPERTS, [expert_row()]),
    }[kind]
    client = factories.english_client(officer)
    start = f"/p/{programme.slug}/import/{kind}/"
    assert client.get(start).status_code == 200
    template = client.get(f"/p/{programme.slug}/import/{kind}.xlsx")
    assert template.status_code == 200
    sent = client.post(start, {"file": SimpleUploadedFile("表.xlsx", book(headers, rows))})
    page = client.get(sent["Location"])
    assert page.status_code == 200
    body = page.content.decode()
    shown = {f"column-{place}": name for place, name in enumerate(_targets(body))}
    state = {"capabilities": "draft"}.get(kind, "entered")
    done = client.post(f"{sent['Location']}do/", {**shown, "then": "check", "state": state, "source": "表"})
    assert done.status_code == 302
    checked = client.get(sent["Location"]).content.decode()
    assert "What an import would do" in checked
    done = client.post(f"{sent['Location']}do/", {**shown, "then": "import", "state": state, "source": "表"})
    assert f"Import of {kind}" in client.get(done["Location"]).content.decode()
    run_queued()
    assert ImportBatch.everywhere().get().state == "done"
    list_page = {"capabilities": f"/p/{programme.slug}/capabilities/"}.get(kind, f"/{kind}/")
    assert start in client.get(list_page).content.decode()


def _targets(body):
    """The proposed field of every column, in their order."""
    for select in re.findall(r"<select[^>]*name=\"column-\d+\".*?</select>", body, flags=re.S):
        found = re.search(r'<option value="([^"]*)" selected', select)
        yield found[1] if found else ""


def test_a_mapping_is_remembered_for_each_kind(officer, programme):
    headers = ["单位名称", "一列怪名字"]
    batch = upload(officer, programme, book(headers, [["示范甲公司", "示范甲"]]), "单位.xlsx", kind="organisations")
    mapping = Mapping({"单位名称": "organisation", "一列怪名字": "short_names"})
    actions.prepare(actor=officer, batch=batch, mapping=mapping, options=Options.from_json(batch.options))
    again = upload(officer, programme, book(headers, [["示范乙公司", "示范乙"]]), "单位.xlsx", kind="organisations")
    assert json.loads(json.dumps(again.mapping))["columns"] == mapping.columns
