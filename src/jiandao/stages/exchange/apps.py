"""The stage as a Django app."""

from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    name = "jiandao.stages.exchange"
    label = "jd_exchange"
    default_auto_field = "django.db.models.BigAutoField"
