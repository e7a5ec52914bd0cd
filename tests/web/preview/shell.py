"""What surrounds the gallery's pages."""

from collections.abc import Callable
from dataclasses import replace

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from jiandao.kernel.components import Footer, Link, NavItem, Shell, TourCard


class ShellMiddleware:
    """Puts a fixed `Shell` on each request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        here = request.path
        if not here.startswith("/accounts/login"):
            shown = signed_in(here)
            request.shell = replace(shown, tour=TOUR) if "tour" in request.GET else shown  # type: ignore[attr-defined]
        else:
            request.shell = Shell(demo=True, sign_in_url="", footer=FOOTER)  # type: ignore[attr-defined]
        return self.get_response(request)


FOOTER = Footer(
    host="示例省科学技术厅",
    icp="示ICP备00000000号",
    police="示公网安备 00000000000000号",
    police_url="https://example.org/",
    site_code="0000000000",
    contact="027-00000000",
)

TOUR = TourCard(
    label="项目主管",
    title="我的待办",
    text="等您办理的事项列在这里，最急的在前，每项一个按钮。<b>没有待办</b>时列表为空。",
    number=2,
    count=8,
    anchor=".jd-desk-grid",
    back_url="/list/?tour=1",
    next_url="/record/?tour=1",
    end=Link("结束导览", "/desk/"),
)


def signed_in(here: str) -> Shell:
    """The surroundings of a signed-in programme officer."""
    items = [
        (_("My desk"), "/desk/", "inbox", 7),
        ("需求", "/list/", "bulb", None),
        ("成果", "/list/?kind=result", "microscope", None),
        ("对接", "/match/", "arrows-exchange", None),
        ("导入", "/progress/", "upload", None),
        ("单位与人员", "/record/", "building", None),
        ("驾驶舱", "/chart/", "chart-bar", None),
    ]
    return Shell(
        programme="“尖刀”技术攻关工程（示范）",
        demo=True,
        navigation=[NavItem(label, url, icon, here == url, count) for label, url, icon, count in items],
        search_url="/list/",
        person="李晓明",
        organisation="示例省科学技术厅",
        roles=["项目主管", "系统管理员"],
        account_links=[
            Link(_("Password"), "/accounts/password/change/", "key"),
            Link(_("Sessions"), "/accounts/sessions/", "shield-lock"),
        ],
        sign_out_url="/accounts/logout/",
        notifications=3,
        notifications_url="/desk/",
        footer=FOOTER,
    )
