"""The site as a Django app."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "jiandao.web"
    label = "jd_web"

    def ready(self) -> None:
        from jiandao.web import accounts

        assert accounts.note_second_factor  # importing it connects the signals
