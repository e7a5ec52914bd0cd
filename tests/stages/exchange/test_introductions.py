"""Introductions: nothing opens before both sides agree; what is agreed is confirmed and followed for three years."""

from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, ProgrammingError, transaction
from django.urls import reverse

import factories
from harness.queries import assert_same_queries
from jiandao.kernel import clock
from jiandao.kernel.accounts.roles import Role
from jiandao.kernel.files import holding
from jiandao.kernel.lifecycle import allowed, perform
from jiandao.kernel.notifications.models import Notification
from jiandao.kernel.policy.decisions import NotAllowed
from jiandao.kernel.programme import in_programme
from jiandao.stages.exchange import policy as exchange
from jiandao.stages.exchange.introductions import actions, figures, queries, reminders
from jiandao.stages.exchange.models import CooperationRecord, Introduction, Outcome, SetAside
from jiandao.stages.people.models import Membership, Person

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


class Scene:
    def __init__(self):
        self.programme = factories.programme()
        self.firm, self.university = factories.organisation("示例公司"), factories.organisation("示例大学")
        self.owner = self.member("李强", Role.NEED_OWNER, self.firm)
        self.office = self.member("赵敏", Role.RESEARCH_OFFICE, self.university)
        self.officer = factories.actor((Role.PROGRAMME_OFFICER, self.programme))
        self.need = factories.need(self.programme, self.firm, state="published", title="外延缺陷控制")
        self.result = factories.result(self.programme, self.university, title="原位刻蚀外延技术")

    def member(self, name, role, organisation):
        actor = factories.actor((role, organisation))
        person = Person.objects.create(name=name, account=actor.account, phone="027-12345678", email="p@example.org")
        Membership.objects.create(person=person, organisation=organisation)
        return actor

    def person(self, actor):
        return Person.objects.get(account=actor.account)

    def url(self, name, record=None, **more):
        kwargs = {"programme": self.programme.slug, **more}
        if record is not None:
            kwargs["public_id"] = record.public_id
        return reverse(f"exchange:{name}", kwargs=kwargs)

    def propose(self, **more):
        with in_programme(self.programme):
            return actions.propose(
                programme=self.programme,
                **{
                    "actor": self.owner,
                    "question": self.need,
                    "answer": self.result,
                    "message": "指标接近,希望面谈。",
                    "contact": self.person(self.owner),
                    "private": "我方良率数据:62%",
                }
                | more,
            )

    def page(self, actor, introduction):
        return factories.english_client(actor).get(self.url("introduction", introduction)).content.decode()


@pytest.fixture
def scene(db, settings, tmp_path):
    settings.JIANDAO_DATA = tmp_path
    return Scene()


def test_names_numbers_and_kept_texts_open_when_both_have_consented(scene):
    introduction = scene.propose()
    assert Notification.objects.filter(account=scene.office.account, code="introduction.propose").exists()
    before = scene.page(scene.office, introduction)
    assert "027-12345678" not in before
    assert "62%" not in before
    assert "李强" not in before  # nor in the timeline
    assert "62%" in scene.page(scene.owner, introduction)
    client = factories.english_client(scene.office)
    sent = {"version": 1, "contact": scene.person(scene.office).pk, "private": "样品参数表"}
    assert client.post(scene.url("introduction-consent", introduction), sent).status_code == 302
    introduction.refresh_from_db()
    assert (introduction.state, introduction.opened_at is not None) == ("open", True)
    after = scene.page(scene.office, introduction)
    assert all(one in after for one in ("027-12345678", "62%", "李强"))
    assert "样品参数表" in scene.page(scene.owner, introduction)
    office = scene.page(scene.officer, introduction)
    assert "027-12345678" not in office  # for the two sides alone
    assert "62%" not in office


def test_certificates_in_force_are_shown_to_the_other_side_once_it_is_open(scene):
    held = factories.certificate(scene.firm, title="高新技术企业证书", state="checked")
    factories.certificate(scene.firm, title="旧证书", valid_until=clock.today() - timedelta(days=1))
    factories.certificate(scene.firm, title="未通过的证书", state="refused")
    introduction = scene.propose()
    assert held.title not in scene.page(scene.office, introduction)
    client = factories.english_client(scene.office)
    form = client.get(scene.url("introduction-consent", introduction)).content.decode()
    assert "certificates of your organisation are in force" in form
    sent = {"version": 1, "contact": scene.person(scene.office).pk}
    assert client.post(scene.url("introduction-consent", introduction), sent).status_code == 302
    page = scene.page(scene.office, introduction)
    assert held.title in page
    assert "旧证书" not in page
    assert "未通过的证书" not in page
    assert held.title not in scene.page(scene.officer, introduction)  # for the two sides alone


