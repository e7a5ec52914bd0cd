"""What the editors of both kinds promise: a form is kept while typing, and sent once."""

import re

import pytest
from django.urls import reverse

import factories
from jiandao.kernel import clock
from jiandao.kernel.accounts.roles import Role
from jiandao.kernel.drafts.models import Draft, SentForm
from jiandao.kernel.drafts.sent import KEPT, sweep
from jiandao.kernel.policy.decisions import NotAllowed
from jiandao.stages.exchange import actions
from jiandao.stages.exchange.models import Need, ResearchResult

KINDS = {"need": (Role.NEED_OWNER, Need, "problem"), "result": (Role.RESEARCHER, ResearchResult, "text")}


class Scene:
    def __init__(self, word):
        role, self.model, self.text = KINDS[word]
        self.word, self.programme, self.unit = word, factories.programme(), factories.organisation()
        self.actor = factories.actor((role, self.unit))

    def client(self):
        client = factories.english_client()
        client.force_login(self.actor.account, backend="jiandao.kernel.accounts.backend.AccountBackend")
        return client

    def url(self, name):
        return reverse(f"exchange:{self.word}-{name}", kwargs={"programme": self.programme.slug})

    def data(self, **more):
        values = {
            "organisation": self.unit.pk, "title": "题目", "language": "zh", "secrecy": "public", "version": "",
            "terms": "negotiable", "indicators-TOTAL_FORMS": "0", "indicators-INITIAL_FORMS": "0",
        }  # fmt: skip
        return values | more

    def opened(self, client):
        """The hidden fields of the open form."""
        page = client.get(self.url("new")).content.decode()
        return dict(re.findall(r'<input type="hidden" name="(once|serial)" value="(\w+)">', page))


@pytest.fixture(params=sorted(KINDS))
def scene(request, db):
    return Scene(request.param)


def test_a_form_that_is_sent_twice_makes_one_record(scene):
    client = scene.client()
    hidden = scene.opened(client)
    first, second = (client.post(scene.url("new"), scene.data(**hidden)) for _ in range(2))
    assert scene.model.everywhere().count() == 1
    assert (first.status_code, second.status_code) == (302, 302)
    assert second["Location"] == first["Location"]
    client.post(scene.url("new"), scene.data(**scene.opened(client)))  # a form opened anew is another record
    assert scene.model.everywhere().count() == 2


def test_the_token_stays_while_mistakes_are_mended(scene):
    client = scene.client()
    hidden = scene.opened(client)
    wrong = client.post(scene.url("new"), scene.data(**hidden) | {"title": ""})
    assert wrong.status_code == 422
    assert f'name="once" value="{hidden["once"]}"' in wrong.content.decode()
    assert scene.model.everywhere().count() == 0


def test_the_token_of_somebody_else_hides_nothing(scene):
    hidden = scene.opened(scene.client())
    other = Scene(scene.word)
    scene.client().post(scene.url("new"), scene.data(**hidden))
    other.client().post(other.url("new"), other.data(**hidden))
    assert scene.model.everywhere().count() == 2


@pytest.mark.parametrize("word", sorted(KINDS))
def test_two_presses_at_once_make_one_record(race, transactional_db, word):
    scene = Scene(word)
    clients = [scene.client(), scene.client()]
    data = scene.data(**scene.opened(clients[0]))
    outcomes = race(*[lambda client=client: client.post(scene.url("new"), data)["Location"] for client in clients])
    assert [one.error for one in outcomes] == [None, None]
    assert outcomes[0].value == outcomes[1].value
    assert scene.model.everywhere().count() == 1


def test_forms_are_forgotten_after_some_days(scene):
    client = scene.client()
    client.post(scene.url("new"), scene.data(**scene.opened(client)))
    sweep()
    assert SentForm.objects.count() == 1
    with clock.frozen(clock.now() + KEPT * 2):
        sweep()
    assert SentForm.objects.count() == 0


def test_autosave_goes_on_and_a_second_tab_is_noticed(scene):
    client = scene.client()
    hidden = scene.opened(client)
    url = scene.url("new-autosave")
    first = client.post(url, scene.data(**hidden) | {scene.text: "一"})
    second = client.post(url, scene.data(serial=first.json()["serial"]) | {scene.text: "一二"})
    assert (first.status_code, second.status_code) == (200, 200)
    assert client.post(url, scene.data(serial=first.json()["serial"])).status_code == 409
    assert Draft.objects.get().data[scene.text] == ["一二"]
    assert scene.opened(client)["serial"] == str(second.json()["serial"])


def test_a_published_result_keeps_its_description(db):
    scene = Scene("result")
    result = factories.result(scene.programme, scene.unit)
    with pytest.raises(NotAllowed):
        actions.edit_result(actor=scene.actor, result=result, expected_version=1, values={"text": ""})
    kwargs = {"programme": scene.programme.slug, "public_id": result.public_id}
    answer = scene.client().post(reverse("exchange:result-edit", kwargs=kwargs), scene.data(version=1) | {"text": "短"})
    assert answer.status_code == 422
    assert "withdraw it first" in answer.content.decode()
    assert ResearchResult.everywhere().get(pk=result.pk).text == result.text
