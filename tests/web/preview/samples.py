"""Fixed contents for every component; hostile texts included, because an office's titles come from strangers."""

import datetime
from datetime import timedelta

from django import forms
from django.http import QueryDict

from jiandao.kernel import components as c

HOSTILE = '<script>alert(1)</script><img src=x onerror=alert(2)>"\' onmouseover="x'
TODAY = datetime.date(2026, 11, 22)
NOW = datetime.datetime(2026, 11, 22, 9, 5, tzinfo=datetime.timezone(timedelta(hours=8)))
STATES = [
    c.Badge("草稿", "neutral"),
    c.Badge("待形式审查", "waiting"),
    c.Badge("已发布", "active"),
    c.Badge("已退回", "stop"),
    c.Badge("已完成", "done"),
]
TITLES = [
    "碳化硅衬底切割后表面亚损伤层快速无损检测",
    "车规级激光雷达用1550 nm窄线宽光纤激光器国产替代",
    "千吨级生物基尼龙56连续聚合装置的黏度在线控制",
    "大型船用低速机高压共轨喷油器的疲劳寿命提升",
    "面向6G的太赫兹通信芯片封装散热与一致性测试",
    HOSTILE,
]


class FilterForm(forms.Form):
    """Filters of the sample list."""

    q = forms.CharField(label="关键词", required=False, max_length=100)
    state = forms.ChoiceField(
        label="状态", required=False, choices=[("", "全部"), *((str(i), s.label) for i, s in enumerate(STATES))]
    )
    field = forms.ChoiceField(
        label="领域", required=False, choices=[("", "全部"), ("1", "光电子信息"), ("2", "高端装备"), ("3", "先进材料")]
    )
    place = forms.ChoiceField(label="市州", required=False, choices=[("", "全部"), ("1", "武汉市"), ("2", "襄阳市")])
    late = forms.BooleanField(label="只看逾期", required=False)


def listing(query: QueryDict, total: int = 1234) -> c.Listing:
    """A list of fifty needs."""
    page = int(query.get("page", "1"))
    rows = [
        c.Row(
            f"/record/?n={i}",
            [
                TITLES[i % len(TITLES)],
                f"N-2026-{i:04d}",
                ["示例光电技术有限公司", "示例重工集团", "示例新材料研究院"][i % 3],
                STATES[i % len(STATES)],
                (i * 7919 + 125) * 10_000_000,
                i % 9,
                c.Due.of(TODAY + timedelta(days=i - 4), TODAY),
                NOW - timedelta(hours=i * 5),
            ],
            muted=i % 17 == 16,
        )
        for i in range(0 if total == 0 else 50)
    ]
    return c.Listing(
        title="技术需求",
        caption="技术需求清单",
        columns=[
            c.Column("名称", sort="title", primary=True),
            c.Column("编号"),
            c.Column("单位", sort="organisation"),
            c.Column("状态", "badge", sort="state"),
            c.Column("拟投入", "money", sort="money"),
            c.Column("指标", "number", unit="项"),
            c.Column("截止", "due", sort="due"),
            c.Column("更新", "day", sort="updated"),
        ],
        rows=rows,
        total=total,
        query=query,
        page=page,
        order=query.get("order", "-updated"),
        filters=FilterForm(query),
        exports=[
            c.Link("Excel", "/list/export.xlsx", "file-spreadsheet"),
            c.Link("CSV", "/list/export.csv", "file-type-csv"),
        ],
        views=[
            c.Link("全部", "/list/", current=True),
            c.Link("我单位的", "/list/?mine=1"),
            c.Link(HOSTILE, "/list/?view=3"),
        ],
        save_view_url="/list/views/",
        create=c.Link("新建需求", "/form/"),
    )


