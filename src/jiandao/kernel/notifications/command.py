"""`jiandao bounces`: read delivery status notifications from the standard input or from mailboxes."""

import argparse
import os
import sys
from pathlib import Path

from jiandao.engines.files import DONE, BadInputError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The mail server hands each bounce to `jiandao bounces`, or a timer gives it the mailbox they lie in."""
    parser.add_argument(
        "mailbox", nargs="*", type=Path, help="mbox file or Maildir folder; without one, a mail is read from stdin"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Read, write down what came back, say how much."""
    for path in args.mailbox:
        if not path.exists():
            raise BadInputError(f"{path}: there is no such mailbox; give an mbox file or a Maildir folder")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jiandao.web.settings")
    import django

    django.setup()
    from jiandao.kernel.notifications import bounces

    if args.mailbox:
        raws = (raw for path in args.mailbox for raw in bounces.in_mailbox(path))
        found, unknown = bounces.take(raws)
    else:
        found, unknown = bounces.take([sys.stdin.buffer.read()])
    sys.stdout.write(f"{found} mails came back; {unknown} reports are about no mail of ours that was sent\n")
    return DONE
