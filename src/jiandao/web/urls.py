"""Addresses of the site."""

from django.urls import URLPattern, URLResolver, include, path

from jiandao.web.api import api
from jiandao.web.views import api as api_pages
from jiandao.web.views import jobs, office, rules, saved_views, sessions, start, stopping

urlpatterns: list[URLPattern | URLResolver] = [
    path("", start.home, name="home"),
    path("accounts/sessions/<int:number>/end/", sessions.end, name="session-end"),
    path("accounts/tokens/", api_pages.tokens, name="tokens"),
    path("accounts/tokens/<str:public_id>/revoke/", api_pages.revoke, name="token-revoke"),
    path("accounts/", include("jiandao.web.account_urls")),
    path("api/", api_pages.routes, name="api"),
    path("api/v1/openapi.json", api_pages.openapi, name="openapi"),
    path("api/v1/", include((api.patterns(), "api"), namespace="api")),
    path("language/", start.language, name="set_language"),
    path("messages/", start.notifications, name="notifications"),
    path("messages/stop/<str:secret>/", stopping.mail_stop, name="mail-stop"),
    path("messages/settings/", office.preferences, name="message-settings"),
    path("messages/<int:number>/", start.message, name="message"),
    path("views/", saved_views.views, name="views"),
    path("views/save/", saved_views.save, name="view-save"),
    path("views/<str:public_id>/", saved_views.opened, name="view"),
    path("views/<str:public_id>/do/", saved_views.do, name="view-do"),
    path("files/<str:public_id>/", office.file, name="file"),
    path("jobs/<str:public_id>/", jobs.job, name="job"),
    path("jobs/<str:public_id>/progress/", jobs.progress, name="job-progress"),
    path("jobs/<str:public_id>/cancel/", jobs.cancel, name="job-cancel"),
    path("jobs/<str:public_id>/retry/", jobs.retry, name="job-retry"),
    path("jobs/<str:public_id>/give-up/", jobs.give_up, name="job-give-up"),
    path("", include("jiandao.stages.people.urls")),
    path("p/<slug:programme>/", start.desk, name="desk"),
    path("p/<slug:programme>/search/", start.search, name="search"),
    path("p/<slug:programme>/search/options/", start.palette, name="palette"),
    path("p/<slug:programme>/jobs/", jobs.jobs, name="jobs"),
    path("p/<slug:programme>/rules/", rules.rules, name="rules"),
    path("p/<slug:programme>/rules/<str:code>/", rules.edit, name="rule-edit"),
    path("p/<slug:programme>/outbox/", office.outbox, name="outbox"),
    path("p/<slug:programme>/outbox/hold/", office.hold, name="outbox-hold"),
    path("p/<slug:programme>/outbox/release/", office.release, name="outbox-release"),
    path("p/<slug:programme>/outbox/<str:public_id>/", office.mail, name="outbox-mail"),
    path("p/<slug:programme>/outbox/<str:public_id>/do/", office.mail_do, name="outbox-do"),
    path("p/<slug:programme>/", include("jiandao.stages.exchange.urls")),
]

handler400 = "jiandao.web.errors.bad_request"
handler403 = "jiandao.web.errors.forbidden"
handler404 = "jiandao.web.errors.not_found"
handler500 = "jiandao.web.errors.server_error"
