"""Capabilities: entered, offered, confirmed once a year, booked; ranked lower when nobody looks after them."""

from contextlib import nullcontext
from datetime import date, datetime, time, timedelta

import pytest
from django.urls import reverse

import factories
from harness.queries import assert_same_queries
from jiandao.kernel import clock
from jiandao.kernel.accounts.models import RoleGrant
from jiandao.kernel.accounts.roles import Role
from jiandao.kernel.lifecycle import perform
from jiandao.kernel.notifications.models import Notification
from jiandao.kernel.policy.decisions import NotAllowed
from jiandao.kernel.programme import in_programme
from jiandao.kernel.search import index
from jiandao.kernel.search.follower import follow
from jiandao.stages.exchange import matching
from jiandao.stages.exchange.capabilities import actions, states
from jiandao.stages.exchange.capabilities.reminders import remind
from jiandao.stages.exchange.models import Booking, Capability


class Scene:
    def __init__(self):
        self.programme = factories.programme()
        self.unit, self.firm = factories.organisation("示例大学"), factories.organisation("示例公司")
        self.keeper = factories.actor((Role.RESEARCH_OFFICE, self.unit))
        self.firm_owner = factories.actor((Role.NEED_OWNER, self.firm))

    def url(self, name, record=None, **more):
        kwargs = {"programme": self.programme.slug, **more}
        if record is not None:
            kwargs["public_id"] = record.public_id
        return reverse(f"exchange:{name}", kwargs=kwargs)


@pytest.fixture
def scene(db):
    return Scene()


FORM = {
    "capability_kind": "instrument",
    "title": "场发射透射电镜",
    "language": "zh",
    "keywords": "透射电镜，缺陷分析",
    "text": "点分辨率0.19纳米，可做外延层位错与界面分析，提供制样和数据判读。",
    "level_from": "3",
    "level_to": "5",
    "opening_hours": "周一至周五 9:00–17:00",
    "price_fen": "350",
    "price_unit": "hour",
    "bookable": "on",
    "at_once": "1",
    "secrecy": "public",
}


