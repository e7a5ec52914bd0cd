"""The stage as a Django app."""

from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "jiandao.stages.people"
    label = "jd_people"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from jiandao.kernel.accounts.names import NAMES
        from jiandao.stages.people import queries

        NAMES.answer(queries.names_of_accounts)
