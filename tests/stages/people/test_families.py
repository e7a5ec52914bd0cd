"""Families: dated ties, one answer for one day, whatever names the organisations go by."""

from contextlib import suppress
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import factories
from harness import assert_same_queries
from jiandao.kernel import clock, sameness
from jiandao.kernel.accounts.roles import Role
from jiandao.kernel.lifecycle import allowed, perform
from jiandao.kernel.notifications.models import Notification
from jiandao.kernel.policy.decisions import NotAllowed
from jiandao.stages.people import actions, families
from jiandao.stages.people.models import FamilyTie, Organisation, Person
from stages.people.test_directory import client_of

DAY = date(2026, 6, 1)


@pytest.fixture
def officer(db):
    return factories.actor((Role.PROGRAMME_OFFICER, factories.programme()))


def fresh(one):
    return Organisation.objects.get(pk=one.pk)


def test_the_chain_of_ties_is_the_reason(db):
    parent, daughter, granddaughter, stranger = (factories.organisation() for _ in range(4))
    upper = factories.tie(daughter, parent)
    lower = factories.tie(granddaughter, daughter, tie_kind="branch")
    found = families.same_family(granddaughter, parent, DAY)
    assert found
    assert found.ties == (lower, upper)
    assert families.same_family(parent, granddaughter, DAY).ties == (upper, lower)
    assert not families.same_family(parent, stranger, DAY)
    assert families.family_of(parent, DAY) == {parent.pk, daughter.pk, granddaughter.pk}


def test_a_tie_counts_on_its_days_the_first_and_the_last_included(db):
    one, other = factories.organisation(), factories.organisation()
    factories.tie(one, other, since=date(2026, 1, 1), until=date(2026, 3, 31))
    days = {date(2025, 12, 31): False, date(2026, 1, 1): True, date(2026, 3, 31): True, date(2026, 4, 1): False}
    assert {day: bool(families.same_family(one, other, day)) for day in days} == days


def test_one_person_behind_two_firms_makes_them_one_family(db):
    one, other = factories.organisation(), factories.organisation()
    owner, same_owner = factories.person("张三"), factories.person("张 三")
    for member, controller in ((one, owner), (other, same_owner)):
        FamilyTie.objects.create(member=member, controller=controller, tie_kind="controlled", source="公示系统")
    assert not families.same_family(one, other, DAY)
    merged = sameness.merge(actor=factories.actor(), loser=same_owner, winner=owner, reason="同一人")
    assert families.same_family(one, other, DAY)
    sameness.undo(merge=merged)
    assert not families.same_family(one, other, DAY)


def test_two_spellings_are_one_before_the_merge_by_nothing_and_after_it_by_sameness(db):
    """What recusal asks: an expert's university under one name, the applicant's host unit under the other."""
    school, spelling, institute = (factories.organisation() for _ in range(3))
    factories.tie(institute, spelling, tie_kind="hosted")
    assert not families.same_family(school, institute, DAY)
    merged = sameness.merge(actor=factories.actor(), loser=spelling, winner=school, reason="括号不同")
    assert families.same_family(fresh(school), fresh(spelling), DAY)
    assert families.same_family(fresh(school), fresh(institute), DAY)
    sameness.undo(merge=merged)
    assert not families.same_family(fresh(school), fresh(institute), DAY)
    assert families.same_family(fresh(spelling), fresh(institute), DAY)


def hanging_together(pairs):
    """What each of seven nodes reaches over the pairs, by plain repetition."""
    reached = {i: {i} for i in range(7)}
    for _ in range(7):
        for a, b in pairs:
            joint = reached[a] | reached[b]
            for one in joint:
                reached[one] = reached[one] | joint
    return reached