def test_with_a_non_disclosure_agreement_it_opens_when_both_have_signed(scene):
    introduction = scene.propose(wants_nda=True)
    with in_programme(scene.programme):
        introduction = actions.consent(
            actor=scene.office, introduction=introduction, expected_version=1, contact=scene.person(scene.office)
        )
    assert introduction.state == "proposed"
    assert allowed(scene.office, introduction)["open"].code == "introduction.waits_for_paper"
    assert allowed(scene.office, introduction)["sign"].code == "introduction.no_paper"
    assert "62%" not in scene.page(scene.office, introduction)
    for actor in (scene.owner, scene.office):
        introduction.refresh_from_db()
        client = factories.english_client(actor)
        url = scene.url("introduction-sign", introduction)
        assert client.post(url, {"version": introduction.version}).status_code == 422  # not ticked
        paper = SimpleUploadedFile("保密协议.pdf", PDF, "application/pdf")
        sent = {"version": introduction.version, "confirmed": "on", "file": paper}
        answer = client.post(url, sent)
        assert answer.status_code == 302, answer.content.decode()[-3000:]
    introduction.refresh_from_db()
    assert introduction.state == "open"
    assert "62%" in scene.page(scene.office, introduction)
    assert "保密协议.pdf" in scene.page(scene.owner, introduction)
    for stored in holding.attached(introduction):
        file = reverse("file", kwargs={"public_id": stored.public_id})
        assert factories.english_client(scene.officer).get(file).status_code == 404
        assert b"".join(factories.english_client(scene.office).get(file)) == PDF


def test_the_database_opens_nothing_before_consent_and_signature(scene):
    introduction = scene.propose(wants_nda=True)
    rows = Introduction.everywhere().filter(pk=introduction.pk)
    for values in (
        {"opened_at": clock.now()},
        {"answerer_consented_at": clock.now(), "opened_at": clock.now()},
        {"state": "open"},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(**values)


def test_an_asker_without_a_name_is_named_when_both_have_consented(scene):
    challenge = factories.challenge(scene.programme, scene.firm, issuer_shown=False)
    factories.Need.everywhere().filter(lineage__challenge=challenge).update(anonymous=True)
    with in_programme(scene.programme):
        introduction = actions.propose(
            actor=scene.office,
            programme=scene.programme,
            question=challenge,
            answer=scene.result,
            message="我们做过同类外延。",
            contact=scene.person(scene.office),
        )
    assert introduction.asker == scene.firm
    shown = scene.page(scene.office, introduction)
    assert "示例公司" not in shown
    assert "not named" in shown
    listed = factories.english_client(scene.office).get(scene.url("introductions")).content.decode()
    assert "示例公司" not in listed
    exported = factories.english_client(scene.office).get(scene.url("introduction-export", form="csv"))
    assert "示例公司" not in b"".join(exported).decode("utf-8", "replace")
    api = factories.english_client(scene.office).get(
        f"/api/v1/p/{scene.programme.slug}/introductions/{introduction.public_id}"
    )
    assert "示例公司" not in api.content.decode()
    assert api.json()["asker"] is None
    need = introduction.need
    assert not exchange.READ_NEED.decide(scene.office, need)
    with in_programme(scene.programme):
        actions.consent(
            actor=scene.owner, introduction=introduction, expected_version=1, contact=scene.person(scene.owner)
        )
        assert exchange.READ_NEED.decide(scene.office, need)  # introduced: its own words may be read
        assert need in factories.Need.objects.filter(exchange.READ_NEED.q(scene.office))
        stranger = factories.actor((Role.RESEARCHER, factories.organisation()))
        assert not exchange.READ_NEED.decide(stranger, need)
        assert need not in factories.Need.objects.filter(exchange.READ_NEED.q(stranger))
    assert "示例公司" in scene.page(scene.office, introduction)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda s: {"answer": factories.result(s.programme, s.firm)}, "introduction.same_unit"),
        (lambda s: {"answer": factories.result(s.programme, s.university, state="draft")}, "introduction.answer_gone"),
        (lambda s: {"question": factories.need(s.programme, s.firm, state="expired")}, "introduction.question_over"),
        (lambda s: {"question": factories.need(s.programme, s.firm, state="submitted")}, "introduction.question_over"),
        (
            lambda s: {"question": factories.need(s.programme, s.firm, state="published", secrecy="trade-secret")},
            "introduction.secret",
        ),
        (
            lambda s: {"question": factories.need(s.programme, s.firm, state="published", anonymous=True)},
            "introduction.hidden",
        ),
        (lambda s: {"contact": None}, "introduction.no_contact"),
        (lambda s: {"contact": s.person(s.office)}, "introduction.not_a_member"),
        (lambda s: {"actor": factories.actor((Role.NEED_OWNER, factories.organisation()))}, "introduction.not_a_side"),
    ],
)
def test_a_proposal_that_cannot_be_is_refused_with_its_reason(scene, change, code):
    with pytest.raises(NotAllowed, match=code.replace(".", r"\.")):
        scene.propose(**change(scene))
    assert not Introduction.everywhere().exists()


