"""Organisations with their families and certificates, persons, experts, integrity: the shared directory, in no programme."""

from jiandao.stages.people.models.certificates import Certificate, CertificateKind
from jiandao.stages.people.models.experts import Expert, ExpertWork, IntegrityRecord, WorkKind
from jiandao.stages.people.models.families import FamilyTie, TieKind
from jiandao.stages.people.models.members import UNIT_ROLES, Invitation, Membership, Person
from jiandao.stages.people.models.merging import MergeProposal
from jiandao.stages.people.models.organisations import NameKind, Organisation, OrganisationKind, OrganisationName

__all__ = [
    "UNIT_ROLES",
    "Certificate",
    "CertificateKind",
    "Expert",
    "ExpertWork",
    "FamilyTie",
    "IntegrityRecord",
    "Invitation",
    "Membership",
    "MergeProposal",
    "NameKind",
    "Organisation",
    "OrganisationKind",
    "OrganisationName",
    "Person",
    "TieKind",
    "WorkKind",
]
