"""Settings of the tiny project on which the harness itself is tested."""

from jiandao.kernel.database.config import data_folder, databases

SECRET_KEY = "only for tests"
JIANDAO_DATA = data_folder()
MEDIA_ROOT = JIANDAO_DATA / "files"
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "tinyproject.shop"]
DATABASES = databases()
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
ROOT_URLCONF = "tinyproject.urls"
ALLOWED_HOSTS = ["*"]
USE_TZ = True
STATIC_URL = "/static/"
