"""What can happen in the directory of people."""

from jiandao.stages.people.actions.affiliations import add_affiliation, change_affiliation, may_change
from jiandao.stages.people.actions.certificates import create_certificate, edit_certificate
from jiandao.stages.people.actions.claims import (
    accept_entry,
    invite_expert,
    may_accept,
    unite_expert,
    withdraw_expert_invitation,
)
from jiandao.stages.people.actions.experts import (
    create_expert,
    edit_expert,
    enter_measure,
    orcid_refusal,
    void_measure,
)
from jiandao.stages.people.actions.families import add_tie, end_tie, void_tie
from jiandao.stages.people.actions.members import (
    accept,
    create_person,
    digest_of,
    end_role,
    grant_role,
    invite,
    join,
    withdraw_invitation,
)
from jiandao.stages.people.actions.merging import propose_merge, record_proposals
from jiandao.stages.people.actions.organisations import create_organisation, edit_organisation, enter_organisation

__all__ = [
    "accept",
    "accept_entry",
    "add_affiliation",
    "add_tie",
    "change_affiliation",
    "create_certificate",
    "create_expert",
    "create_organisation",
    "create_person",
    "digest_of",
    "edit_certificate",
    "edit_expert",
    "edit_organisation",
    "end_role",
    "end_tie",
    "enter_measure",
    "enter_organisation",
    "grant_role",
    "invite",
    "invite_expert",
    "join",
    "may_accept",
    "may_change",
    "orcid_refusal",
    "propose_merge",
    "record_proposals",
    "unite_expert",
    "void_measure",
    "void_tie",
    "withdraw_expert_invitation",
    "withdraw_invitation",
]
