"""`jiandao worker`: jobs, seals, mails and the match index of this host."""

from jiandao.web.commands.serve import worker_arguments as add_arguments

__all__ = ["add_arguments"]
