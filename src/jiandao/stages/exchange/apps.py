"""The stage as a Django app."""

from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    name = "jiandao.stages.exchange"
    label = "jd_exchange"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from jiandao.kernel.pages.places import FURTHER, FURTHER_BUTTONS, place
        from jiandao.kernel.pages.ports import DESK, SEARCH
        from jiandao.stages.exchange import desk, holders, lifecycle, matching
        from jiandao.stages.exchange.capabilities import lifecycle as capabilities
        from jiandao.stages.exchange.capabilities import reminders
        from jiandao.stages.exchange.importing import jobs, links
        from jiandao.stages.exchange.introductions import desk as meeting
        from jiandao.stages.exchange.introductions import lifecycle as introductions
        from jiandao.stages.exchange.introductions import links as proposals
        from jiandao.stages.exchange.introductions import reminders as meeting_reminders
        from jiandao.stages.exchange.models import (
            Booking,
            Capability,
            Challenge,
            CooperationRecord,
            ImportBatch,
            Introduction,
            Need,
            Offer,
            ResearchResult,
        )
        from jiandao.stages.exchange.offers import lifecycle as offers
        from jiandao.stages.exchange.offers import pushing
        from jiandao.stages.exchange.offers import views as offer_views
        from jiandao.stages.exchange.views import matches
        from jiandao.stages.people.models import Expert, Organisation

        matching.register()
        place(Need, "exchange:need")
        place(Challenge, "exchange:challenge")
        place(ResearchResult, "exchange:result")
        place(ImportBatch, "exchange:import-batch")
        place(Capability, "exchange:capability")
        place(Booking, "exchange:booking")
        place(Introduction, "exchange:introduction")
        place(Offer, "exchange:offer")
        place(CooperationRecord, "exchange:cooperation")
        FURTHER.setdefault(Expert.kind, []).append(matches.links_of_expert)
        for model in (Need, Challenge, ResearchResult, Capability):
            FURTHER.setdefault(model.kind, []).append(proposals.proposing)
        FURTHER_BUTTONS.setdefault(Expert.kind, []).append(links.of_experts)
        FURTHER_BUTTONS.setdefault(Organisation.kind, []).append(links.of_organisations)
        DESK.answer(desk.waiting)
        DESK.answer(meeting.waiting)
        DESK.answer(offer_views.waiting)
        SEARCH.answer(desk.found_challenges)
        SEARCH.answer(desk.found_needs)
        SEARCH.answer(desk.found_results)
        SEARCH.answer(desk.found_capabilities)
        assert lifecycle.NEED.kind  # importing the tables registers them
        assert holders.NEED.kind
        assert jobs.TASK  # and the task of imports
        assert capabilities.CAPABILITY.kind
        assert reminders.BEFORE
        assert introductions.INTRODUCTION.kind
        assert meeting_reminders.AT_ONCE
        assert offers.OFFER.kind
        assert pushing.AT_ONCE
