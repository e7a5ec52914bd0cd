"""Telling people: in the application, and by e-mail through an outbox that an officer may hold and check."""

from jiandao.kernel.notifications.tell import MESSAGES, conceal, tell, tell_all, unread

__all__ = ["MESSAGES", "conceal", "tell", "tell_all", "unread"]
