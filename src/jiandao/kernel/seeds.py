"""What every installation has from the start: vocabularies and rules. Loading again changes nothing."""

from django.db import transaction

from jiandao.kernel.rulebook.actions import load_rules
from jiandao.kernel.vocabulary.loading import load_vocabularies


@transaction.atomic
def load() -> None:
    """Load all seeds that the code brings."""
    load_vocabularies()
    load_rules()
