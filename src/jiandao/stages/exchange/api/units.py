"""Organisations in the answers of the exchange."""

from jiandao.stages.exchange.api.shapes import UnitOut
from jiandao.stages.people.models import Organisation


def unit_out(organisation: Organisation) -> UnitOut:
    """An organisation by id and name."""
    return UnitOut(id=organisation.public_id, name=organisation.name)
