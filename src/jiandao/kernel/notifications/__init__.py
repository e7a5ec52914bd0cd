"""Telling people: in the application, and by e-mail through an outbox that an officer may hold and check."""

from jiandao.kernel.notifications.tell import MESSAGES, tell, unread

__all__ = ["MESSAGES", "tell", "unread"]
