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
from jiandao.stages.people.forms.experts import (
    AffiliationForm,
    ExpertForm,
    MeasureForm,
    NewAffiliationForm,
    VoidForm,
    WorkRow,
    Works,
    works_initial,
)
from jiandao.stages.people.forms.members import NAME_TAKEN, GrantForm, InvitationForm, NewAccountForm

__all__ = [
    "NAME_TAKEN",
    "AffiliationForm",
    "AskFamilyForm",
    "CertificateForm",
    "EndTieForm",
    "ExpertForm",
    "GrantForm",
    "InvitationForm",
    "MeasureForm",
    "NameRow",
    "Names",
    "NewAccountForm",
    "NewAffiliationForm",
    "OrganisationForm",
    "ProposeMergeForm",
    "TieForm",
    "VoidForm",
    "WorkRow",
    "Works",
    "names_initial",
    "works_initial",
]
