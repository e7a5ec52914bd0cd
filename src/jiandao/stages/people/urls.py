"""Addresses of the directory of people."""

from django.urls import path

from jiandao.stages.people import views

app_name = "people"

urlpatterns = [
    path("organisations/", views.organisations, name="organisations"),
    path("organisations/<str:public_id>/", views.organisation, name="organisation"),
    path("organisations/<str:public_id>/invite/", views.invite, name="invite"),
    path("organisations/<str:public_id>/grant/", views.grant, name="grant"),
    path("organisations/<str:public_id>/end/<int:number>/", views.end_role, name="end-role"),
    path("invitations/<str:public_id>/withdraw/", views.withdraw, name="withdraw-invitation"),
    path("invitation/<str:secret>/", views.accept, name="accept-invitation"),
]
