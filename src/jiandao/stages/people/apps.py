"""The stage as a Django app."""

from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "jiandao.stages.people"
    label = "jd_people"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from jiandao.kernel.accounts.names import NAMES
        from jiandao.kernel.pages.places import place
        from jiandao.kernel.pages.ports import DESK, SEARCH
        from jiandao.kernel.recusal import KIN
        from jiandao.stages.people import desk, duplicates, families, found, holders, lifecycle, queries, reminders
        from jiandao.stages.people.models import Certificate, Expert, FamilyTie, MergeProposal, Organisation

        NAMES.answer(queries.names_of_accounts)
        KIN.answer(families.kin)
        DESK.answer(desk.waiting)
        SEARCH.answer(found.found_organisations)
        SEARCH.answer(found.found_experts)
        place(Organisation, "people:organisation")
        place(Expert, "people:expert")
        place(Certificate, "people:certificate")
        place(MergeProposal, "people:proposal")
        place(FamilyTie, "people:tie")
        assert lifecycle.ORGANISATION.kind  # importing these registers what they declare
        assert holders.CERTIFICATE.kind
        assert reminders.AT_ONCE
        assert duplicates.TASK