edges = st.lists(
    st.tuples(
        st.integers(0, 6),
        st.integers(0, 6),
        st.integers(0, 30),
        st.integers(0, 30),
        st.sampled_from(("confirmed", "confirmed", "void", "entered", "contested")),
    ),
    max_size=10,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    edges=edges, merges=st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=3), day=st.integers(0, 30)
)
def test_families_are_what_hangs_together(db, edges, merges, day):
    """Equal to a plain search over ties in force and merges; an equivalence: symmetric and transitive."""
    nodes = [factories.organisation() for _ in range(7)]
    begin = date(2026, 1, 1)
    confirmed = []
    for a, b, since, length, state in edges:
        days = {"since": begin + timedelta(days=since), "until": begin + timedelta(days=since + length)}
        if a == b:
            continue
        if state in {"entered", "contested"}:
            days |= {"state": state, "entered_for": nodes[a]}
        with suppress(IntegrityError), transaction.atomic():  # the same two are tied on these days already
            factories.tie(nodes[a], nodes[b], voided_at=clock.now() if state == "void" else None, **days)
            confirmed += [(a, b, since, length)] if state == "confirmed" else []
    actor = factories.actor()
    joined = []
    for a, b in merges:
        one, other = fresh(nodes[a]), fresh(nodes[b])
        if one.root_id != other.root_id and one.canonical_id is None:
            sameness.merge(actor=actor, loser=one, winner=other, reason="同一")
            joined.append((a, b))
    nodes = [fresh(one) for one in nodes]
    held = [(a, b) for a, b, since, length in confirmed if since <= day <= since + length]
    reached = hanging_together([*held, *joined])
    on = begin + timedelta(days=day)
    for i in range(7):
        for j in range(7):
            found = families.same_family(nodes[i], nodes[j], on)
            assert bool(found) == (j in reached[i])
            if found and nodes[i].root_id != nodes[j].root_id:
                assert found.ties, "a reason, and the same both ways"
                assert len(found.ties) == len(families.same_family(nodes[j], nodes[i], on).ties)


def test_families_of_many_take_one_query(db, django_assert_num_queries):
    heads = [factories.organisation() for _ in range(10)]
    for head in heads:
        factories.tie(factories.organisation(), head)
    with django_assert_num_queries(1):
        found = families.families_of([one.pk for one in heads], DAY)
    assert all(len(found[one.pk]) == 2 for one in heads)


def test_an_officer_enters_and_ends_a_tie_in_the_browser(officer):
    parent, daughter = factories.organisation("江城示范集团有限公司"), factories.organisation("江城示范科技有限公司")
    client = factories.english_client()
    client.force_login(officer.account, backend="jiandao.kernel.accounts.backend.AccountBackend")
    new = reverse("people:tie-new", kwargs={"public_id": daughter.public_id})
    values = {
        "side": "up",
        "tie_kind": "subsidiary",
        "other": "江城示范集团",
        "since": "2024-01-01",
        "source": "公司年报2025",
    }
    page = client.post(new, values)
    assert page.status_code == 422
    assert "江城示范集团有限公司" in page.content.decode(), "a name that is not clear is answered with the likely ones"
    assert client.post(new, values | {"other": "江城示范集团有限公司"}).status_code == 302
    tie = FamilyTie.objects.get()
    assert (tie.member, tie.head) == (daughter, parent)
    shown = client.get(reverse("people:organisation", kwargs={"public_id": parent.public_id})).content.decode()
    assert "江城示范科技有限公司" in shown
    assert "公司年报2025" in shown
    asked = {"one": parent.public_id, "other": daughter.name, "on": "2026-06-01"}
    chain = client.get(reverse("people:family"), asked).content.decode()
    assert "Yes, by these ties." in chain
    assert '<time datetime="2024-01-01">' in chain
    end = reverse("people:tie-end", kwargs={"public_id": tie.public_id})
    assert client.post(end, {"reason": "股权转让"}).status_code == 422, "a day, or that it never was"
    assert client.post(end, {"reason": "股权转让", "until": "2023-01-01"}).status_code == 422, "before it began"
    assert client.post(end, {"reason": "股权转让", "until": "2026-05-31"}).status_code == 302
    assert "No tie that held on that day" in client.get(reverse("people:family"), asked).content.decode()
    assert "Yes, by these ties." in client.get(reverse("people:family"), asked | {"on": "2026-05-31"}).content.decode()


def test_ties_that_cannot_be_are_refused_with_their_reason(officer):
    parent, daughter = factories.organisation(), factories.organisation()
    factories.tie(daughter, parent)
    tries = {
        "family.itself": {"member": parent, "head": parent},
        "family.circle": {"member": parent, "head": daughter},
        "family.there": {"member": daughter, "head": parent},
        "family.order": {"member": daughter, "head": parent, "since": date(2026, 2, 1), "until": date(2026, 1, 1)},
    }
    for code, values in tries.items():
        with pytest.raises(NotAllowed) as refused:
            actions.add_tie(
                actor=officer, organisation=parent, values={"tie_kind": "subsidiary", "source": "年报"} | values
            )
        assert refused.value.refusal.code == code
    assert FamilyTie.objects.count() == 1


