"""The gallery's pages."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from jiandao.web import errors
from web.preview import samples


def desk(request: HttpRequest) -> HttpResponse:
    """My desk."""
    empty = samples.c.Desk(groups=[])
    return render(request, "desk.html", {"desk": empty if "empty" in request.GET else samples.desk()})


def listing(request: HttpRequest) -> HttpResponse:
    """A list of fifty rows; ?empty=1 an empty one."""
    total = 0 if "empty" in request.GET else 1234
    return render(request, "list.html", {"listing": samples.listing(request.GET, total)})


def record(request: HttpRequest) -> HttpResponse:
    """A record; a POST answers with a message that names what was pressed."""
    if request.method == "POST":
        messages.success(request, f"{request.POST.get('verb')} {request.POST.get('reason', '')}")
    return render(request, "record.html", {"record": samples.record()})


def form(request: HttpRequest) -> HttpResponse:
    """A form with one saved text."""
    start = {"title": samples.TITLES[0], "problem": samples.HOSTILE, "money": "1250.00"}
    bound: forms.Form = samples.NeedForm(request.POST or None, request.FILES or None, initial=start)
    if request.method == "POST" and bound.is_valid():
        messages.success(request, "已保存")
    return render(request, "form.html", {"page": samples.form_page(bound)})


def autosave(request: HttpRequest) -> HttpResponse:
    """Saves nothing and says when; the title 冲突 answers as if somebody else had saved."""
    if request.POST.get("title") == "冲突":
        return JsonResponse({"url": "/conflict/"}, status=409)
    return JsonResponse({"saved_at": "10:32"})


def conflict(request: HttpRequest) -> HttpResponse:
    """A stale save; a POST echoes what was chosen."""
    if request.method == "POST":
        return JsonResponse(request.POST.dict())
    return render(request, "conflict.html", {"conflict": samples.conflict()}, status=409)


def progress(request: HttpRequest) -> HttpResponse:
    """A job."""
    return render(request, "progress.html", {"job": samples.progress(request.GET.get("state", "running"))})


def progress_part(request: HttpRequest) -> HttpResponse:
    """The fragment that the page asks for every second: done at the second question."""
    return render(request, "components/progress.html", {"job": samples.progress("done")})


def match(request: HttpRequest) -> HttpResponse:
    """Matches with reasons."""
    return render(request, "match.html", {"match": samples.match_page()})


def chart(request: HttpRequest) -> HttpResponse:
    """Charts."""
    return render(request, "preview/chart.html", {"charts": samples.charts(), "map": samples.tile_map()})


def fault(request: HttpRequest, status: int) -> HttpResponse:
    """An error page."""
    return errors.fault(request, status, "出错了", "请稍后再试。", code="7KQ42M9X")


def entrance(request: HttpRequest, name: str) -> HttpResponse:
    """A page of sign-in with the context that allauth would give it."""
    from allauth.mfa.base.forms import AuthenticateForm

    class ActivateForm(forms.Form):
        code = forms.CharField(label="验证码", widget=forms.TextInput(attrs={"autocomplete": "one-time-code"}))
        secret = "JBSWY3DPEHPK3PXP"

    class Authenticate(AuthenticateForm):
        def __init__(self, data: object = None) -> None:
            super().__init__(data, user=None)

    codes = [f"{n:08d}" for n in range(11_223_344, 11_223_354)]
    one = {
        "pk": 7,
        "created_at": samples.NOW,
        "ip": "192.0.2.7",
        "user_agent": samples.HOSTILE,
        "last_seen_at": samples.NOW,
    }
    template, context = {
        "code": ("mfa/authenticate.html", {"form": Authenticate(), "MFA_SUPPORTED_TYPES": ["totp"]}),
        "totp": (
            "mfa/totp/activate_form.html",
            {
                "form": ActivateForm(),
                "totp_svg_data_uri": "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg'/%3E",
            },
        ),
        "recovery": (
            "mfa/recovery_codes/index.html",
            {
                "unused_codes": codes,
                "total_count": 10,
                "can_view_codes": True,
                "can_download_codes": True,
                "can_generate_codes": True,
            },
        ),
        "password": ("account/password_change.html", {"form": PasswordForm()}),
        "sessions": (
            "usersessions/usersession_list.html",
            {"sessions": [{**one, "is_current": True}, one], "session_count": 2, "show_last_seen_at": True},
        ),
    }[name]
    return render(request, template, context)


class PasswordForm(forms.Form):
    """The fields of allauth's form, which needs a signed-in account."""

    oldpassword = forms.CharField(label="当前密码", widget=forms.PasswordInput)
    password1 = forms.CharField(label="新密码", widget=forms.PasswordInput, help_text="至少 12 个字符。")
    password2 = forms.CharField(label="新密码（再输一次）", widget=forms.PasswordInput)
