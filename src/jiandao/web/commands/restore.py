"""`jiandao restore`: see docs/operator."""

from jiandao.kernel.database.command import add_restore_arguments as add_arguments

__all__ = ["add_arguments"]