def record() -> c.Record:
    """A need under form check, with everything that a record page can show."""
    return c.Record(
        title=f"{TITLES[0]}（{HOSTILE}）",
        kind="技术需求",
        public_id="N-7KQ4-2M9X",
        state=STATES[1],
        secrecy=c.Badge("内部", "neutral"),
        language="zh-hans",
        crumbs=[c.Link("我的待办", "/desk/"), c.Link("技术需求", "/list/")],
        links=[c.Link("匹配成果", "/match/", "arrows-exchange")],
        next_step="等待形式审查",
        next_due=c.Due.of(TODAY + timedelta(days=2), TODAY),
        summary=[
            c.Fact(
                "问题描述",
                "切割后表面亚损伤层深度目前只能破片抽检，\n每片需 40 分钟，抽检率不足 2 %。\n" + HOSTILE,
                wide=True,
            ),
            c.Fact("提出单位", c.Link("示例光电技术有限公司", "/record/"), "object"),
            c.Fact("拟投入资金", 1_250_000_000, "money", source="单位填报，2026-11-18"),
            c.Fact("目标：检测深度分辨率", 0.5, "number", unit="μm"),
            c.Fact("完成期限", datetime.date(2027, 12, 31), "day"),
            c.Fact("技术成熟度", None),
            c.Fact("接受联合攻关", True, "yes"),
        ],
        actions=[
            c.Action("pass", "通过形式审查", "/record/", primary=True, icon="check", version=4),
            c.Action("return", "退回修改", "/record/", ask="退回理由", version=4, icon="arrow-back-up"),
            c.Action(
                "withdraw",
                "撤回",
                "/record/",
                stops=True,
                confirm="撤回后对接也随之停止。确定吗？",
                version=4,
                icon="ban",
            ),
            c.Action("edit", "编辑", "/form/", method="get", icon="pencil"),
            c.Action("publish", "发布", allowed=False, reason="须先通过形式审查（审查期限 2026-11-24）。"),
            c.Action("export", "导出对接记录", allowed=False, reason=f"只有需求单位可以导出。{HOSTILE}"),
        ],
        evidence=[
            c.Evidence(
                "破片抽检记录（2026年第三季度）.pdf", "/record/", "PDF", 1_234_567, "ab" * 32, "王芳", NOW, "由单位上传"
            ),
            c.Evidence(HOSTILE, "javascript:alert(1)", "外部来源"),
        ],
        timeline=[
            c.Entry(NOW, "王芳", "提交形式审查", "需求单位联系人", number=4, state=STATES[1]),
            c.Entry(
                NOW - timedelta(days=1),
                "李晓明",
                "退回修改",
                "项目主管",
                f"指标缺少测试方法。\n{HOSTILE}",
                rule="形式审查要点 2026版 第3条",
                number=3,
                state=STATES[3],
            ),
            c.Entry(
                NOW - timedelta(days=3),
                HOSTILE,
                "修改了需求",
                "需求单位联系人",
                number=2,
                changes=[c.Change("拟投入资金", "800.00 万元", "1,250.00 万元"), c.Change("名称", "", HOSTILE)],
            ),
            c.Entry(NOW - timedelta(days=4), "王芳", "新建需求", "需求单位联系人", number=1),
        ],
        older_url="/record/?before=1",
    )


def desk() -> c.Desk:
    """A desk with overdue, near and later items."""

    def item(i: int, days: int, task: str, verb: str) -> c.DeskItem:
        return c.DeskItem(
            TITLES[i],
            "/record/",
            task,
            c.Link(verb, "/record/"),
            c.Due.of(TODAY + timedelta(days=days), TODAY),
            kind="技术需求",
            from_whom="示例光电技术有限公司",
            state=STATES[1],
        )

    return c.Desk(
        groups=[
            c.DeskGroup(
                "需要我办理",
                [item(0, -3, "形式审查", "去审查"), item(1, 0, "形式审查", "去审查"), item(5, 2, "形式审查", "去审查")],
                18,
                "/list/?state=1",
            ),
            c.DeskGroup(
                "需要我答复", [item(2, 9, "对接申请待答复", "去答复"), item(3, 20, "补充测试方法", "去补充")], 2
            ),
        ],
        shortcuts=[c.Link("新建需求", "/form/", "plus"), c.Link("导入需求", "/progress/", "upload")],
        recent=[c.Link(TITLES[4], "/record/"), c.Link(HOSTILE, "/record/")],
    )