def test_twice_is_refused_with_the_id_of_the_first_and_again_possible_when_it_is_over(scene):
    first = scene.propose()
    with pytest.raises(NotAllowed) as twice:
        scene.propose()
    assert first.public_id in twice.value.refusal.sentence
    with in_programme(scene.programme):
        perform(actor=scene.office, record=first, verb="decline", reason="今年人手不够", cause="decline.time")
    again = scene.propose(actor=scene.office, contact=scene.person(scene.office))  # whoever said no may come back
    assert again.pk != first.pk


def test_what_a_side_has_set_aside_is_not_proposed_to_it(scene):
    SetAside.objects.with_scopes_disabled().create(
        programme=scene.programme, side="asker", organisation=scene.firm, need=scene.need, result=scene.result,
        why="known", by=scene.owner.account,
    )  # fmt: skip
    with pytest.raises(NotAllowed, match=r"introduction\.set_aside"):
        scene.propose(actor=scene.office, contact=scene.person(scene.office))


def test_the_office_proposes_for_both_and_consents_for_nobody(scene):
    introduction = scene.propose(actor=scene.officer, contact=None, private="")
    assert (introduction.proposed_by, introduction.asker_consented_at) == ("office", None)
    assert allowed(scene.officer, introduction)["consent"].code == "policy.role"
    with in_programme(scene.programme):
        for actor in (scene.owner, scene.office):
            introduction = actions.consent(
                actor=actor, introduction=introduction, expected_version=None, contact=scene.person(actor)
            )
    assert introduction.state == "open"
    with pytest.raises(NotAllowed), in_programme(scene.programme):  # consenting twice
        actions.consent(
            actor=scene.owner, introduction=introduction, expected_version=None, contact=scene.person(scene.owner)
        )


def test_a_firm_asks_for_a_result_without_a_need_of_its_own(scene):
    client = factories.english_client(scene.owner)
    url = f"{scene.url('introduction-new')}?result={scene.result.public_id}"
    sent = {"message": "想了解中试情况", "contact": scene.person(scene.owner).pk}
    assert client.get(url).status_code == 200
    assert client.post(url, {**sent, "message": "  "}).status_code == 422
    assert client.post(url, sent).status_code == 302
    made = Introduction.everywhere().get()
    assert (made.asker, made.answerer, made.need) == (scene.firm, scene.university, None)
    assert scene.result.title in scene.page(scene.office, made)


def open_one(scene):
    introduction = scene.propose()
    with in_programme(scene.programme):
        return actions.consent(
            actor=scene.office, introduction=introduction, expected_version=1, contact=scene.person(scene.office)
        )


def test_meeting_agreement_confirmation_and_outcomes(scene):
    introduction = open_one(scene)
    owner, office = factories.english_client(scene.owner), factories.english_client(scene.office)
    tomorrow = clock.today() + timedelta(days=1)
    meeting = {"version": introduction.version, "on": tomorrow, "how": "plant", "note": "看了产线"}
    assert owner.post(scene.url("introduction-meet", introduction), meeting).status_code == 422
    assert owner.post(scene.url("introduction-meet", introduction), {**meeting, "on": clock.today()}).status_code == 302
    introduction.refresh_from_db()
    agreed = {
        "version": introduction.version,
        "title": "外延缺陷控制技术开发合同",
        "cooperation_kind": "development",
        "signed_on": clock.today(),
        "amount_fen": "200",
        "ends_on": clock.today() + timedelta(days=700),
    }
    wrong = office.post(scene.url("introduction-agree", introduction), {**agreed, "signed_on": tomorrow})
    assert "lies ahead" in wrong.content.decode()
    assert office.post(scene.url("introduction-agree", introduction), agreed).status_code == 302
    cooperation = CooperationRecord.everywhere().get()
    assert (cooperation.entered_by, cooperation.amount_fen) == ("answerer", 200_000_000)
    confirm = scene.url("cooperation-do", cooperation, verb="confirm")
    assert office.post(confirm, {"version": 1}).status_code == 403  # who entered it does not confirm it
    assert owner.post(confirm, {"version": 1}).status_code == 302
    cooperation.refresh_from_db()
    assert cooperation.state == "running"
    report = scene.url("cooperation-report", cooperation, months=6)
    outcome = {"use": "trial", "paid_fen": "60", "note": "缺陷密度已到0.8个/cm²"}
    early = owner.post(report, outcome)
    assert (early.status_code, "not due" in early.content.decode()) == (422, True)
    with clock.frozen(clock.now() + timedelta(days=190)):
        assert reminders.remind_of_outcomes() == 1
        assert reminders.remind_of_outcomes() == 0
        owner = factories.english_client(scene.owner)
        assert owner.post(report, outcome).status_code == 302
        assert owner.post(report, outcome).status_code == 422  # once
        assert owner.get(scene.url("cooperation-report", cooperation, months=7)).status_code == 404
    kept = Outcome.everywhere().get()
    assert (kept.months, kept.paid_fen) == (6, 60_000_000)
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        Outcome.everywhere().update(note="改写")


