"""The words by which headers name fields and cells name choices, as the forms in use have them, in both languages."""

COMMON_WORDS: dict[str, str] = {
    "id": "编号 项目编号 源编号 id no number source_id",
    "credit_code": "统一社会信用代码 社会信用代码 信用代码 credit_code unified_social_credit_code uscc",
    "language": "语言 language lang",
    "keywords": "关键词 关键字 keywords keyword",
    "field": "技术领域 所属领域 领域 需求技术所属领域 技术所属领域 field technical_field",
    "secrecy": "密级 保密级别 公开范围 secrecy",
    "secret_until": "保密期限 保密期至 secret_until",
    "title_other": "英文名称 英文标题 英文题目 english_title",
    "summary_other": "英文摘要 英文简介 english_summary english_abstract",
    "translated_by": "译者 翻译 translator",
}
NEED_WORDS = COMMON_WORDS | {
    "id": COMMON_WORDS["id"] + " 需求编号 选题编号 难题编号 征集编号 need_id",
    "organisation": (
        "需求方 需求单位 需求企业 企业名称 单位名称 单位 机构全称 发榜单位 发榜方 出题单位 出题企业 申报单位 "
        "organisation organization company enterprise institution asker owner"
    ),
    "title": (
        "技术需求名称 需求名称 需求题目 题目 选题名称 榜单名称 技术难题名称 难题名称 项目名称 名称 标题 title need "
        "need_title name challenge"
    ),
    "problem": (
        "主要问题 问题描述 技术问题 存在问题 需求描述 需求内容 问题 现状与问题 problem description problem_statement"
    ),
    "goal": "预期目标 预期成果 预期效果 目标 goal expected_result objective",
    "conditions": "揭榜条件 揭榜方条件 对揭榜方要求 对解题方要求 应答条件 conditions requirements",
    "intellectual_property": "知识产权归属 知识产权 产权归属 intellectual_property ip",
    "intellectual_property_note": "知识产权说明 ip_note",
    "activity_type": "科技活动类型 活动类型 activity_type",
    "solution_mode": "技术需求解决方式 解决方式 合作方式 对接方式 solution_mode",
    "direction": "方向 攻关方向 三个方向 direction",
    "orientation": "四个面向 面向 orientation",
    "cluster": "产业集群 集群 51020 cluster",
    "discipline": "学科分类 学科 学科代码 discipline",
    "industry": "需求技术应用行业 应用行业 所属行业 行业 industry",
    "budget_fen": "拟投入资金总额 拟投入资金 预算 投入经费 经费 榜单金额 悬赏金额 金额 budget amount money",
    "deadline": "截止日期 截止时间 揭榜截止日期 揭榜截止 应答截止日期 deadline closes",
    "needed_by": "需求时限 完成时限 解决时限 期望完成时间 时限 needed_by",
    "indicators": "指标 主要指标 技术指标 考核指标 量化目标 公开的量化目标 indicators targets",
}
RESULT_WORDS = COMMON_WORDS | {
    "id": COMMON_WORDS["id"] + " 项目批准号 成果编号 登记号 成果登记号 专利号 申请号 result_id",
    "organisation": (
        "依托单位 完成单位 第一完成单位 持有单位 成果单位 所属单位 单位 单位名称 专利权人 权利人 owner organisation "
        "organization institution host affiliation"
    ),
    "title": "成果名称 项目名称 论文题目 专利名称 题目 名称 标题 title name",
    "text": "成果简介 成果描述 成果介绍 项目简介 简介 摘要 abstract description text summary",
    "authors": "完成人 主要完成人 作者 发明人 项目负责人 负责人 authors author inventors",
    "trl": "技术成熟度 成熟度 技术就绪度 trl technology_readiness_level",
    "trl_evidence": "成熟度证明 成熟度依据 技术成熟度证明 trl_evidence",
    "terms": "合作方式 转化方式 交易方式 terms",
    "price_fen": "意向价格 转让价格 价格 挂牌价 报价 price",
}
# Words of the forms in use, beside codes and labels.
CHOICE_WORDS = {
    "activity_type": {
        "试验发展": "experimental-development", "研究发展与成果应用": "application-of-results",
        "技术推广与科技服务": "extension-and-services", "生产性活动": "production", "基础研究": "basic-research",
        "应用研究": "applied-research",
    },
    "solution_mode": {"独立研发": "own", "委托研发": "commissioned", "合作研发": "joint", "其他": "other"},
    "intellectual_property": {
        "归需求方": "asker", "需求方所有": "asker", "归揭榜方": "answerer",
        "揭榜方所有": "answerer", "双方共有": "shared", "共有": "shared", "共享": "shared",
        "按协议约定": "agreed", "协议约定": "agreed", "另行约定": "agreed",
    },
    "terms": {
        "转让": "transfer", "技术转让": "transfer", "许可": "licence", "技术许可": "licence", "作价入股": "investment",
        "入股": "investment", "合作开发": "joint", "技术服务": "service", "技术咨询": "service", "面议": "negotiable",
        "license": "licence",
    },
    "work_kind": {
        "论文": "paper", "期刊论文": "paper", "会议论文": "paper", "article": "paper", "专利": "patent", "发明专利": "patent",
        "项目": "project", "课题": "project", "标准": "standard", "奖励": "award", "获奖": "award", "奖项": "award",
        "其他": "other", "专著": "other", "著作": "other", "book": "other", "other": "other",
    },
    "capability_kind": {
        "团队": "team", "科研团队": "team", "实验室": "laboratory", "重点实验室": "laboratory", "仪器": "instrument",
        "仪器设备": "instrument", "设备": "instrument", "中试线": "pilot-line", "中试平台": "pilot-line",
        "中试基地": "pilot-line",
    },
    "price_unit": {
        "小时": "hour", "机时": "hour", "天": "day", "日": "day", "样品": "sample", "件": "sample", "批": "batch",
        "批次": "batch", "月": "month",
    },
    "organisation_kind": {
        "企业": "enterprise", "公司": "enterprise", "高校": "university", "高等院校": "university", "大学": "university",
        "科研院所": "institute", "研究机构": "institute", "科研机构": "institute", "医院": "hospital",
        "政府部门": "government", "投资机构": "investor", "服务机构": "service", "其他": "other",
    },
    "language": {"中文": "zh", "汉语": "zh", "chinese": "zh", "英文": "en", "英语": "en", "english": "en"},
    "secrecy": {"公开": "public", "内部": "internal", "工作秘密": "work-secret", "商业秘密": "trade-secret"},
}  # fmt: skip
CAPABILITY_WORDS = COMMON_WORDS | {
    "organisation": (
        "单位 单位名称 依托单位 所属单位 管理单位 机组所属单位 所在单位 organisation organization owner host institution"
    ),
    "title": "名称 能力名称 平台名称 仪器名称 设备名称 实验室名称 团队名称 标题 title name",
    "capability_kind": "类别 类型 能力类型 种类 kind type",
    "text": "简介 功能 主要功能 能力描述 技术指标 服务内容 description text summary",
    "level_from": "承接成熟度 起始成熟度 level_from trl_from",
    "level_to": "达到成熟度 完成成熟度 level_to trl_to",
    "place": "地点 安放地点 安装地址 所在地 地址 place location address",
    "opening_hours": "开放时间 开放时段 服务时间 opening_hours hours",
    "price_fen": "价格 收费标准 参考价格 收费 price fee",
    "price_unit": "计价单位 收费单位 单价单位 price_unit unit",
    "conditions": "使用条件 开放条件 预约须知 conditions",
}
ORGANISATION_WORDS = {
    "organisation": "名称 单位名称 企业名称 机构名称 机构全称 单位 企业 name organisation organization company institution",
    "credit_code": COMMON_WORDS["credit_code"],
    "name_en": "英文名称 英文名 name_en english_name",
    "organisation_kind": "类别 类型 单位类型 单位性质 机构类型 企业类型 kind type",
    "prefecture": "市州 地市 所在市州 所属地区 地区 所在地 城市 prefecture city region",
    "clusters": "产业集群 集群 所属产业 clusters cluster",
    "website": "网址 网站 官网 website url",
    "introduction": "简介 单位简介 企业简介 主营业务 经营范围 introduction description",
    "former_names": "曾用名 原名 历史名称 former_names former_name",
    "short_names": "简称 其他名称 别名 short_names short_name alias",
}
EXPERT_WORDS = {
    "name": "姓名 专家姓名 专家 name expert",
    "organisation": "工作单位 单位 所在单位 依托单位 organisation organization affiliation institution",
    "credit_code": COMMON_WORDS["credit_code"],
    "post": "职称 专业技术职务 技术职称 职务 post title professional_title",
    "email": "邮箱 电子邮箱 电子邮件 e-mail email mail",
    "phone": "电话 联系电话 手机 手机号 phone telephone mobile",
    "orcid": "orcid",
    "fields": "技术领域 研究领域 领域 专业领域 fields field",
    "disciplines": "学科 学科分类 所属学科 disciplines discipline",
    "keywords": COMMON_WORDS["keywords"] + " 研究方向",
    "text": "简介 个人简介 专长 擅长 text biography expertise",
    "works": "代表作 论文 代表性成果 成果 论著 works publications papers",
    "available": "是否接受邀请 接受邀请 available",
    "days_a_year": "每年天数 年工作天数 days_a_year",
}

COMPARATORS = {
    ">=": "ge", "≥": "ge", "⩾": "ge", "不低于": "ge", "不小于": "ge", "不少于": "ge", "至少": "ge", "达到": "ge",
    "at least": "ge", "ge": "ge",
    "<=": "le", "≤": "le", "⩽": "le", "不高于": "le", "不大于": "le", "不超过": "le", "至多": "le",
    "at most": "le", "le": "le",
    ">": "gt", "大于": "gt", "高于": "gt", "超过": "gt", "more than": "gt", "gt": "gt",
    "<": "lt", "小于": "lt", "低于": "lt", "少于": "lt", "less than": "lt", "lt": "lt",
    "=": "eq", "等于": "eq", "eq": "eq", "±": "within", "within": "within", "within±": "within", "偏差±": "within",
}  # fmt: skip
