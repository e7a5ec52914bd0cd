"""The kernel's own periodic work. Rooms register theirs in their `tasks.py`."""

from jiandao.kernel.drafts.sent import sweep as sweep_sent_forms
from jiandao.kernel.files.keeping import sweep
from jiandao.kernel.jobs.executing import recover
from jiandao.kernel.jobs.periodic import daily_at, every
from jiandao.kernel.journal.seal import seal
from jiandao.kernel.notifications.sending import send_waiting
from jiandao.kernel.quotas.spending import forget_old as forget_quotas
from jiandao.kernel.search.follower import forget_old as forget_changes

every(1, "journal.seal")(seal)
every(10, "jobs.recover")(recover)
every(3600, "quotas.forget", lane="daily")(forget_quotas)
every(3600, "search.forget", lane="daily")(forget_changes)
daily_at("03:40", "files.sweep", lane="disk")(sweep)
daily_at("03:50", "forms.sweep", lane="daily")(sweep_sent_forms)
every(5, "mail.send", lane="mail")(send_waiting)