def test_reminders_go_to_whose_turn_it_is_and_come_again(scene):
    introduction = scene.propose()
    at = clock.now()
    expected = {13: 0, 15: 1, 16: 0, 30: 1, 130: 0}
    for days, count in expected.items():
        with clock.frozen(at + timedelta(days=days)):
            assert reminders.remind() == count, days
    reminded = Notification.objects.filter(code="introduction.remind")
    assert {one.account_id for one in reminded} == {scene.office.account_id}
    assert reminders.turn_of(introduction) == ["answerer"]


def test_the_figures_count_needs_once_and_only_what_both_sides_confirmed(scene):
    with clock.frozen(clock.now() - timedelta(days=10)):
        early = factories.need(scene.programme, scene.firm, state="published")
        factories.need(scene.programme, scene.firm, state="published")
    for _n in range(2):  # two introductions of one need count as one need
        factories.introduction(scene.programme, scene.firm, scene.university, state="open", need=early)
    done = factories.introduction(scene.programme, scene.firm, scene.university, state="agreed", need=scene.need)
    cooperation = factories.cooperation(
        scene.programme, scene.firm, scene.university, state="entered", introduction=done, amount_fen=500_000_000
    )
    with in_programme(scene.programme):
        whole, lines = figures.lines(scene.officer, "year")
        assert (whole.published, whole.introduced, whole.in_contact, whole.cooperating) == (3, 2, 2, 0)
        assert (whole.matching_rate, whole.success) == (2 / 3, 0)
        assert sum(line.published for line in lines) == 3
        assert whole.days_to_first == pytest.approx(5, abs=0.1)  # the median of 10 days and none
        assert figures.money(scene.officer).amount_fen == 0
        perform(actor=scene.office, record=cooperation, verb="confirm")
        whole, _lines = figures.lines(scene.officer, "field")
        assert (whole.cooperating, whole.success, figures.money(scene.officer).amount_fen) == (1, 1 / 2, 500_000_000)
    page = factories.english_client(scene.officer).get(scene.url("figures")).content.decode()
    assert "66.7" in page


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2026, 8, 31), 6, date(2027, 2, 28)),
        (date(2023, 8, 31), 6, date(2024, 2, 29)),
        (date(2026, 12, 15), 12, date(2027, 12, 15)),
        (date(2026, 1, 31), 36, date(2029, 1, 31)),
    ],
)
def test_months_later(day, months, expected):
    assert queries.after(day, months) == expected


def test_lists_and_pages_ask_as_much_at_100_as_at_10(db):
    few, many = Scene(), Scene()
    readers = {}
    for scene, count in ((few, 10), (many, 100)):
        for n in range(count):
            made = factories.introduction(
                scene.programme, scene.firm, scene.university, state=("proposed", "open", "agreed")[n % 3]
            )
            if made.state == "agreed":
                scene.one = factories.cooperation(scene.programme, scene.firm, scene.university, introduction=made)
        readers[scene] = factories.english_client(scene.owner), factories.english_client(scene.officer)
    for name in ("introductions", "cooperations"):
        assert_same_queries(lambda scene, name=name: readers[scene][0].get(scene.url(name)), few, many, at_most=15)
    assert_same_queries(lambda scene: readers[scene][1].get(scene.url("figures")), few, many, at_most=17)
    assert_same_queries(lambda scene: readers[scene][0].get(scene.url("cooperation", scene.one)), few, many, at_most=18)
