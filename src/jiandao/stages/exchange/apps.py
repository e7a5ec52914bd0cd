"""The stage as a Django app."""

from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    name = "jiandao.stages.exchange"
    label = "jd_exchange"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from jiandao.kernel.pages.places import place
        from jiandao.kernel.pages.ports import DESK, SEARCH
        from jiandao.stages.exchange import desk, holders, lifecycle, matching
        from jiandao.stages.exchange.importing import jobs
        from jiandao.stages.exchange.models import Challenge, ImportBatch, Need, ResearchResult

        matching.register()
        place(Need, "exchange:need")
        place(Challenge, "exchange:challenge")
        place(ResearchResult, "exchange:result")
        place(ImportBatch, "exchange:import-batch")
        DESK.answer(desk.waiting)
        SEARCH.answer(desk.found_challenges)
        SEARCH.answer(desk.found_needs)
        SEARCH.answer(desk.found_results)
        assert lifecycle.NEED.kind  # importing the tables registers them
        assert holders.NEED.kind
        assert jobs.TASK  # and the task of imports
