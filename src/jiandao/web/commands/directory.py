"""`jiandao people`: programmes, organisations, accounts and roles, by the operator of the machine."""

import argparse
import getpass
import sys
from collections.abc import Callable
from typing import Any

from jiandao.engines.files import DONE, BadInputError
from jiandao.web.commands import prepare, reader_language

_FIELDS = {
    "name_zh": "--zh",
    "name_en": "--en",
    "slug": "SLUG",
    "username": "USERNAME",
    "email": "--email",
    "name": "NAME",
    "credit_code": "--code",
    "password": "password",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    below = parser.add_subparsers(required=True, metavar="WHAT")

    def command(name: str, run: Callable[[argparse.Namespace], None], sentence: str) -> argparse.ArgumentParser:
        added = below.add_parser(name, help=sentence, description=sentence)
        added.add_argument("--lang", choices=("zh", "en"), default=reader_language())
        added.set_defaults(run=lambda args: _run(run, args))
        return added

    programme = command("add-programme", _add_programme, "a new programme")
    programme.add_argument("slug", metavar="SLUG", help="stands in every address: small letters, digits, hyphens")
    programme.add_argument("--zh", required=True, metavar="NAME", help="its Chinese name")
    programme.add_argument("--en", required=True, metavar="NAME", help="its English name")

    organisation = command("add-organisation", _add_organisation, "a new organisation in the directory")
    organisation.add_argument("name", metavar="NAME")
    organisation.add_argument("--kind", required=True, metavar="KIND", help="enterprise, university, institute, …")
    organisation.add_argument("--code", default="", metavar="CODE", help="its unified social credit code")

    account = command("add-account", _add_account, "a new account; the password is asked for, or read from a pipe")
    account.add_argument("username", metavar="USERNAME")
    account.add_argument("--name", required=True, metavar="NAME", help="of the person")
    account.add_argument("--email", default="")

    for name, run, sentence in (
        ("grant", _grant, "give a role, in a programme, in an organisation or for the whole site"),
        ("end", _end, "end a role"),
    ):
        role = command(name, run, sentence)
        role.add_argument("username", metavar="USERNAME")
        role.add_argument("role", metavar="ROLE", help="programme-officer, unit-administrator, auditor, …")
        where = role.add_mutually_exclusive_group()
        where.add_argument("--programme", metavar="SLUG")
        where.add_argument("--organisation", metavar="NAME", help="or its id, or its credit code")

    command("close", _close, "close an account: nobody signs in with it any more").add_argument("username")
    command("open", _open, "open a closed account again").add_argument("username")
    command("list", _list, "programmes, and accounts with their roles")


def _run(run: Callable[[argparse.Namespace], None], args: argparse.Namespace) -> int:
    prepare()
    from django.core.exceptions import ValidationError

    from jiandao.kernel.policy.decisions import NotAllowed
    from jiandao.web.commands.people import in_language

    with in_language(args.lang):
        try:
            run(args)
        except ValidationError as wrong:
            raise BadInputError(*_sentences(wrong)) from wrong
        except NotAllowed as refused:
            raise BadInputError(str(refused.refusal.sentence)) from refused
    return DONE


def _sentences(wrong: Any) -> list[str]:
    by_field = wrong.message_dict if hasattr(wrong, "error_dict") else {"": wrong.messages}
    return [
        f"{_FIELDS.get(field, field)}: {sentence}".removeprefix(": ").removeprefix("__all__: ")
        for field, sentences in by_field.items()
        for sentence in sentences
    ]


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def _add_programme(args: argparse.Namespace) -> None:
    from jiandao.stages.people import operating

    made = operating.add_programme(slug=args.slug, name_zh=args.zh, name_en=args.en)
    _say(f"/p/{made.slug}/")


def _add_organisation(args: argparse.Namespace) -> None:
    from django.core.exceptions import ValidationError

    from jiandao.kernel.accounts.actor import Actor
    from jiandao.kernel.identifiers import normalise_credit_code
    from jiandao.stages.people.actions import enter_organisation
    from jiandao.stages.people.models import Organisation, OrganisationKind

    if args.kind not in OrganisationKind.values:
        raise BadInputError(f"--kind {args.kind}: one of: {', '.join(OrganisationKind.values)}")
    code = normalise_credit_code(args.code) if args.code else None
    if Organisation.objects.filter(name=args.name.strip()).exists():
        raise BadInputError(f"{args.name}: there is one of this name; `jiandao people list` shows its id")
    if code and Organisation.objects.filter(credit_code=code).exists():
        raise ValidationError({"credit_code": [f"{code} is that of another organisation"]})
    made = enter_organisation(
        actor=Actor(),
        values={"name": args.name.strip(), "organisation_kind": args.kind, "credit_code": code},
    )
    _say(made.public_id)


def _add_account(args: argparse.Namespace) -> None:
    from jiandao.stages.people import operating

    made = operating.add_account(username=args.username, password=_password(), name=args.name, email=args.email)
    _say(made.username)


def _password() -> str:
    """Asked for twice on a terminal, else the first line of what is piped in. It never stands in the arguments."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    first = getpass.getpass("Password: ")
    if getpass.getpass("Once more: ") != first:
        raise BadInputError("password: the two are not the same")
    return first


def _grant(args: argparse.Namespace) -> None:
    from jiandao.stages.people import operating

    role, where = _role(args.role), _where(args)
    operating.give_role(account=_account(args.username), role=role, where=where)
    _say(f"{args.username}: {role.label}{f' · {where}' if where else ''}")


def _end(args: argparse.Namespace) -> None:
    from jiandao.stages.people import operating

    role, where = _role(args.role), _where(args)
    if not operating.take_role(account=_account(args.username), role=role, where=where):
        raise BadInputError(f"{args.username} does not hold {role}{f' in {where}' if where else ''}")
    _say(f"{args.username}: {role.label} ended")


def _close(args: argparse.Namespace) -> None:
    from jiandao.stages.people import operating

    operating.close_account(account=_account(args.username))
    _say(f"{args.username}: closed")


def _open(args: argparse.Namespace) -> None:
    from jiandao.stages.people import operating

    operating.close_account(account=_account(args.username), closed=False)
    _say(f"{args.username}: open")


def _account(username: str) -> Any:
    from jiandao.kernel.accounts.models import Account

    account = Account.objects.filter(username__iexact=username, is_service=False).first()
    if account is None:
        raise BadInputError(f"{username}: there is no such account")
    return account


def _role(code: str) -> Any:
    from jiandao.kernel.accounts.roles import SCOPE_OF, Role

    if code not in SCOPE_OF:
        raise BadInputError(f"{code}: no such role; one of: {', '.join(role.value for role in SCOPE_OF)}")
    return Role(code)


def _where(args: argparse.Namespace) -> Any:
    from django.db.models import Q

    from jiandao.stages.people.models import Organisation
    from jiandao.web.commands.people import programme_named

    if args.programme:
        return programme_named(args.programme)
    if not args.organisation:
        return None
    text = args.organisation.strip()
    found = Organisation.objects.filter(Q(name=text) | Q(name_en=text) | Q(public_id=text) | Q(credit_code=text))
    same = {one.same_id: one for one in found}
    if len(same) != 1:
        how = "several; name its id" if same else "none"
        raise BadInputError(f"--organisation {text}: of this name there is {how}")
    return next(iter(same.values()))


def _list(_args: argparse.Namespace) -> None:
    from jiandao.kernel.accounts.models import Account
    from jiandao.kernel.programme import Programme
    from jiandao.stages.people.models import Person

    for programme in Programme.objects.all():
        _say(f"/p/{programme.slug}/  {programme}")
    names = dict(Person.objects.exclude(account=None).values_list("account_id", "name"))
    held = _held()
    for account in Account.objects.filter(is_service=False).order_by("username"):
        _say(f"{account.username}  {names.get(account.pk, '')}{'' if account.is_active else '  (closed)'}")
        for line in held.get(account.pk, ()):
            _say(f"    {line}")


def _held() -> dict[int, list[str]]:
    """account id -> its roles now, each with where it is held."""
    from jiandao.kernel import clock
    from jiandao.kernel.accounts.models import RoleGrant
    from jiandao.kernel.accounts.roles import Scope
    from jiandao.kernel.programme import Programme
    from jiandao.stages.people.models import Organisation

    grants = list(RoleGrant.objects.at(clock.now()).order_by("pk"))
    ids = [one.scope_id for one in grants if one.scope == Scope.ORGANISATION and one.scope_id is not None]
    organisations = {one.pk: f" · {one} ({one.public_id})" for one in Organisation.objects.filter(pk__in=ids)}
    programmes = {one.pk: f" · {one.slug}" for one in Programme.objects.all()}
    places: dict[str, dict[int, str]] = {Scope.ORGANISATION: organisations, Scope.PROGRAMME: programmes}
    held: dict[int, list[str]] = {}
    for one in grants:
        place = places.get(one.scope, {}).get(one.scope_id or 0, "")
        held.setdefault(one.account_id, []).append(f"{one.role}{place}")
    return held
