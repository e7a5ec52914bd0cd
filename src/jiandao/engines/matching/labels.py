"""Words of the reasons that the commands of matching write."""

from jiandao.engines.matching.records import SharedTerm

_SCATTERED = {"zh": "零散字（{}）", "en": "scattered characters ({})"}


def shown(term: SharedTerm, language: str) -> str:
    """A shared term as a reader sees it, in `zh` or `en`."""
    if not term.scattered:
        return term.term
    return _SCATTERED[language].format(("、" if language == "zh" else ", ").join(term.term))
