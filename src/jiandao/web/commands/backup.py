"""`jiandao backup`: see docs/operator."""

from jiandao.kernel.database.command import add_backup_arguments as add_arguments

__all__ = ["add_arguments"]