def entered(**more):
    return {"tie_kind": "subsidiary", "since": None, "until": None, "source": "公司章程"} | more


def test_a_circle_is_one_only_on_days_that_all_its_ties_share(officer):
    a, b, c = (factories.organisation() for _ in range(3))
    factories.tie(b, a, since=date(2020, 1, 1))
    factories.tie(c, b, since=date(2020, 1, 1), until=date(2022, 12, 31))
    before = entered(member=a, head=b, since=date(2005, 1, 1), until=date(2015, 12, 31))
    assert actions.add_tie(actor=officer, organisation=a, values=before), "it belonged to it once, the other way round"
    with pytest.raises(NotAllowed) as refused:
        actions.add_tie(actor=officer, organisation=a, values=entered(member=a, head=c, since=date(2021, 1, 1)))
    assert refused.value.refusal.code == "family.circle", "over another one"
    after = entered(member=a, head=c, since=date(2023, 1, 1))
    assert actions.add_tie(actor=officer, organisation=a, values=after)


def test_a_tie_with_an_end_to_come_is_ended_earlier_and_not_entered_twice(officer):
    a, b = factories.organisation(), factories.organisation()
    values = entered(member=a, head=b, tie_kind="controlled", until=clock.today() + timedelta(days=900))
    tie = actions.add_tie(actor=officer, organisation=a, values=values)
    for again in (values, values | {"since": clock.today(), "until": None}):
        with pytest.raises(NotAllowed) as refused:
            actions.add_tie(actor=officer, organisation=a, values=again)
        assert refused.value.refusal.code == "family.there"
    with pytest.raises(IntegrityError, match="tie_once"), transaction.atomic():
        FamilyTie.objects.create(**values)
    page = client_of(officer).get(reverse("people:organisation", kwargs={"public_id": a.public_id})).content.decode()
    end = reverse("people:tie-end", kwargs={"public_id": tie.public_id})
    assert end in page
    with pytest.raises(NotAllowed) as refused:
        actions.end_tie(actor=officer, tie=tie, until=values["until"] + timedelta(days=1), reason="延期")
    assert refused.value.refusal.code == "family.earlier"
    yesterday = (clock.today() - timedelta(days=1)).isoformat()
    assert client_of(officer).post(end, {"until": yesterday, "reason": "协议提前解除"}).status_code == 302
    assert not families.same_family(a, b, clock.today())
    next_one = values | {"since": clock.today(), "until": None}
    assert actions.add_tie(actor=officer, organisation=a, values=next_one), "on other days it is another tie"


def test_what_one_side_says_counts_when_the_other_has_confirmed_it(officer):
    mine, rival = factories.organisation("江城甲公司"), factories.organisation("江城乙公司")
    head = factories.actor((Role.UNIT_ADMINISTRATOR, mine))
    other = factories.actor((Role.UNIT_ADMINISTRATOR, rival))
    stranger = factories.actor((Role.NEED_OWNER, factories.organisation()))
    new = reverse("people:tie-new", kwargs={"public_id": mine.public_id})
    values = {"side": "down", "tie_kind": "subsidiary", "other": rival.name, "source": "自述"}
    page = client_of(head).post(new, values, follow=True).content.decode()
    assert "It counts when the other side or an officer has confirmed it." in page
    tie = FamilyTie.objects.get()
    assert not families.same_family(mine, rival, clock.today())
    told = Notification.objects.get()
    assert (told.account, told.code) == (other.account, "family-tie.ask")
    url = reverse("people:tie", kwargs={"public_id": tie.public_id})
    shown = reverse("people:organisation", kwargs={"public_id": rival.public_id})
    assert url in client_of(other).get(shown).content.decode()
    assert url not in client_of(stranger).get(shown).content.decode(), "nobody else reads what nobody has confirmed"
    assert client_of(stranger).get(url).status_code == 404
    desk = reverse("desk", kwargs={"programme": factories.programme().slug})
    assert [url in client_of(one).get(desk).content.decode() for one in (head, other, officer)] == [False, True, True]
    confirm = reverse("people:tie-do", kwargs={"public_id": tie.public_id, "verb": "confirm"})
    assert client_of(head).post(confirm, {"version": 1}).status_code == 403, "not by the side that entered it"
    assert "江城甲公司" in client_of(other).get(url).content.decode()
    assert client_of(other).post(confirm, {"version": 1}).status_code == 302
    assert families.same_family(mine, rival, clock.today())
    assert url not in client_of(other).get(desk).content.decode()
    assert url in client_of(stranger).get(shown).content.decode()


