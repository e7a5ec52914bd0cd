"""`jiandao database`: see docs/operator."""

from jiandao.kernel.database.command import add_database_arguments as add_arguments

__all__ = ["add_arguments"]
