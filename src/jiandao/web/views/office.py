"""Files to download, the outbox of mails, and which messages come by mail."""

from contextlib import nullcontext
from typing import Any

from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpResponseBase

from jiandao.kernel.files import may_read, open_file
from jiandao.kernel.files.models import StoredFile
from jiandao.kernel.files.names import disposition
from jiandao.kernel.pages.gate import Request, page
from jiandao.kernel.programme import in_programme
from jiandao.web import policy


def _files() -> QuerySet[StoredFile]:
    return StoredFile.objects.select_related("programme")


@page(policy.READ_FILE, records=_files, programme=False)
def file(request: Request, stored: StoredFile) -> HttpResponseBase:
    """A download, never shown in the browser: nothing that somebody sent in runs on this site."""
    scope: Any = in_programme(stored.programme) if stored.programme else nullcontext()
    with scope:
        if not may_read(request.actor, stored):
            raise Http404
    try:
        content = open_file(stored)
    except FileNotFoundError as missing:
        raise Http404 from missing
    response = FileResponse(content, content_type=stored.media_type)
    response.headers["Content-Length"] = str(stored.size)
    response.headers["Content-Disposition"] = disposition(stored.name)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response.headers["Cache-Control"] = "private, no-store"
    return response
