"""The API keeps the promises of its own document: generated requests with a token, none answered by a surprise."""

import json
import os
import subprocess
import sys
from pathlib import Path

from django.core.files.uploadedfile import SimpleUploadedFile

import factories
from api.conftest import Scene
from jiandao.kernel import saved_views
from jiandao.kernel.accounts.roles import Role
from jiandao.kernel.files import holding
from jiandao.kernel.programme import in_programme
from jiandao.kernel.quotas.spending import LIMITS
from jiandao.kernel.search import index as indexes
from jiandao.kernel.search.follower import rebuild
from jiandao.web.api import api

EXAMPLES = 7
# A quarter of a minute; JIANDAO_THOROUGH=1 adds some two thousand requests at the edges of every schema.
PHASES = "examples,coverage,fuzzing" if os.environ.get("JIANDAO_THOROUGH") else "examples,fuzzing"
# Rules that no schema tells (an end after its beginning, evidence for a level, a term that exists) may refuse what
# the schema allows; every refusal must be one that the document names, which the other checks see to.
EXCLUDED = "positive_data_acceptance"


def _document(scene, records):
    """The document with parts of addresses that exist, and some that do not."""
    document = json.loads(json.dumps(api.document()))
    verbs = ["submit", "check", "publish", "return", "withdraw", "reopen", "accept", "decline", "confirm", "nonsense"]
    verbs += ["verify", "keep-first", "undo", "alert", "default", "dispute", "take-back", "close"]
    for path, methods in document["paths"].items():
        known = {
            "programme": [scene.programme.slug, "no-such-programme"],
            "verb": verbs,
            "vocabulary": ["direction", "nothing"],
            "public_id": ["0000000000"],
            "months": [6, 7],
            "number": records["number"],
            "file": [records["file"], "0000000000"],
        }
        if "{public_id}" in path:  # a word without records would find nothing but missing pages
            known["public_id"] += next(ids for word, ids in records.items() if f"/{word}/" in path)
        for one in methods.values():
            for parameter in one.get("parameters", []):
                if parameter["in"] == "path":
                    kind = "integer" if parameter["name"] in {"months", "number"} else "string"
                    parameter["schema"] = {"type": kind, "enum": known[parameter["name"]]}
    return document


def _meeting(scene):
    """Capabilities with a booking, introductions, a cooperation and an offer, by the words of their addresses."""
    sides = (scene.programme, scene.enterprise, scene.university)
    lent = factories.capability(scene.programme, scene.university)
    return {
        "capabilities": [lent.public_id],
        "bookings": [factories.booking(lent, scene.enterprise).public_id],
        "introductions": [factories.introduction(*sides, state=one).public_id for one in ("proposed", "open")],
        "cooperations": [factories.cooperation(*sides, state="entered").public_id],
        "offers": [factories.offer(factories.result(scene.programme, scene.university), scene.enterprise).public_id],
    }


def _directory(scene):
    """Organisations with a tie, a certificate, another entry; an expert, a measure, a saved view."""
    twice = factories.organisation()
    certificate = factories.certificate(scene.enterprise)
    expert = factories.expert(scene.university)
    view = saved_views.save(scene.actors["officer"].account, scene.programme, "needs", name="x", query="")
    return {
        "organisations": [scene.enterprise.public_id],
        "experts": [expert.public_id],
        "number": [expert.person.memberships.get().pk, 0],
        "ties": [factories.tie(scene.enterprise, scene.university).public_id],
        "merges": [factories.proposal(scene.enterprise, twice).public_id],
        "certificates": [certificate.public_id],
        "measures": [factories.measure(organisation=twice).public_id],
        "views": [view.public_id],
    }


def _file(scene, need):
    with in_programme(scene.programme):
        upload = SimpleUploadedFile("a.txt", "示例".encode())
        return holding.attach(actor=scene.actors["owner"], record=need, upload=upload).public_id


def test_generated_requests_find_no_surprise(transactional_db, live_server, tmp_path, settings, monkeypatch):
    settings.JIANDAO_DATA = tmp_path
    indexes.forget_opened()
    for name in ("api", "search", "token-faults", "upload"):
        monkeypatch.setitem(LIMITS, name, (1_000_000, 60))
    scene = Scene()
    account = scene.actors["officer"].account
    factories.grant(account, Role.NEED_OWNER, scene.enterprise)
    factories.grant(account, Role.RESEARCHER, scene.university)
    factories.grant(account, Role.UNIT_ADMINISTRATOR, scene.enterprise)
    factories.grant(account, Role.INTEGRITY_OFFICER, scene.programme)
    needs = [
        scene.need(),
        scene.need(state="submitted", complete=True),
        scene.need(state="published"),
        scene.secret_need(),
    ]
    results = [scene.result(), scene.result(state="draft")]
    rebuild()
    records = {
        "needs": [one.public_id for one in needs],
        "results": [one.public_id for one in results],
        "challenges": [scene.challenge().public_id, scene.challenge(state="draft").public_id],
        **_meeting(scene),
        **_directory(scene),
        "file": _file(scene, needs[0]),
    }
    file = tmp_path / "openapi.json"
    file.write_text(json.dumps(_document(scene, records)), encoding="utf-8")
    command = [
        str(Path(sys.executable).with_name("schemathesis")), "run", str(file), "--url", live_server.url,
        "--header", f"Authorization: Bearer {scene.officer.secret}", "--phases", PHASES,
        "--max-examples", str(EXAMPLES), "--seed", "20261123", "--generation-deterministic",
        "--exclude-checks", EXCLUDED, "--no-color",
    ]  # fmt: skip
    limit = 240 if PHASES == "examples,fuzzing" else 900
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=limit, check=False)
    indexes.forget_opened()
    assert done.returncode == 0, done.stdout[-12_000:] + done.stderr[-2_000:]
