"""Files of records through the API: what hangs on a record, attached and taken away as on its page."""

from collections.abc import Callable
from typing import Any

from django.http import Http404
from django.urls import reverse
from ninja import File, Form, Router
from ninja.files import UploadedFile
from pydantic import BaseModel, Field
from typing_extensions import TypedDict

from jiandao.kernel.api.bodies import STRICT, Text
from jiandao.kernel.api.endpoints import endpoint
from jiandao.kernel.api.problems import Where, mend
from jiandao.kernel.api.shapes import moment
from jiandao.kernel.files import FileRefused, holding
from jiandao.kernel.files.holding import Holder
from jiandao.kernel.files.models import StoredFile
from jiandao.kernel.pages.gate import Request
from jiandao.kernel.texts import storable

_CAPTION: Any = Form("", max_length=200)  # type: ignore[type-arg]


class FileOut(TypedDict):
    """A file; `url` is where it is downloaded, with the same token."""

    id: str
    name: str
    caption: str
    size: int
    media_type: str
    sha256: str
    at: str | None
    url: str


class FilesOut(TypedDict):
    """The files of a record that the caller may read, oldest first."""

    items: list[FileOut]


class Removal(BaseModel):
    """Why a file is taken away; those who read the timeline read it."""

    model_config = STRICT
    reason: Text = Field("", max_length=300)


def file_routes(router: Router, holder: Holder, path: str, name: str, *, programme: bool = True) -> None:
    """Register the three routes of the files of one kind of record below `path` (`/needs/{public_id}`)."""

    def listed(request: Request, record: Any) -> FilesOut:
        """The files of a record."""
        return _files(request, record)

    def attach(request: Request, record: Any, file: File[UploadedFile], caption: Text = _CAPTION) -> FilesOut:
        """Attach a file: multipart, with a caption when there is something to say of it."""
        try:
            holding.attach(actor=request.actor, record=record, upload=file, caption=caption)
        except FileRefused as refused:
            raise mend([Where(where="file", code=refused.code, sentence=refused.sentence)]) from refused
        return _files(request, record)

    def detach(request: Request, record: Any, file: str, body: Removal) -> FilesOut:
        """Take a file away; the timeline keeps its digest."""
        stored = holding.readable(request.actor, record).filter(public_id=file).first() if storable(file) else None
        if stored is None:
            raise Http404
        holding.detach(actor=request.actor, record=record, stored=stored, reason=body.reason)
        return _files(request, record)

    about: dict[str, Any] = {"records": holder.records, "answer": FilesOut, "programme": programme}
    register: Callable[..., Any] = endpoint
    register(router, "GET", f"{path}/files", holder.read, name=f"{name}-files", **about)(listed)
    register(
        router, "POST", f"{path}/files", holder.attach, see=holder.read, name=f"{name}-file-attach", status=201, **about
    )(attach)
    register(
        router, "POST", f"{path}/files/{{file}}/remove", holder.attach, see=holder.read, name=f"{name}-file-remove",
        **about,
    )(detach)  # fmt: skip


def _files(request: Request, record: Any) -> FilesOut:
    return FilesOut(items=[_out(one) for one in holding.readable(request.actor, record)])


def _out(stored: StoredFile) -> FileOut:
    return FileOut(
        id=stored.public_id,
        name=stored.name,
        caption=stored.caption,
        size=stored.size,
        media_type=stored.media_type,
        sha256=stored.digest,
        at=moment(stored.created_at),
        url=reverse("file", kwargs={"public_id": stored.public_id}),
    )


__all__ = ["FileOut", "FilesOut", "file_routes"]
