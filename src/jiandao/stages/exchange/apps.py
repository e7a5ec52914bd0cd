"""The stage as a Django app."""

from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    name = "jiandao.stages.exchange"
    label = "jd_exchange"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from jiandao.stages.exchange import lifecycle, matching

        matching.register()
        assert lifecycle.NEED.kind  # importing the tables registers them
