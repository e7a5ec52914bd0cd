"""Who an organisation in a file is: by its code, else by its exact name, else by another name that it was entered with;
brackets of both widths are one bracket."""

import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import cast

from django.utils.translation import gettext_lazy as _

from jiandao.kernel import identifiers
from jiandao.kernel.tabular.faults import SENTENCES, CellFaultError
from jiandao.stages.people.models import Organisation, OrganisationKind, OrganisationName

SENTENCES.update(
    {
        "organisation.missing": _("The row names no organisation; give its name or its unified social credit code."),
        "organisation.code": _("“%(text)s” is no unified social credit code: %(why)s"),
        "organisation.unknown_code": _("No organisation in the directory has the code %(text)s; give its name too."),
        "organisation.unknown": _(
            "The directory has no organisation “%(name)s”; write the name as it stands there, or give the code."
        ),
        "organisation.other_code": _("The directory knows “%(name)s” under another code, %(text)s; one is wrong."),
        "organisation.several": _("Several organisations are named “%(name)s”; give the unified social credit code."),
    }
)

_TO_FULL = str.maketrans("()", "（）")
_TO_HALF = str.maketrans("（）", "()")
_KINDS = (
    (OrganisationKind.GOVERNMENT, ("委员会", "人民政府", "厅", "科技局", "ministry", "government")),
    (OrganisationKind.ENTERPRISE, ("公司", "集团", "厂", "合作社", " ltd", " inc", " corp", " gmbh", "company")),
    (OrganisationKind.HOSPITAL, ("医院", "hospital")),
    (
        OrganisationKind.INSTITUTE,
        ("研究院", "研究所", "研究中心", "实验室", "科学院", "institute", "academy", "laborator"),
    ),
    (OrganisationKind.UNIVERSITY, ("大学", "学院", "学校", "university", "college", "universit")),
)  # fmt: skip


@dataclass(frozen=True)
class Named:
    """An organisation as a row names it. `key` is how names are compared; the code is regular or empty."""

    name: str
    code: str = ""

    @property
    def key(self) -> str:
        return self.code or name_key(self.name)


def name_key(name: str) -> str:
    """A name as it is compared: brackets and signs of either width alike, no spaces, no case."""
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())


def named(name: str, code: str) -> Named:
    """CellFaultError when the code breaks its form."""
    regular = identifiers.normalise_credit_code(code)
    if regular:
        check = identifiers.check_credit_code(regular)
        if not check.ok:
            raise CellFaultError("organisation.code", text=code[:40], why=_why(check))
    return Named(" ".join(name.split()), regular)


def _why(check: identifiers.CreditCodeCheck) -> object:
    if check.fault == identifiers.CreditCodeFault.LENGTH:
        return _("it must have 18 characters.")
    if check.fault == identifiers.CreditCodeFault.CHARACTER:
        return _("it holds a character that never occurs in one.")
    return _("its check character is wrong; compare with the licence.")


def guessed_kind(name: str) -> OrganisationKind:
    """The kind that the name suggests; somebody may correct it in the directory."""
    low = f" {name.casefold()}"
    for kind, words in _KINDS:
        if any(low.endswith(word) or (len(word) > 1 and word in low) for word in words):
            return kind
    return OrganisationKind.OTHER


class Directory:
    """Finds organisations a batch of rows at a time; what was found once is not asked again."""

    def __init__(self) -> None:
        self._known: dict[Named, Organisation | CellFaultError | None] = {}

    def look_up(self, wanted: Iterable[Named]) -> None:
        """Find all of them, in as many queries for a thousand rows as for one."""
        new = {one for one in wanted if one not in self._known}
        if not new:
            return
        codes = {one.code for one in new if one.code}
        names = {variant for one in new if one.name for variant in _variants(one.name)}
        latin = {one.name for one in new if one.name.isascii()}
        by_code = _by_code(codes)
        by_name: dict[str, dict[int, Organisation]] = {}
        for one in _found(name__in=names) if names else []:
            by_name.setdefault(name_key(one.name), {}).setdefault(one.same_id, one)
        for one in _found(name_en__in=latin - {""}) if latin else []:
            by_name.setdefault(name_key(one.name_en), {}).setdefault(one.same_id, one)
        by_other: dict[str, dict[int, Organisation]] = {}
        others = OrganisationName.objects.filter(name__in=names) if names else OrganisationName.objects.none()
        for other in others.select_related("organisation__canonical").prefetch_related(*_merged("organisation__")):
            one = _canonical(other.organisation)
            by_other.setdefault(name_key(other.name), {}).setdefault(one.same_id, one)
        for each in new:
            self._known[each] = _decide(each, by_code, by_name, by_other)

    def find(self, one: Named) -> Organisation | None:
        """The organisation, None when the directory has none; CellFaultError when it cannot be told."""
        found = self._known[one]
        if isinstance(found, CellFaultError):
            raise found
        return found


def _found(**condition: Collection[str]) -> Iterable[Organisation]:
    found = Organisation.objects.filter(**condition).select_related("canonical").prefetch_related(*_merged(""))
    return [_canonical(one) for one in found]


def _by_code(codes: Collection[str]) -> dict[str | None, Organisation]:
    found = Organisation.objects.filter(credit_code__in=codes).select_related("canonical") if codes else ()
    return {one.credit_code: _canonical(one) for one in found}


def _canonical(one: Organisation) -> Organisation:
    """The canonical one of a merged pair stands for both."""
    return cast(Organisation, one.canonical or one)


def _merged(path: str) -> tuple[str, str]:
    return f"{path}merged", f"{path}canonical__merged"  # their codes count for the canonical one


def _variants(name: str) -> set[str]:
    return {name, name.translate(_TO_FULL), name.translate(_TO_HALF)}


def _decide(
    one: Named,
    by_code: "dict[str | None, Organisation]",
    by_name: dict[str, dict[int, Organisation]],
    by_other: dict[str, dict[int, Organisation]],
) -> Organisation | CellFaultError | None:
    if one.code and one.code in by_code:
        return by_code[one.code]
    if one.code and not one.name:
        return CellFaultError("organisation.unknown_code", text=one.code)
    key = name_key(one.name)
    candidates = list((by_name.get(key) or by_other.get(key) or {}).values())
    if len(candidates) > 1:
        return CellFaultError("organisation.several", name=one.name)
    if not candidates:
        return None
    codes = candidates[0].codes
    if one.code and codes and one.code not in codes:
        return CellFaultError("organisation.other_code", name=one.name, text=codes[0])
    return candidates[0]