def test_entered_offered_and_read_by_everybody(scene):
    client = factories.english_client(scene.keeper)
    answer = client.post(scene.url("capability-new"), {**FORM, "organisation": scene.unit.pk})
    made = Capability.everywhere().get()
    assert answer.status_code == 302
    assert (made.price_fen, made.price_unit, made.state) == (35_000, "hour", "draft")
    assert factories.english_client().get(scene.url("capability", made)).status_code == 404
    assert client.post(scene.url("capability-do", made, verb="publish"), {"version": made.version}).status_code == 302
    shown = factories.english_client().get(scene.url("capability", made)).content.decode()
    assert "CNY 350.00 / an hour" in shown
    assert "TRL 3–5" in shown


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"level_from": "6", "level_to": "4"}, "leave at a lower level"),
        ({"price_unit": ""}, "Say what the price is for"),
        ({"price_fen": ""}, "Give the price"),
        ({"price_fen": "三百"}, "is not an amount of money"),
        ({"level_from": "12"}, "less than or equal to 9"),
        ({"secrecy": "work-secret"}, "not one of the available choices"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(scene, change, sentence):
    client = factories.english_client(scene.keeper)
    answer = client.post(scene.url("capability-new"), {**FORM, "organisation": scene.unit.pk, **change})
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not Capability.everywhere().exists()


def test_one_that_nobody_confirms_grows_stale_is_asked_after_once_and_is_confirmed(scene):
    capability = factories.capability(scene.programme, scene.unit)
    with clock.frozen(clock.now() + timedelta(days=340)):
        assert (remind(), remind()) == (1, 0)
        told = Notification.objects.get(code="capability.confirm")
        assert told.account == scene.keeper.account
    with clock.frozen(clock.now() + timedelta(days=366)):
        capability.refresh_from_db()
        assert states.capability_reader.of(capability, clock.now()) == "stale"
        done = perform(actor=factories.reloaded(scene.keeper), record=capability, verb="confirm")
        assert states.capability_reader.of(done, clock.now()) == "published"


@pytest.mark.parametrize(
    ("confirmed", "last_day"), [(date(2027, 6, 1), date(2028, 5, 31)), (date(2028, 2, 29), date(2029, 2, 28))]
)
def test_a_year_is_a_year(scene, confirmed, last_day):
    at = datetime.combine(confirmed, time(12), clock.SHANGHAI)
    capability = factories.capability(scene.programme, scene.unit, confirmed_at=at)
    evening = datetime.combine(last_day, time(23), clock.SHANGHAI)
    for moment, state in ((evening, "published"), (evening + timedelta(days=1), "stale")):
        assert states.capability_reader.of(capability, moment) == state
        q = states.capability_reader.q([state], moment)
        assert Capability.everywhere().filter(q, pk=capability.pk).exists()


def booked(scene, capability, first, last, **more):
    return factories.booking(
        capability, scene.firm, first_day=clock.today() + timedelta(days=first), last_day=clock.today() + timedelta(days=last),
        created_by=scene.firm_owner.account, **more,
    )  # fmt: skip


def test_what_is_not_booked_here_is_not_booked_by_its_form_either(scene):
    capability = factories.capability(scene.programme, scene.unit, bookable=False)
    day = str(clock.today())
    sent = {"organisation": scene.firm.pk, "purpose": "制样", "first_day": day, "last_day": day}
    answer = factories.english_client(scene.firm_owner).post(scene.url("capability-book", capability), sent)
    assert answer.status_code == 422
    assert "ask its unit by an introduction" in answer.content.decode()
    assert not Booking.everywhere().exists()


def test_a_booking_lasts_at_most_a_year(scene):
    capability = factories.capability(scene.programme, scene.unit)
    sent = {"organisation": scene.firm.pk, "purpose": "制样", "first_day": str(clock.today()), "last_day": "9999-12-31"}
    answer = factories.english_client(scene.firm_owner).post(scene.url("capability-book", capability), sent)
    assert answer.status_code == 422
    assert "at most a year" in answer.content.decode()


def test_no_more_are_accepted_for_a_day_than_it_takes_at_the_same_time(scene):
    capability = factories.capability(scene.programme, scene.unit, at_once=2)
    days = ((1, 3), (3, 6), (2, 4), (4, 9), (7, 9))
    # On the third day there are two already.
    for (first, last), free in zip(days, (True, True, False, True, True), strict=True):
        booking = booked(scene, capability, first, last)
        with nullcontext() if free else pytest.raises(NotAllowed, match=r"booking\.taken"):
            perform(actor=factories.reloaded(scene.keeper), record=booking, verb="accept")
    free = factories.capability(scene.programme, scene.unit, at_once=None)
    for _n in range(3):
        perform(actor=factories.reloaded(scene.keeper), record=booked(scene, free, 1, 3), verb="accept")


def test_with_a_capability_go_the_bookings_that_lie_ahead_and_who_asked_is_told(scene):
    capability = factories.capability(scene.programme, scene.unit)
    ahead = [booked(scene, capability, 1, 2, state=state) for state in ("asked", "accepted")]
    over = booked(scene, capability, -3, -1, state="accepted")
    perform(actor=scene.keeper, record=capability, verb="withdraw", reason="报废")
    assert {Booking.everywhere().get(pk=one.pk).state for one in ahead} == {"declined"}
    assert Booking.everywhere().get(pk=over.pk).state == "accepted"
    told = Notification.objects.filter(code="booking.decline")
    assert [(one.account, one.facts["reason"]) for one in told] == [(scene.firm_owner.account, "报废")] * 2


def test_who_has_left_is_not_told_of_a_booking_but_the_colleagues_are(scene):
    booking = booked(scene, factories.capability(scene.programme, scene.unit), 1, 2)
    RoleGrant.objects.filter(account=scene.firm_owner.account).update(until=clock.now())
    colleague = factories.actor((Role.NEED_OWNER, scene.firm))
    perform(actor=scene.keeper, record=booking, verb="decline", reason="设备故障")
    assert Notification.objects.get(code="booking.decline").account == colleague.account


def test_the_list_puts_stale_ones_last_and_greys_them(scene):
    factories.capability(scene.programme, scene.unit, state="stale", title="甲中试线")
    factories.capability(scene.programme, scene.unit, title="乙中试线")
    shown = factories.english_client().get(scene.url("capabilities")).content.decode()
    assert shown.index("乙中试线") < shown.index("甲中试线")
    assert "not confirmed" in shown


def test_a_match_with_a_stale_one_counts_half_and_says_so(scene, tmp_path, settings):
    settings.JIANDAO_DATA = tmp_path
    index.forget_opened()
    need = factories.need(scene.programme, scene.firm, state="published", title="8英寸碳化硅外延中试线")
    stale = factories.capability(scene.programme, scene.unit, state="stale", title="8英寸碳化硅外延中试线")
    fresh = factories.capability(scene.programme, scene.unit, title="8英寸碳化硅外延中试线")
    follow()
    with in_programme(scene.programme):
        found = matching.best(scene.firm_owner, need, "capability")
    assert [one.record for one in found] == [fresh, stale]
    assert found[1].match.score == pytest.approx(found[0].match.score / 2)
    for one in found:
        assert sum(signal.contribution for signal in one.match.signals) == pytest.approx(one.match.score)
    page = factories.english_client(scene.firm_owner).get(f"{scene.url('need-matches', need)}?kind=capability")
    assert "has not confirmed it for a year" in page.content.decode()
    index.forget_opened()


def test_booked_accepted_seen_as_taken_and_cancelled(scene):
    capability = factories.capability(scene.programme, scene.unit)
    client, keeper = factories.english_client(scene.firm_owner), factories.english_client(scene.keeper)
    first = clock.today() + timedelta(days=3)
    asked = {"organisation": scene.firm.pk, "purpose": "20片外延片缺陷分析", "first_day": first, "last_day": first}
    wrong = client.post(scene.url("capability-book", capability), {**asked, "last_day": first - timedelta(days=1)})
    assert (wrong.status_code, "lies before the first" in wrong.content.decode()) == (422, True)
    over = client.post(scene.url("capability-book", capability), {**asked, "first_day": clock.today() - timedelta(1)})
    assert "This day is over" in over.content.decode()
    asked["once"] = "0123456789"
    made = client.post(scene.url("capability-book", capability), asked)
    assert made.status_code == 302
    assert client.post(scene.url("capability-book", capability), asked).url == made.url, "a second press asks no more"
    booking = Booking.everywhere().get()
    assert Notification.objects.filter(account=scene.keeper.account, code="booking.ask").count() == 1
    accept = scene.url("booking-do", booking, verb="accept")
    assert client.post(accept, {"version": 1}).status_code == 403  # nobody accepts the own booking
    assert keeper.post(accept, {"version": 1}).status_code == 302
    public = factories.english_client().get(scene.url("capability", capability)).content.decode()
    assert "taken" in public
    assert "示例公司" not in public  # the days are for everybody, who comes is not
    stranger = factories.actor((Role.NEED_OWNER, factories.organisation()))
    assert factories.english_client(stranger).get(scene.url("booking", booking)).status_code == 404
    done = client.post(scene.url("booking-do", booking, verb="cancel"), {"version": 2, "reason": "样品延期"})
    assert done.status_code == 302
    booking.refresh_from_db()
    assert booking.state == "cancelled"


def test_a_booking_is_used_only_when_its_day_has_come(scene):
    capability = factories.capability(scene.programme, scene.unit)
    booking = factories.booking(capability, scene.firm, state="accepted")
    with pytest.raises(NotAllowed, match=r"booking\.not_begun"):
        perform(actor=scene.keeper, record=booking, verb="use")
    with clock.frozen(clock.now() + timedelta(days=8)):
        assert perform(actor=factories.reloaded(scene.keeper), record=booking, verb="use").state == "used"


def test_nobody_writes_for_another_organisation(scene):
    values = {"organisation": scene.firm, "title": "别人的设备", "capability_kind": "instrument", "text": "…"}
    with pytest.raises(NotAllowed, match="not_your_organisation"), in_programme(scene.programme):
        actions.create_capability(actor=scene.keeper, programme=scene.programme, values=values)


def test_lists_and_pages_ask_as_much_at_100_as_at_10(db):
    few, many = Scene(), Scene()
    readers = {}
    for scene, count in ((few, 10), (many, 100)):
        for n in range(count):
            made = factories.capability(scene.programme, scene.unit, state=("published", "stale")[n % 2])
            factories.booking(made, scene.firm)
        scene.one = made
        for _n in range(count):
            factories.booking(made, scene.firm, state="accepted")
        readers[scene] = factories.english_client(scene.keeper)
    for name in ("capabilities", "bookings"):
        assert_same_queries(lambda scene, name=name: readers[scene].get(scene.url(name)), few, many, at_most=15)
    assert_same_queries(lambda scene: readers[scene].get(scene.url("capability", scene.one)), few, many, at_most=16)
