"""The ledger (账): envelopes of public money, what is reserved, committed and paid of them, in double entry.

Rows are never edited: what was wrong is taken back by a counter-entry. The database itself keeps an envelope from being
exceeded and a transaction from being out of balance; the actions add locks and reasons.
"""
