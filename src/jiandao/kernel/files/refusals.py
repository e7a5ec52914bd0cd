"""Why a file is not taken: one sentence each, that says what to do instead."""

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

SENTENCES: dict[str, str | Promise] = {
    "empty": _("The file is empty."),
    "large": _("The file has %(size)s; files of this kind (%(type)s) may have at most %(limit)s."),
    "type": _(
        "Files of this kind are not taken. Taken are PDF, OFD, Word, Excel and PowerPoint (docx, xlsx, pptx), "
        "pictures, plain text, CSV, JSON and ZIP."
    ),
    "executable": _("The file is a program. Programs are not taken, in archives neither."),
    "old-office": _("The file is in an old Office format, which may hide macros. Save it as docx, xlsx or pptx."),
    "macros": _("The document contains macros. Save it without macros (docx, xlsx, pptx)."),
    "active": _("The file is a web page or a drawing with scripts. Save it as PDF or as a picture."),
    "encrypted": _("The file is protected by a password, so nobody could check or read it. Remove the password."),
    "archive": _("Archives of this kind cannot be checked. Pack the files as ZIP, or send them one by one."),
    "nested": _("The archive contains another archive (%(entry)s). Unpack it first."),
    "bomb": _("The archive would unpack to far more than a file may hold. Send its files one by one."),
    "entries": _("The archive holds %(count)s files; at most %(limit)s are taken."),
    "path": _("The archive contains a file with a path that leads outside (%(entry)s). Pack it anew."),
    "damaged": _("The file is damaged and cannot be read to its end. Send it again."),
    "two-kinds": _("The file is two kinds of file at once. Save it anew from the program that made it."),
    "scan": _("The virus scanner found something in the file. It was not kept."),
    "scan-failed": _("The virus scanner did not answer, so the file was not kept. Try again later."),
}


class FileRefused(ValueError):
    """The file is not kept. `sentence` is for whoever sent it, in their language."""

    def __init__(self, code: str, **facts: Any) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts

    @property
    def sentence(self) -> str:
        """What is wrong and what to do."""
        return str(SENTENCES[self.code]) % self.facts
