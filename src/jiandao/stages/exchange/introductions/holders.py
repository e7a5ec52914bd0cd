"""Introductions carry papers: the signed non-disclosure agreement above all."""

from jiandao.kernel.files.holding import Holder, hold
from jiandao.stages.exchange import rules
from jiandao.stages.exchange.introductions import papers, policy, queries
from jiandao.stages.exchange.models import Introduction

INTRODUCTION = hold(
    Holder(
        Introduction.kind, policy.ATTACH_TO_INTRODUCTION, policy.READ_PAPERS, policy.READ_PAPERS,
        queries.introduction_records, rules.FILES_MOST, "exchange:introduction", shown=papers.shown, kept=papers.kept,
        entered=papers.enter,
    )
)  # fmt: skip
