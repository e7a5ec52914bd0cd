"""In whose name, in which programme and in which language a command acts."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from jiandao.engines.files import BadInputError


@contextmanager
def in_language(code: str) -> Iterator[None]:
    """`zh` or `en` for the sentences of the block."""
    from django.utils import translation

    with translation.override("en" if code == "en" else "zh-hans"):
        yield


def programme_named(slug: str | None) -> Any:
    """The programme of that slug, or the only one there is."""
    from jiandao.kernel.programme import Programme

    there = {one.slug: one for one in Programme.objects.all()}
    if slug is None and len(there) == 1:
        return next(iter(there.values()))
    if slug is None or slug not in there:
        raise BadInputError(f"--programme {slug or ''}: name one of: {', '.join(sorted(there)) or '(there is none)'}")
    return there[slug]


def somebody(username: str | None) -> Any:
    """The actor of that account; nobody in particular without a name."""
    from jiandao.kernel.accounts.actor import anonymous, load_actor
    from jiandao.kernel.accounts.models import Account

    if username is None:
        return anonymous()
    account = Account.objects.filter(username__iexact=username, is_active=True).first()
    if account is None:
        raise BadInputError(f"--as {username}: there is no such account")
    return load_actor(account)


def acting(username: str | None, programme: Any) -> Any:
    """The actor of that account; without a name the officer of the programme, if there is exactly one."""
    from jiandao.kernel.accounts.holders import holders
    from jiandao.kernel.accounts.roles import Role, Scope

    if username is not None:
        return somebody(username)
    officers = list(holders({Role.PROGRAMME_OFFICER}, Scope.PROGRAMME, [programme.pk])[:2])
    if len(officers) != 1:
        raise BadInputError("--as USERNAME: say in whose name; the programme has not exactly one officer")
    return somebody(officers[0].username)
