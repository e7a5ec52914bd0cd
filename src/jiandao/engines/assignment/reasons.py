"""Sentences of the report in Chinese and English; their codes and numbers stand beside them."""

from jiandao.engines.assignment.records import Certificate, Unsatisfied

UNSATISFIED = {
    "zh": {
        "seats": "{who}需 {needed} 个评审席位，可评的专家在工作量上限内最多提供 {offered} 个。",
        "cap": "在概率上限下，{who}需 {needed} 个席位，可评专家最多折合提供 {offered} 个。",
        "role": "{who}需 {needed} 个由“{role}”专家担任的席位，可评的此类专家最多提供 {offered} 个。",
        "role-panel": "申报材料 {proposal} 需 {needed} 个由“{role}”专家担任的席位，评审组只有 {offered} 席。",
        "institution": "每个单位至多一席时，{who}需 {needed} 个席位，可评专家最多提供 {offered} 个。",
        "fixed-panel": "申报材料 {proposal} 被指定了 {needed} 位专家，评审组只有 {offered} 席。",
        "fixed-load": "专家 {expert} 被指定了 {needed} 份申报材料，其工作量上限为 {offered}。",
        "fixed-institution": "申报材料 {proposal} 被指定了同一单位的 {needed} 位专家，每个单位至多 {offered} 席。",
        "least-load": "这 {experts} 位专家的最低工作量合计 {needed} 席，他们可评的申报材料最多提供 {offered} 席。",
        "no-panel": "这 {experts} 位专家的最低工作量合计 {needed} 席，但没有一份申报材料可由他们评审：{names}。",
        "together": "各项限制单独都能满足，合在一起不能：{who}需 {needed} 个席位，至多能填 {offered} 个。",
    },
    "en": {
        "seats": "{who} {needed} seats; all eligible experts together can offer {offered} within their loads.",
        "cap": "Under the probability cap: {who} {needed} seats; all eligible experts together can offer {offered}.",
        "role": "{who} {needed} seats held by experts of the role {role}; those eligible can offer {offered}.",
        "role-panel": "Proposal {proposal} needs {needed} seats held by experts of the role {role}, its panel has {offered}.",
        "institution": "With one seat an institution: {who} {needed} seats; all eligible experts together can"
        " offer {offered}.",
        "fixed-panel": "Proposal {proposal} has {needed} fixed experts, its panel has {offered}.",
        "fixed-load": "Expert {expert} is fixed to {needed} proposals, the greatest load is {offered}.",
        "fixed-institution": "Proposal {proposal} has {needed} fixed experts of one institution, which may have {offered}.",
        "least-load": "These {experts} experts must have {needed} seats together; the panels open to them offer {offered}.",
        "no-panel": "These {experts} experts must have {needed} seats together, but no proposal is open to them: {names}.",
        "together": "Each limit can be met alone, not all at once: {who} {needed} seats, at most {offered}"
        " can be filled.",
    },
}

CERTIFICATE = {
    "zh": {
        "prices": "全部 {pairs} 个可选组合都按影子价格核对过，没有一个能再提高总分；分数按 {resolution:g} 取整。",
        "linear-programme": "全部 {pairs} 个可选组合都按线性规划的影子价格核对过，任何方案都不能超过所列上界。",
        "branching": "影子价格留下的差距由分支定界补足：凡可能更好的组合都已参与搜索；上界对全部 {pairs} 个可选组合成立。",
        "open": "分支定界在限度内没有补足影子价格留下的差距：是否还有更好的方案未能判定，但任何方案都不能超过所列上界。",
        "none": "时间用尽，未能证明最优；所列上界仍然成立。",
    },
    "en": {
        "prices": "All {pairs} eligible pairs were checked at the prices of proposals and experts: none can raise the total;"
        " scores were rounded to {resolution:g}.",
        "linear-programme": "All {pairs} eligible pairs were checked at the prices of a linear programme: no assignment can pass"
        " the bound.",
        "branching": "Branch and cut closed the gap that prices leave, over every pair that could be part of something better;"
        " the bound holds for all {pairs} eligible pairs.",
        "open": "The search ended before it closed the gap that prices leave: something better may exist, but nothing passes the"
        " bound.",
        "none": "Time ran out before the optimum was proved; the bound holds all the same.",
    },
}


REHEARSAL = {
    "zh": "用另外 {draws} 个种子试抽：最常出现的组合占 {share:.1%}，概率上限为 {cap:.1%}；次数有限，略高于上限属正常波动。",
    "en": "In {draws:,} rehearsed draws with other seeds the most frequent pair came in {share:.1%}; the cap is {cap:.1%}, and"
    " chance alone may lift a share a little above it.",
}


def rehearsal_text(draws: int, share: float, cap: float, language: str) -> str:
    """What rehearsed draws showed."""
    return REHEARSAL[language].format(draws=draws, share=share, cap=cap)


def shortage_text(found: Unsatisfied, language: str) -> str:
    """Why these limits cannot all hold."""
    one = len(found.proposals) == 1
    if language == "zh":
        who = f"申报材料 {found.proposals[0]} " if one else f"这 {len(found.proposals)} 份申报材料共"
    else:
        who = f"proposal {found.proposals[0]} needs" if one else f"these {len(found.proposals)} proposals need"
    text = UNSATISFIED[language][found.code].format(
        who=who,
        experts=len(found.experts),
        names=("、" if language == "zh" else ", ").join(found.experts[:5]) + (" …" if len(found.experts) > 5 else ""),
        proposal=found.proposals[0] if found.proposals else "",
        expert=found.experts[0] if found.experts else "",
        needed=found.needed,
        offered=found.offered,
        role=found.role,
    )
    return text[0].upper() + text[1:]


def certificate_text(certificate: Certificate, language: str) -> str:
    """How optimality was proved."""
    return CERTIFICATE[language][certificate.method].format(pairs=certificate.pairs, resolution=certificate.resolution)
