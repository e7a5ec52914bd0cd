"""Experts with what they have published, their fields and where they work."""

from typing import Any

from jiandao.kernel.database.copying import copy_records
from jiandao.stages.people.models import Expert, ExpertWork, Membership, Person
from jiandao.web.demonstration.composing import experts
from jiandao.web.demonstration.composing.experts import ExpertText
from jiandao.web.demonstration.composing.plan import chance, pick
from jiandao.web.demonstration.loading.frame import LOT, Frame, Step, lots

DAYS = {"available": None, "limited": 5, "unavailable": None}


def load_experts(frame: Frame) -> None:
    """Most have consented; some were entered and not asked yet, a few have withdrawn."""
    done = 0
    for texts in lots(experts(frame.plan), LOT):
        people = [
            Person(name=text.name, email=text.email, created_at=frame.moment(0), changed_at=frame.moment(0))
            for text in texts
        ]
        copy_records(Person, people)
        copy_records(Membership, [_membership(frame, text, one) for text, one in zip(texts, people, strict=True)])
        made = [_expert(frame, text, one) for text, one in zip(texts, people, strict=True)]
        copy_records(Expert, made)
        _belongings(frame, texts, made)
        frame.journal_steps((one, _history(one)) for one in made)
        done += len(made)
        frame.wrote("experts", done, frame.plan.experts)


def _membership(frame: Frame, text: ExpertText, person: Person) -> Membership:
    since = frame.moment(0).date()
    return Membership(person=person, organisation_id=frame.units[text.organisation].pk, title=text.title, since=since)


def _expert(frame: Frame, text: ExpertText, person: Person) -> Expert:
    state = "entered" if text.index % 17 == 9 else "withdrawn" if text.index % 59 == 20 else "active"
    return Expert(
        person=person,
        state=state,
        post=text.title,
        text="演示数据：虚构的专家。",
        available=text.availability != "unavailable",
        days_a_year=DAYS[text.availability],
        consented_at=frame.moment(1) if state != "entered" else None,
        created_at=frame.moment(0),
        changed_at=frame.moment(1),
    )


def _history(made: Expert) -> list[Step]:
    steps = [Step(0, 0, "import", "", {}, {"state": "entered"})]
    if made.state != "entered":
        steps.append(Step(1, 0, "consent", "", {"state": "entered"}, {"state": "active"}))
    if made.state == "withdrawn":
        steps.append(Step(2, 0, "withdraw", "officer", {"state": "active"}, {"state": "withdrawn"}))
    return steps


def _belongings(frame: Frame, texts: list[ExpertText], made: list[Expert]) -> None:
    works: list[ExpertWork] = []
    links: dict[Any, list[Any]] = {Expert.fields.through: [], Expert.disciplines.through: []}
    for text, one in zip(texts, made, strict=True):
        draw = chance(frame.plan.seed, "works", text.index)
        works += [
            ExpertWork(expert=one, title=title, year=pick(draw, range(2015, 2026)), source="演示数据")
            for title in dict.fromkeys(text.publications)
        ]
        for through, vocabulary, codes in (
            (Expert.fields.through, "field", text.fields),
            (Expert.disciplines.through, "discipline", (text.discipline,)),
        ):
            terms = (frame.term_id(vocabulary, code) for code in codes)
            links[through] += [through(expert_id=one.pk, term_id=term) for term in terms if term is not None]
    copy_records(ExpertWork, works)
    for through, rows in links.items():
        copy_records(through, rows)
