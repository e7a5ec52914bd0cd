"""The WSGI application that granian serves."""

import os

# Imported late by those who need them, for the sake of short commands; here nobody's first click shall wait for them.
import idutils
import pypinyin
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jiandao.web.settings")
application = get_wsgi_application()
assert idutils
assert pypinyin


def warm_up() -> None:
    """Read all views and templates now: else the first visitors of each process wait seconds for them, one after the other."""
    from django.conf import settings
    from django.template.loader import get_template
    from django.template.utils import get_app_template_dirs
    from django.urls import get_resolver

    assert get_resolver().url_patterns
    ours = [one for one in get_app_template_dirs("templates") if one.is_relative_to(settings.BASE.parent)]
    for folder in (settings.BASE / "templates", *ours):
        for file in sorted(folder.rglob("*.html")):
            get_template(str(file.relative_to(folder)))


warm_up()
