"""The kernel as a Django app."""

from django.apps import AppConfig


class KernelConfig(AppConfig):
    name = "jiandao.kernel"
    label = "jd_kernel"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from django.utils.module_loading import autodiscover_modules

        from jiandao.kernel.database import lookups
        from jiandao.kernel.files import MAY_READ, holding

        assert lookups.AnyOf.lookup_name  # importing it registers it
        MAY_READ.answer(holding.may_read_file)
        autodiscover_modules("rules")  # so that the rulebook knows every rule of every room
