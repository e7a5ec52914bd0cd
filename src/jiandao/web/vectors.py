"""How the vectors of the dense channel stand on this host, in words, for `jiandao check`."""

from datetime import UTC, datetime

from django.conf import settings
from django.utils.translation import gettext as _

from jiandao.engines.files import BadInputError
from jiandao.engines.matching import MatchIndexError
from jiandao.kernel import clock
from jiandao.kernel.search import dense, encoding
from jiandao.kernel.search.endpoint import EndpointError
from jiandao.kernel.search.index import AUDIENCES
from jiandao.kernel.secrecy import Level


def way() -> list[str]:
    """Sentences: which encoder is on, how many records have vectors here, and why the last pass broke off, if it did."""
    if settings.JIANDAO_ENCODER == "none":
        return [_("Matching is by words; no encoder is on (JIANDAO_ENCODER).")]
    try:
        model = dense.model()
    except (BadInputError, EndpointError) as error:
        return [_("The encoder cannot be used: %(why)s.") % {"why": error}]
    said = [_("Matching is by words and by meaning: %(encoder)s.") % {"encoder": model.name if model else ""}]
    said += [_count(audience) for audience in AUDIENCES if dense.encodes(audience)]
    if settings.JIANDAO_ENCODER == dense.ENDPOINT:
        said.append(_("Internal records are matched by words: their texts are not sent."))
    state = encoding.read_state()
    if state.failure:
        at = clock.local(datetime.fromtimestamp(state.at, UTC))
        said.append(
            _("The model failed at %(at)s: %(why)s. The worker tries again.")
            % {"at": f"{at:%Y-%m-%d %H:%M}", "why": state.failure}
        )
    if state.refused:
        said.append(_("Texts that the model would not take: %(count)s.") % {"count": state.refused})
    return said


def _count(audience: str) -> str:
    level = Level(audience).label
    try:
        there, of = encoding.counts(audience)
    except MatchIndexError:
        return _("The index of this host (%(level)s) is not built yet; the worker builds it.") % {"level": level}
    return _("Records with a vector (%(level)s): %(count)s of %(whole)s.") % {
        "level": level,
        "count": f"{there:,}",
        "whole": f"{of:,}",
    }