class NeedForm(forms.Form):
    """A need's form, shortened."""

    title = forms.CharField(label="需求名称", max_length=60, help_text="写明要解决的问题，不写单位名称；60 字以内。")
    problem = forms.CharField(
        label="问题描述",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="现状如何、卡在哪里、试过什么。避免“先进、较高”这类无法检验的词。",
    )
    money = forms.DecimalField(label="拟投入资金（万元）", min_value=0, decimal_places=2, help_text="没有上限时填 0。")
    deadline = forms.DateField(label="完成期限", widget=forms.DateInput(attrs={"type": "date"}))
    direction = forms.ChoiceField(
        label="方向", widget=forms.RadioSelect, choices=[("1", "国家所需"), ("2", "产业所困"), ("3", "未来所向")]
    )
    field = forms.ChoiceField(label="领域", choices=[("", "请选择"), ("1", "光电子信息"), ("2", "高端装备")])
    joint = forms.BooleanField(label="接受联合攻关", required=False, help_text="与高校、院所组成联合体。")
    paper = forms.FileField(label="附件", required=False, help_text="PDF、Word、Excel，20 MB 以内。")


def form_page(form: forms.Form) -> c.FormPage:
    """The page around `NeedForm`."""
    return c.FormPage(
        title="编辑技术需求",
        form=form,
        submit="保存",
        cancel_url="/record/",
        version=4,
        autosave_url="/form/autosave/",
        saved_at="09:05",
        crumbs=[c.Link("技术需求", "/list/"), c.Link(TITLES[0], "/record/")],
        buttons=[("submit", "保存并提交")],
        sections=[
            c.Section("问题", ["title", "problem"], "别人只看这两项就应当明白要解决什么。"),
            c.Section("条件", ["money", "deadline", "direction", "field"]),
        ],
    )


def conflict() -> c.Conflict:
    """Two people wrote the same need."""
    return c.Conflict(
        title=TITLES[0],
        url="/conflict/",
        version=5,
        saved_by="王芳",
        saved_at=NOW,
        back_url="/record/",
        fields=[
            c.ConflictField("title", "需求名称", "碳化硅衬底亚损伤层在线检测", "碳化硅衬底亚损伤层快速无损检测"),
            c.ConflictField(
                "problem",
                "问题描述",
                "每片需 40 分钟，抽检率不足 2 %。\n" + HOSTILE,
                "每片需 30 分钟，抽检率不足 5 %。",
            ),
            c.ConflictField("money", "拟投入资金（万元）", "1250.00", "1250.00"),
        ],
    )


def progress(state: str = "running") -> c.Progress:
    """An import half-way."""
    labels = {"running": "正在导入", "done": "已完成", "failed": "失败", "queued": "排队中"}
    return c.Progress(
        title=f"导入需求：{HOSTILE}.xlsx",
        state=state,  # type: ignore[arg-type]
        label=labels[state],
        done=8_420,
        total=20_000,
        message="正在检查第 8,421 行",
        counts=[("已检查", 8_420), ("可导入", 8_391), ("有错误", 29)],
        poll_url=f"/progress/part/?state={state}",
        cancel_url="/progress/" if state == "running" else "",
        result=c.Link("查看结果", "/list/") if state == "done" else None,
        started=NOW,
    )


