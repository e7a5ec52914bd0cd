"""Lifecycles as tables: states, transitions, who may, guards, effects; and a reason for every refusal."""

from jiandao.kernel.lifecycle.perform import Event, StaleRecord, allowed, allowed_many, perform, press, save_version
from jiandao.kernel.lifecycle.table import (
    Cause,
    Derived,
    Guard,
    Lifecycle,
    State,
    Tone,
    Transition,
    lifecycle_of,
    lifecycles,
)

__all__ = [
    "Cause",
    "Derived",
    "Event",
    "Guard",
    "Lifecycle",
    "StaleRecord",
    "State",
    "Tone",
    "Transition",
    "allowed",
    "allowed_many",
    "lifecycle_of",
    "lifecycles",
    "perform",
    "press",
    "save_version",
]
