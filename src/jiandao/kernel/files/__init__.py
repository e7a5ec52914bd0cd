"""Files: kept once by their content, of a type decided by the content, checked, and never served as active content."""

from jiandao.kernel.files.keeping import (
    MAY_READ,
    Received,
    enter,
    files_of,
    may_read,
    open_file,
    receive,
    remove,
    store,
)
from jiandao.kernel.files.refusals import FileRefused

__all__ = [
    "MAY_READ",
    "FileRefused",
    "Received",
    "enter",
    "files_of",
    "may_read",
    "open_file",
    "receive",
    "remove",
    "store",
]
