"""Settings of the site. Everything that differs between deployments comes from the environment (docs/operator)."""

import os
from pathlib import Path

from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from jiandao.kernel.database.config import data_folder, databases
from jiandao.web.embedding import read_embedding, read_encoder
from jiandao.web.environment import Environment, turned_outward
from jiandao.web.mail import read_mail

BASE = Path(__file__).resolve().parent
JIANDAO_DATA = data_folder()

_given = Environment(os.environ)

# The demonstration mode: known passwords, loopback only. `jiandao check` refuses to start a public server with it.
JIANDAO_DEMONSTRATION = _given.flag("JIANDAO_DEMONSTRATION")
JIANDAO_INSECURE_KEY = "insecure-key-for-development-and-tests-only"

DEBUG = _given.flag("JIANDAO_DEBUG")
SECRET_KEY = _given.text("JIANDAO_SECRET_KEY", JIANDAO_INSECURE_KEY)
ALLOWED_HOSTS = _given.words("JIANDAO_HOSTS") or ["127.0.0.1", "localhost", "[::1]"]
CSRF_TRUSTED_ORIGINS = _given.words("JIANDAO_ORIGINS")
JIANDAO_PROXIES = _given.number("JIANDAO_PROXIES", 0, least=0, most=20)  # gateways in front (kernel.visitors)

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "django_htmx",
    "django_cotton",
    "django_filters",
    "crispy_forms",
    "crispy_bootstrap5",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "axes",
    "ninja",
    "csp",
    "procrastinate.contrib.django",
    "jiandao.kernel",
    "jiandao.kernel.components",
    "jiandao.stages.people",
    "jiandao.stages.exchange",
    "jiandao.web",
]

MIDDLEWARE = [
    "jiandao.web.middleware.Incidents",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "jiandao.web.middleware.Private",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "jiandao.web.middleware.Language",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "jiandao.web.middleware.Readable",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "jiandao.web.middleware.LastProgramme",
    "jiandao.web.middleware.CurrentActor",
    "jiandao.web.shell.Surroundings",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "jiandao.web.urls"
WSGI_APPLICATION = "jiandao.web.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE / "templates"],
        "APP_DIRS": False,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
                "jiandao.kernel.components.shell.shell",
            ],
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    [
                        "django_cotton.cotton_loader.Loader",
                        "django.template.loaders.filesystem.Loader",
                        "django.template.loaders.app_directories.Loader",
                    ],
                )
            ],
            "builtins": ["django_cotton.templatetags.cotton"],
        },
    }
]
COTTON_DIR = "cotton"
MESSAGE_STORAGE = "django.contrib.messages.storage.cookie.CookieStorage"  # no session is written for a sentence
CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"

DATABASES = databases()
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Accounts
AUTH_USER_MODEL = "jd_kernel.Account"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "jiandao.kernel.accounts.backend.AccountBackend",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "jiandao.web.accounts.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # strangers get no mail because somebody typed their address
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_RATE_LIMITS = False  # sign-in is limited by axes, everything else by kernel.quotas, also in these forms:
ACCOUNT_FORMS = {
    "change_password": "jiandao.web.account_forms.ChangePasswordForm",
    "reset_password": "jiandao.web.account_forms.ResetPasswordForm",
}
MFA_FORMS = {
    "authenticate": "jiandao.web.account_forms.AuthenticateForm",
    "reauthenticate": "jiandao.web.account_forms.ReauthenticateForm",
}
ACCOUNT_USER_MODEL_USERNAME_FIELD = "username"
ACCOUNT_USER_MODEL_EMAIL_FIELD = "email"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Jiandao"
USERSESSIONS_ADAPTER = "jiandao.web.accounts.SessionsAdapter"
USERSESSIONS_TRACK_ACTIVITY = False  # five queries a page; a session shows when it began
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_USERNAME_CALLABLE = "jiandao.web.accounts.tried_name"
AXES_LOCKOUT_CALLABLE = "jiandao.web.errors.locked_out"
AXES_CLIENT_IP_CALLABLE = "jiandao.kernel.visitors.counted_as"
AXES_VERBOSE = False
AXES_ENABLE_ADMIN = False

SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _given.flag("JIANDAO_HTTPS")
SECURE_HSTS_SECONDS = 31_536_000 if _given.flag("JIANDAO_HTTPS") else 0
SECURE_SSL_REDIRECT = False  # the gateway in front redirects
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _given.flag("JIANDAO_HTTPS") else None
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "jiandao.web.errors.csrf_failure"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "object-src": [NONE],
        "manifest-src": [SELF],
    }
}

# Language and time
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "中文"), ("en", "English")]
LANGUAGE_COOKIE_NAME = "jd_language"
LANGUAGE_COOKIE_AGE = 365 * 86_400
LANGUAGE_COOKIE_SECURE = _given.flag("JIANDAO_HTTPS")
LOCALE_PATHS = [BASE / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"

# Static files and uploads
STATIC_URL = "/static/"
STATIC_ROOT = None  # the assets are part of the package; nothing is collected
STATICFILES_DIRS = [BASE / "static"]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG
WHITENOISE_MAX_AGE = 3600
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.TemporaryFileUploadHandler"]

# E-mail goes through the outbox (kernel.notifications); this is the transport behind it.
_mail = read_mail(_given)
EMAIL_BACKEND = _mail.backend
EMAIL_FILE_PATH = JIANDAO_DATA / "mail"
EMAIL_HOST, EMAIL_PORT = _mail.host, _mail.port
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _mail.user, _mail.password
EMAIL_USE_TLS, EMAIL_USE_SSL = _mail.tls == "starttls", _mail.tls == "tls"
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = SERVER_EMAIL = _mail.sender
JIANDAO_MAIL_CHOSEN = _mail.chosen

JIANDAO_BASE_URL = _given.address("JIANDAO_BASE_URL", "http://127.0.0.1:8000")  # of links in mails
JIANDAO_SCAN_COMMAND = _given.command("JIANDAO_SCAN_COMMAND")  # gets the path of an upload; 0 is clean

JIANDAO_EMBEDDING = read_embedding(_given)  # a model of the deployment's own (kernel.search.endpoint), or None
JIANDAO_ENCODER = read_encoder(_given, JIANDAO_EMBEDDING)  # of the dense channel (kernel.search.dense)

JIANDAO_JOURNAL_ALGORITHM = _given.choice("JIANDAO_JOURNAL_DIGEST", ("sha256", "sm3"), "sha256")
JIANDAO_FOOTER = {
    "organiser": _given.text("JIANDAO_FOOTER_ORGANISER"),  # 主办单位
    "icp": _given.text("JIANDAO_FOOTER_ICP"),  # ICP备案号
    "police": _given.text("JIANDAO_FOOTER_POLICE"),  # 公安备案号
    "site_code": _given.text("JIANDAO_FOOTER_SITE_CODE"),  # 网站标识码
}
JIANDAO_REMEMBER_SECONDS = _given.number("JIANDAO_REMEMBER_SECONDS", 20, least=0, most=300)  # visitors' pages
JIANDAO_WORKER_JOBS = _given.number("JIANDAO_WORKER_JOBS", 2, least=1, most=64)

# What makes this server one for others than this machine; `jiandao serve` then asks for all that `jiandao check` does.
JIANDAO_OUTWARD = turned_outward(
    hosts=ALLOWED_HOSTS,
    origins=CSRF_TRUSTED_ORIGINS,
    base_url=JIANDAO_BASE_URL,
    proxies=JIANDAO_PROXIES,
    https=SESSION_COOKIE_SECURE,
)
JIANDAO_FAULTS = _given.faults  # every command says them and stops
SITE_NAME = _("Jiandao")

_LINE = "%(asctime)s %(levelname)s %(name)s %(message)s"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"format": _LINE},
        "brief": {"()": "jiandao.web.logs.Brief", "format": _LINE},
    },
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": "line"},
        "brief": {"class": "logging.StreamHandler", "formatter": "brief"},
    },
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "jiandao": {"level": "INFO"},
        # What was sent, not where in our code it was noticed: nothing of ours is broken.
        "django.security": {"handlers": ["brief"], "propagate": False},
    },
}