def test_the_other_side_contests_with_a_reason_and_an_officer_decides(officer):
    mine, rival = factories.organisation(), factories.organisation()
    head = factories.actor((Role.UNIT_ADMINISTRATOR, mine))
    other = factories.actor((Role.UNIT_ADMINISTRATOR, rival))
    tie = actions.add_tie(actor=head, organisation=mine, values=entered(member=rival, head=mine))
    contest = reverse("people:tie-do", kwargs={"public_id": tie.public_id, "verb": "contest"})
    assert client_of(other).post(contest, {"version": 1}).status_code == 403, "without a reason"
    assert client_of(other).post(contest, {"version": 1, "reason": "双方没有股权关系"}).status_code == 302
    assert not families.same_family(mine, rival, clock.today())
    told = Notification.objects.get(account=head.account, code="family-tie.contest")
    assert told.facts["reason"] == "双方没有股权关系"
    tie.refresh_from_db()
    with pytest.raises(NotAllowed):
        perform(actor=other, record=tie, verb="confirm")
    both = factories.actor((Role.PROGRAMME_OFFICER, factories.programme()), (Role.RESEARCHER, mine))
    assert allowed(both, tie)["confirm"].code == "policy.recused"
    perform(actor=officer, record=tie, verb="confirm")
    assert families.same_family(mine, rival, clock.today())


def test_who_entered_a_tie_by_mistake_takes_it_back_until_somebody_has_confirmed_it(officer):
    mine, rival = factories.organisation(), factories.organisation()
    head = factories.actor((Role.UNIT_ADMINISTRATOR, mine))
    other = factories.actor((Role.UNIT_ADMINISTRATOR, rival))
    tie = actions.add_tie(actor=head, organisation=mine, values=entered(member=rival, head=mine))
    end = reverse("people:tie-end", kwargs={"public_id": tie.public_id})
    page = reverse("people:tie", kwargs={"public_id": tie.public_id})
    assert end in client_of(head).get(page).content.decode()
    assert client_of(other).post(end, {"reason": "不是我方"}).status_code in {403, 404}, "the other side contests it"
    assert client_of(head).post(end, {"void": "on", "reason": "选错了单位"}).status_code == 302
    tie.refresh_from_db()
    assert tie.voided_at is not None
    right = actions.add_tie(actor=head, organisation=mine, values=entered(member=rival, head=mine))
    perform(actor=other, record=right, verb="confirm")
    assert client_of(head).post(end, {"void": "on", "reason": "反悔"}).status_code in {403, 404}
    with pytest.raises(NotAllowed):
        actions.void_tie(actor=head, tie=right, reason="反悔")


def test_a_day_that_nobody_can_mean_is_refused_at_its_field(officer):
    mine, rival = factories.organisation(), factories.organisation("江城丙公司")
    new = reverse("people:tie-new", kwargs={"public_id": mine.public_id})
    values = {"side": "down", "tie_kind": "subsidiary", "other": rival.name, "source": "自述"}
    for since in ("0001-01-01", "9999-12-31"):
        answer = client_of(officer).post(new, {**values, "since": since})
        assert answer.status_code == 422
        assert f"{since} cannot be meant" in answer.content.decode()
    assert not FamilyTie.objects.exists()


def test_what_an_officer_enters_counts_at_once_and_both_sides_read_of_it(officer):
    one, other = factories.organisation(), factories.organisation()
    heads = {factories.actor((Role.UNIT_ADMINISTRATOR, unit)).account for unit in (one, other)}
    assert actions.add_tie(actor=officer, organisation=one, values=entered(member=one, head=other)).state == "confirmed"
    assert families.same_family(one, other, clock.today())
    assert {told.account for told in Notification.objects.filter(code="family-tie.enter")} == heads
    both = factories.actor((Role.PROGRAMME_OFFICER, factories.programme()), (Role.RESEARCHER, one))
    third = factories.organisation()
    made = actions.add_tie(actor=both, organisation=one, values=entered(member=third, head=one))
    assert (made.state, made.entered_for) == ("entered", one), "who acts for one of the two says it for that one"


