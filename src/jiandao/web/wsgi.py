"""The WSGI application that granian serves."""

import os
from typing import Any

from jiandao.web.commands import uncollected

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jiandao.web.settings")


def started() -> Any:
    """The application, with all views and templates read: else the first visitors of each process wait seconds for them."""
    # Imported late by those who need them, for the sake of short commands; here nobody's first click shall wait for them.
    import idutils
    import pypinyin
    from django.conf import settings
    from django.core.wsgi import get_wsgi_application
    from django.template.loader import get_template
    from django.template.utils import get_app_template_dirs
    from django.urls import get_resolver

    made = get_wsgi_application()
    assert idutils
    assert pypinyin
    assert get_resolver().url_patterns
    ours = [one for one in get_app_template_dirs("templates") if one.is_relative_to(settings.BASE.parent)]
    for folder in (settings.BASE / "templates", *ours):
        for file in sorted(folder.rglob("*.html")):
            get_template(str(file.relative_to(folder)))
    return made


with uncollected():
    application = started()
