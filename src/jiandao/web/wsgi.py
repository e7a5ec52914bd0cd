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
