"""The site as a Django app."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "jiandao.web"
    label = "jd_web"

    def ready(self) -> None:
        import jiandao.web.accounts  # noqa: F401 - it connects the signals of the second factor
        from jiandao.kernel.pages.places import place
        from jiandao.kernel.saved_views import SavedView
        from jiandao.web import alerts, beginnings

        place(SavedView, "view")
        assert alerts.COUNTED  # importing it registers its work of the day
        beginnings.register()
