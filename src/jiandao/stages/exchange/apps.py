"""The stage as a Django app."""

from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    name = "jiandao.stages.exchange"
    label = "jd_exchange"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from jiandao.kernel.files import MAY_READ
        from jiandao.kernel.pages.ports import DESK, SEARCH
        from jiandao.stages.exchange import attachments, desk, lifecycle, matching

        matching.register()
        MAY_READ.answer(attachments.may_read_file)
        DESK.answer(desk.waiting)
        SEARCH.answer(desk.found_needs)
        SEARCH.answer(desk.found_results)
        assert lifecycle.NEED.kind  # importing the tables registers them
