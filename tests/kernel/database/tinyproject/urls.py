"""One page, for the live server's test."""

from django.http import HttpRequest, HttpResponse
from django.urls import path

from tinyproject.shop.models import Item


def count(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(Item.objects.count()))


urlpatterns = [path("count", count)]