def match_page() -> c.MatchPage:
    """The best results for a need."""
    left = "需要在 5 分钟内无损测出碳化硅衬底表面亚损伤层的深度。"
    right = "提出一种基于偏振散射的碳化硅晶片亚表面损伤无损检测方法，单片耗时 3 分钟。"
    matches = [
        c.Match(
            rank=i + 1,
            title=title,
            url="/record/",
            score=score,
            reason="两段文字都谈碳化硅亚损伤层的无损检测，且都给出单片耗时。",
            owner="示例大学",
            badges=[c.Badge("成熟度 5（2026版）", "neutral")],
            terms=[
                c.SharedTerm("碳化硅", 0.31),
                c.SharedTerm("亚损伤层", 0.27),
                c.SharedTerm("无损检测", 0.22),
                c.SharedTerm(HOSTILE, 0.01),
            ],
            pair=c.SentencePair(
                left, right + (HOSTILE if i else ""), [(9, 11), (13, 16), (19, 23)], [(9, 12), (14, 20), (20, 24)]
            ),
            demands=[
                c.Demand(c.Badge("已写明，达到", "done"), "单片耗时 ≤ 5 min", "3分钟", right),
                c.Demand(c.Badge("要求但文中未见", "neutral"), HOSTILE),
            ],
            links=[c.Link("请求对接", "/record/")],
        )
        for i, (title, score) in enumerate(
            [("基于偏振散射的晶片亚表面损伤检测方法", 1.0), (HOSTILE, 0.62), (TITLES[3], 0.18)]
        )
    ]
    return c.MatchPage(
        title="匹配的成果",
        subject=c.Link(TITLES[0], "/record/"),
        subject_text="切割后表面亚损伤层深度目前只能破片抽检。",
        matches=matches,
        total=len(matches),
        method="按文字相近程度排序（BM25，字符一元与二元组），不含人工判断。",
        left_label="需求",
        right_label="成果",
        crumbs=[c.Link("技术需求", "/list/"), c.Link(TITLES[0], "/record/")],
    )


def charts() -> list[c.Chart]:
    """One chart of each kind, and an empty one."""
    months = ["7月", "8月", "9月", "10月", "11月"]
    fields = ["光电子信息", "高端装备", "先进材料", "生命健康"]
    return [
        c.Chart(
            "relay",
            "接力漏斗",
            "funnel",
            ["需求", "形式审查通过", "榜题", "对接", "达成意向", "签订合同"],
            [c.Series("数量", [1420, 1163, 640, 212, 64, 21], ["/list/?step=1", "", "/list/?step=3", "", "", ""])],
            "项",
            "系统记录，2026-11-22",
            "环节",
            drops=[
                [c.Drop("退回未补", 180, "/list/?drop=1"), c.Drop(HOSTILE, 12, "javascript:alert(1)")],
                [c.Drop("已有成熟技术", 301, "/list/?drop=2"), c.Drop("合并", 96, "/list/?drop=3")],
                [],
                [c.Drop("对方谢绝", 88)],
                [],
                [],
            ],
        ),
        c.Chart(
            "needs",
            "每月新增",
            "bar",
            months,
            [c.Series("需求", [12, 30, 22, 41, 18], [f"/list/?m={i}" for i in range(5)])],
            "项",
            "系统记录",
            "月份",
        ),
        c.Chart(
            "both",
            "每月新增，按类别",
            "stacked",
            months,
            [c.Series("需求", [12, 30, 22, 41, 18]), c.Series(HOSTILE, [5, 9, 14, 8, 11])],
            "项",
            "系统记录",
            "月份",
        ),
        c.Chart(
            "money",
            "累计投入",
            "line",
            months,
            [c.Series("资金", [120_050_000_000, 180_000_000_000, None, 260_000_000_000, 310_000_000_000])],
            source="系统记录",
            category_label="月份",
            figures="money",
        ),
        c.Chart(
            "bubbles",
            "领域：成果与需求",
            "scatter",
            fields,
            [
                c.Series(
                    "领域", [120, 64, 90, 40], [f"/list/?f={i}" for i in range(4)], [300, 150, 420, 90], [9, 4, 16, 1]
                )
            ],
            "项",
            "系统记录",
            "领域",
            x_label="成果",
            value_label="需求",
            size_label="合同",
        ),
        c.Chart("none", "尚无数字", "bar", months, [c.Series("项目", [0] * 5)], empty="还没有立项的项目。"),
    ]


def tile_map() -> c.TileMap:
    """Needs by place: one place far ahead, one without any, some without a place."""
    counts = {
        "4201": 812, "4202": 64, "4203": 88, "4205": 143, "4206": 201, "4207": 23, "4208": 41, "4209": 57, "4210": 73,
        "4211": 49, "4212": 30, "4213": 26, "4228": 12, "429004": 18, "429005": 21, "429006": 9, None: 14,
    }  # fmt: skip
    return c.TileMap.of(
        "places", "各市州的技术需求", counts, href=lambda code: f"/list/?place={code}", unit="项",
        unknown_href="/list/?place=none", source="系统记录，2026-11-22",
    )  # fmt: skip
