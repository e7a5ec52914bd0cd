"""The long work of the exchange; the kernel's jobs find this module by its name."""

from jiandao.stages.exchange.importing import jobs

__all__ = ["jobs"]
