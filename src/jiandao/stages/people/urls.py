"""Addresses of the directory of people."""

from django.urls import path

from jiandao.stages.people.views import certificates, families, members, merging, organisations

app_name = "people"

urlpatterns = [
    path("organisations/", organisations.organisations, name="organisations"),
    path("organisations/suggest/", organisations.suggest, name="suggest"),
    path("organisations/export.<str:form>", organisations.organisation_export, name="organisation-export"),
    path("organisations/new/", organisations.organisation_new, name="organisation-new"),
    path("organisations/new/autosave/", organisations.organisation_new_autosave, name="organisation-new-autosave"),
    path("organisations/family/", families.family, name="family"),
    path("organisations/twice/", merging.proposals, name="proposals"),
    path("organisations/twice/seek/", merging.seek_duplicates, name="seek-duplicates"),
    path("organisations/twice/export.<str:form>", merging.proposal_export, name="proposal-export"),
    path("organisations/twice/<str:public_id>/", merging.proposal, name="proposal"),
    path("organisations/twice/<str:public_id>/do/<str:verb>/", merging.proposal_do, name="proposal-do"),
    path("organisations/<str:public_id>/", organisations.organisation, name="organisation"),
    path("organisations/<str:public_id>/edit/", organisations.organisation_edit, name="organisation-edit"),
    path("organisations/<str:public_id>/autosave/", organisations.organisation_autosave, name="organisation-autosave"),
    path("organisations/<str:public_id>/do/<str:verb>/", organisations.organisation_do, name="organisation-do"),
    path("organisations/<str:public_id>/tie/", families.tie_new, name="tie-new"),
    path("organisations/<str:public_id>/twice/", merging.propose_merge, name="propose-merge"),
    path("organisations/<str:public_id>/invite/", members.invite, name="invite"),
    path("organisations/<str:public_id>/grant/", members.grant, name="grant"),
    path("organisations/<str:public_id>/end/<int:number>/", members.end_role, name="end-role"),
    path("ties/<str:public_id>/end/", families.tie_end, name="tie-end"),
    path("certificates/", certificates.certificates, name="certificates"),
    path("certificates/export.<str:form>", certificates.certificate_export, name="certificate-export"),
    path("certificates/new/", certificates.certificate_new, name="certificate-new"),
    path("certificates/new/autosave/", certificates.certificate_new_autosave, name="certificate-new-autosave"),
    path("certificates/<str:public_id>/", certificates.certificate, name="certificate"),
    path("certificates/<str:public_id>/edit/", certificates.certificate_edit, name="certificate-edit"),
    path("certificates/<str:public_id>/autosave/", certificates.certificate_autosave, name="certificate-autosave"),
    path("certificates/<str:public_id>/do/<str:verb>/", certificates.certificate_do, name="certificate-do"),
    path("certificates/<str:public_id>/files/", certificates.attach, name="certificate-attach"),
    path("certificates/<str:public_id>/files/<str:file>/remove/", certificates.detach, name="certificate-detach"),
    path("invitations/<str:public_id>/withdraw/", members.withdraw, name="withdraw-invitation"),
    path("invitation/<str:secret>/", members.accept, name="accept-invitation"),
]