def test_the_person_who_controls_two_firms_is_entered_once_and_chosen_then(officer):
    one, other, third = (factories.organisation() for _ in range(3))
    client = client_of(officer)

    def enter(unit, **more):
        values = {"side": "person", "tie_kind": "controlled", "controller": "王建国", "source": "公示系统"} | more
        return client.post(reverse("people:tie-new", kwargs={"public_id": unit.public_id}), values)

    page = enter(one)
    assert page.status_code == 422
    assert "say who is meant" in page.content.decode()
    assert enter(one, tie_kind="branch", controller_note="董事长").status_code == 422
    assert enter(one, controller_note="江城示范集团董事长").status_code == 302
    person = Person.objects.get(name="王建国")
    page = enter(other)
    assert page.status_code == 422
    assert f"王建国 ({person.public_id})" in page.content.decode(), "whoever goes by the name is offered"
    assert enter(other, controller=f"王建国 ({person.public_id})").status_code == 302
    assert families.same_family(one, other, clock.today())
    assert enter(third, controller_note="另一人，个体户").status_code == 302
    assert Person.objects.filter(name="王建国").count() == 2
    assert not families.same_family(one, third, clock.today())
    assert enter(other, controller=f"王建国 ({person.public_id})").status_code == 422, "the same tie twice"
    shown = client.get(reverse("people:organisation", kwargs={"public_id": one.public_id})).content.decode()
    assert "王建国" in shown


def test_a_person_is_named_only_among_those_whom_one_may_see(db):
    unit = factories.organisation()
    head = factories.actor((Role.UNIT_ADMINISTRATOR, unit))
    hidden = factories.expert(factories.organisation(), state="entered").person
    url = reverse("people:tie-new", kwargs={"public_id": unit.public_id})
    values = {"side": "person", "tie_kind": "controlled", "controller": hidden.name, "source": "年报"}
    page = client_of(head).post(url, values).content.decode()
    assert hidden.public_id not in page
    guessed = client_of(head).post(url, values | {"controller": f"x ({hidden.public_id})"})
    assert guessed.status_code == 422
    assert not FamilyTie.objects.exists()


def test_the_office_list_of_needs_asks_as_much_for_an_officer_with_a_large_family(db):
    inside = factories.programme()
    few, many = factories.organisation(), factories.organisation()
    for number in range(30):
        daughter = factories.organisation()
        for mother in (few, many) if number < 2 else (many,):
            factories.tie(daughter, mother, since=date(2026, 1, 1), until=None if mother is many else clock.today())
        factories.need(inside, daughter if number % 2 else factories.organisation(), state="submitted", complete=True)
    url = reverse("exchange:needs", kwargs={"programme": inside.slug})
    clients = [
        client_of(factories.actor((Role.PROGRAMME_OFFICER, inside), (Role.RESEARCHER, unit))) for unit in (few, many)
    ]
    # Reading is not recused, so the list asks for no family; what waits for a decision does, once.
    assert_same_queries(lambda client: client.get(url), *clients, at_most=16)
    assert_same_queries(lambda client: client.get(url, {"waits": "check"}), *clients, at_most=17)


def test_nobody_ends_a_tie_of_the_own_organisation(db):
    head, member = factories.organisation(), factories.organisation()
    tie = factories.tie(member, head)
    inside = factories.programme()
    both = factories.actor((Role.PROGRAMME_OFFICER, inside), (Role.RESEARCHER, head))
    with pytest.raises(NotAllowed) as refused:
        actions.void_tie(actor=both, tie=tie, reason="并非如此")
    assert refused.value.refusal.code == "policy.recused"
    actions.void_tie(actor=factories.actor((Role.PROGRAMME_OFFICER, inside)), tie=tie, reason="并非如此")
    assert not families.same_family(head, member, DAY), "never true, so on no day"


def test_the_page_of_an_organisation_with_many_ties_asks_no_more(officer):
    few, many = factories.organisation(), factories.organisation()
    for head, count in ((few, 2), (many, 20)):
        for _ in range(count):
            factories.tie(factories.organisation(), head)
    client = Client()
    client.force_login(officer.account, backend="jiandao.kernel.accounts.backend.AccountBackend")
    urls = [reverse("people:organisation", kwargs={"public_id": one.public_id}) for one in (few, many)]
    assert_same_queries(client.get, *urls, at_most=15)
