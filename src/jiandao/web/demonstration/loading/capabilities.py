"""Teams, laboratories, instruments and pilot lines; some that nobody has confirmed for a year."""

from datetime import timedelta

from jiandao.kernel.database.copying import copy_records
from jiandao.stages.exchange.models import Capability
from jiandao.web.demonstration.composing import capabilities
from jiandao.web.demonstration.composing.experts import CapabilityText
from jiandao.web.demonstration.composing.plan import chance
from jiandao.web.demonstration.loading.frame import LOT, SOURCE, Frame, Step, lots

STALE_DAYS = 420


def load_capabilities(frame: Frame) -> None:
    """The capabilities of the plan."""
    done = 0
    for texts in lots(capabilities(frame.plan), LOT):
        rows = [_capability(frame, text) for text in texts]
        copy_records(Capability, rows)
        frame.journal_steps((row, [Step(0, 0, "import", "", {}, {"state": row.state})]) for row in rows)
        done += len(rows)
        frame.wrote("capabilities", done, frame.plan.capabilities)


def _capability(frame: Frame, text: CapabilityText) -> Capability:
    draw = chance(frame.plan.seed, "capability history", text.index)
    state = "draft" if text.index % 29 == 5 else "withdrawn" if text.index % 41 == 8 else "published"
    begun = frame.moment(0) - timedelta(days=STALE_DAYS)
    stale = text.index % 13 == 6
    confirmed = begun if stale else frame.moment(int(draw.random() * frame.days))
    row = Capability(
        programme=frame.programme,
        organisation_id=frame.units[text.organisation].pk,
        state=state,
        title=text.title[:200],
        text=text.summary,
        keywords=[word[:40] for word in text.keywords],
        capability_kind=text.kind,
        field=frame.term("field", text.field),
        level_from=text.levels[0],
        level_to=text.levels[1],
        opening_hours=text.opening_hours,
        price_fen=text.price_fen,
        price_unit=text.price_unit,
        conditions=text.conditions,
        bookable=text.kind != "team",
        published_at=begun if state != "draft" else None,
        confirmed_at=confirmed if state != "draft" else None,
        reminded_at=frame.now if stale else None,
        created_at=begun,
        changed_at=confirmed,
        source=SOURCE,
        source_id=str(text.index),
    )
    row.refresh_search()
    return row
