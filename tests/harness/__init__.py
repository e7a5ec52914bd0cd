"""What every test stands on: a cached server, one migrated template, a clone of it per worker or test."""

from harness.queries import assert_same_queries
from harness.races import Outcome, race

__all__ = ["Outcome", "assert_same_queries", "race"]
