"""The site as a Django app."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "jiandao.web"
    label = "jd_web"

    def ready(self) -> None:
        import jiandao.web.accounts  # noqa: F401 - it connects the signals of the second factor
        from jiandao.web import beginnings

        beginnings.register()
