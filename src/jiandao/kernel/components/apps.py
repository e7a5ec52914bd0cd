"""The components are an application of Django, so that their template tags are found."""

from django.apps import AppConfig


class ComponentsConfig(AppConfig):
    """Has no models; its templates lie in `web/templates`, its catalogue in `web/locale`."""

    name = "jiandao.kernel.components"
    label = "jd_components"
