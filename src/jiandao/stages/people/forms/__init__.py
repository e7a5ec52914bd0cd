"""Forms of the directory."""

from jiandao.stages.people.forms.directory import (
    AskFamilyForm,
    CertificateForm,
    EndTieForm,
    NameRow,
    Names,
    OrganisationForm,
    ProposeMergeForm,
    TieForm,
    names_initial,
)
from jiandao.stages.people.forms.members import NAME_TAKEN, GrantForm, InvitationForm, NewAccountForm

__all__ = [
    "NAME_TAKEN",
    "AskFamilyForm",
    "CertificateForm",
    "EndTieForm",
    "GrantForm",
    "InvitationForm",
    "NameRow",
    "Names",
    "NewAccountForm",
    "OrganisationForm",
    "ProposeMergeForm",
    "TieForm",
    "names_initial",
]
