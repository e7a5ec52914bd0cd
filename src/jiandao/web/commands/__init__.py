"""The platform's commands. Each module has `add_arguments(parser)`; Django is imported only when one runs."""

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """For work whose objects stay: looking for dead cycles among them takes Python a third of the time, and finds none."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()  # nor does it look there later
        gc.enable()


def prepare(*, owner: bool = False, start: bool = True) -> None:
    """Start the embedded database unless another server is named, then Django. `owner`: as the owner of the tables."""
    if owner:
        os.environ["JIANDAO_DATABASE_ROLE"] = "owner"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jiandao.web.settings")
    with uncollected():
        import django

        django.setup()
    if start:
        ensure_database()
    from django.utils import translation

    translation.activate("en" if reader_language() == "en" else "zh-hans")
    refuse_faulty_settings()


def refuse_faulty_settings() -> None:
    """BadInputError with a sentence for each variable of the environment that cannot be meant."""
    from django.conf import settings

    from jiandao.engines.files import BadInputError

    said = [str(sentence) % facts for sentence, facts in settings.JIANDAO_FAULTS]
    if said:
        raise BadInputError(*dict.fromkeys(said))  # a variable may be asked for more than once


def reader_language() -> str:
    """`en` when the environment says so (LC_ALL, LC_MESSAGES, LANG, in this order), else `zh`."""
    said = next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), "")
    return "en" if said.startswith("en") else "zh"


def ensure_database() -> None:
    """The embedded server of the data folder answers, if it is the one to be used."""
    from jiandao.kernel.database.config import data_folder, external_url
    from jiandao.kernel.database.server import Server

    if external_url() is None:
        Server(data_folder()).ensure_running()
