"""The site as a Django app."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "jiandao.web"
    label = "jd_web"
