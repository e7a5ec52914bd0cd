"""Quotas: so many searches, uploads and autosaves in a time, counted in the database for all processes."""

from jiandao.kernel.quotas.spending import QuotaExceeded, address_spender, quota, spend, spender

__all__ = ["QuotaExceeded", "address_spender", "quota", "spend", "spender"]
