"""The kernel as a Django app."""

from django.apps import AppConfig


class KernelConfig(AppConfig):
    name = "jiandao.kernel"
    label = "jd_kernel"
    default_auto_field = "django.db.models.BigAutoField"
