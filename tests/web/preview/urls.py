"""Addresses of the gallery."""

from django.urls import include, path

from web.preview import views

urlpatterns = [
    path("i18n/", include("django.conf.urls.i18n")),
    path("accounts/sessions/<int:number>/end/", views.desk, name="session-end"),
    path("accounts/", include("allauth.urls")),
    path("", views.desk),
    path("desk/", views.desk),
    path("list/", views.listing),
    path("record/", views.record),
    path("form/", views.form),
    path("form/autosave/", views.autosave),
    path("conflict/", views.conflict),
    path("progress/", views.progress),
    path("progress/part/", views.progress_part),
    path("match/", views.match),
    path("chart/", views.chart),
    path("fault/<int:status>/", views.fault),
    path("entrance/<slug:name>/", views.entrance),
]
handler400 = "jiandao.web.errors.bad_request"
handler403 = "jiandao.web.errors.forbidden"
handler404 = "jiandao.web.errors.not_found"
handler500 = "jiandao.web.errors.server_error"
