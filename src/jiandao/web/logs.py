"""How log lines look."""

import logging
from typing import Any


class Brief(logging.Formatter):
    """One line, without the traceback."""

    def formatException(self, ei: Any) -> str:  # noqa: N802 - the name is of logging
        return ""

    def format(self, record: logging.LogRecord) -> str:
        record.exc_text = None  # what another handler has written of it
        return super().format(record).rstrip()
