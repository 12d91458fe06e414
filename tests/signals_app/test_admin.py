"""Strategies and their secrets, and the pages of what came in."""

from __future__ import annotations

import json
import re
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from books_app.models import AuditEvent
from domain.selection import ContractPolicy, Weights
from domain.sizing import BadPolicy
from signals_app.models import Credential, SelectionPolicy, Signal, Strategy, WebhookEvent
from signals_app.services.credentials import digest, signing_key
from tests.factories import Desk, Floor, a_book, a_desk
from tests.people import RISK_OFFICER, TRADER, VIEWER, at_the_admin
from tests.trading import open_a_position, trade

pytestmark = pytest.mark.django_db
ADD = "admin:signals_app_strategy_add"


def a_form(**changes):
    book = a_book()
    return {
        "name": "ema-cross", "account": book.pk, "allowed_symbols": "spy, AAPL", "bare_sell": "reduce", "engine": "A",
        "entry_cutoff_minutes": 5, "selection_policy": "",
        "sizing": "fixed", "sizing_value": "1", "sizing_stop": "0.5", "freshness_seconds": 300, "interval_seconds": 300,
        "alerts_per_minute": 60, "source_addresses": "", **changes,
    }  # fmt: skip


def shown_secrets(page: str) -> list[str]:
    return re.findall(r'<pre class="secret">(.*?)</pre>', page, re.DOTALL)


def test_a_new_strategy_shows_its_secrets_once_and_keeps_their_hashes():
    """The answer to the form is the only page with them; nothing of them is in a row, a session or a message."""
    trader = at_the_admin(TRADER)

    answer = trader.post(reverse(ADD), a_form())

    url, body = shown_secrets(answer.content.decode())
    endpoint, token = url.rstrip("/").rpartition("/")[2], re.search(r"key&quot;: &quot;([\w-]+)", body)[1]
    assert "no-store" in answer["Cache-Control"]
    assert url.startswith("http://127.0.0.1:8000/webhook/tradingview/")
    assert {c.digest for c in Credential.objects.all()} == {digest(endpoint), digest(token)}
    strategy = Strategy.objects.get()
    assert strategy.allowed_symbols == ["SPY", "AAPL"]
    for later in (reverse("admin:signals_app_strategy_change", args=[strategy.pk]), reverse("admin:index")):
        page = trader.get(later).content.decode()
        assert endpoint not in page
        assert token not in page
    assert token not in str(list(AuditEvent.objects.values()))


@pytest.mark.django_db(transaction=True)
def test_the_body_to_paste_is_taken_by_the_webhook(floor: Floor, client):
    """What TradingView makes of it, sent to the address beside it, becomes a signal."""
    answer = at_the_admin(TRADER).post(reverse(ADD), a_form())
    url, body = (text.replace("&quot;", '"') for text in shown_secrets(answer.content.decode()))
    values = {
        "ticker": "AAPL", "exchange": "NASDAQ", "strategy.order.action": "buy", "strategy.market_position": "long",
        "strategy.order.contracts": "10", "strategy.order.price": "281.5", "timenow": floor.clock.at.isoformat(),
        "interval": "5", "strategy.order.id": "Long",
    }  # fmt: skip
    for name, value in values.items():
        body = body.replace("{{" + name + "}}", value)
    assert "{{" not in body

    taken = client.post(url.removeprefix("http://127.0.0.1:8000"), body, content_type="text/plain; charset=utf-8")

    assert taken.status_code == 202, taken.content
    signal = Signal.objects.get()
    assert (signal.symbol, signal.intent, signal.alert["order_id"]) == ("AAPL", "open_long", "Long")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"sizing_value": "0"}, "greater than or equal to 0.01"),
        ({"sizing_value": "1.5"}, "whole number of contracts"),
        ({"sizing_value": "NaN"}, "Enter a number"),
        ({"freshness_seconds": "0"}, "greater than or equal to 1"),
        ({"interval_seconds": "59"}, "greater than or equal to 60"),
        ({"allowed_symbols": "SPY, <b>"}, "not a symbol: &lt;B&gt;"),
        ({"source_addresses": "10.0.0.300"}, "valid IPv4 or IPv6"),
        ({"name": "ema cross"}, "valid “slug”"),
        ({"selection_policy": "77"}, "Select a valid choice"),
    ],
)
def test_a_wrong_strategy_is_refused_in_the_form(change, words):
    """In words beside the field, before a constraint of the table has to."""
    answer = at_the_admin(TRADER).post(reverse(ADD), a_form(**change))

    assert answer.status_code == 200
    assert words in answer.content.decode()
    assert not Strategy.objects.exists()
    assert not Credential.objects.exists()


def test_a_change_is_written_down_with_what_it_was():
    """And pausing is no field of the form."""
    desk = a_desk(name="breakout", allowed_symbols=["SPY"])
    form = a_form(name="breakout", account=desk.account.pk, allowed_symbols="SPY", sizing_value="3", paused="on")
    address = reverse("admin:signals_app_strategy_change", args=[desk.strategy.pk])
    form |= {"credentials-TOTAL_FORMS": 0, "credentials-INITIAL_FORMS": 0}

    assert at_the_admin(TRADER).post(address, form).status_code == 302

    desk.strategy.refresh_from_db()
    assert (desk.strategy.sizing_value, desk.strategy.paused) == (3, False)
    event = AuditEvent.objects.get(entity="strategy")
    assert event.data["changed"]["sizing_value"] == ["1", "3"]
    assert event.actor.startswith("user:trader")


def a_policy_form(**changes):
    return {
        "name": "near", "strike": "delta", "otm_steps": 1, "min_days": 2, "max_days": 14, "target_days": 7, "delta_min": "0.25",
        "delta_max": "0.60", "delta_target": "0.40", "min_open_interest": 10, "min_volume": 0, "unknown_passes": "on",
        "max_spread": "0.15", "max_spread_ticks": 20, "weight_delta": 3, "weight_spread": 2, "weight_liquidity": 2,
        "weight_theta": 1, "weight_volatility": 1, "weight_days": 1, **changes,
    }  # fmt: skip


POLICY = "admin:signals_app_selectionpolicy"


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"max_days": "1"}, "max_days", "at most 1 days is not from 2 to 1000"),
        ({"target_days": "60"}, "target_days", "60 days is outside the window of 2 to 14"),
        ({"delta_max": "0.2"}, "delta_max", "is not above the lowest"),
        ({"delta_target": "0.7"}, "delta_target", "is outside the band"),
        ({"delta_target": "1"}, "delta_target", "less than or equal to 0.99"),
        ({"max_spread": "0"}, "max_spread", "greater than or equal to 0.001"),
        ({"weight_theta": "101"}, "weight_theta", "less than or equal to 100"),
        ({f"weight_{t}": "0" for t in ("delta", "spread", "liquidity", "theta", "volatility", "days")}, "weight_delta",
         "one weight at least"),
        ({"strike": "lucky"}, "strike", "Select a valid choice"),
        ({"name": "near the money"}, "name", "valid “slug”"),
    ],
)  # fmt: skip
def test_a_wrong_policy_is_refused_beside_its_field(change, field, words):
    """Before a constraint of the table or the first alert has to."""
    answer = at_the_admin(TRADER).post(reverse(f"{POLICY}_add"), a_policy_form(**change))

    assert answer.status_code == 200
    errors = answer.context["adminform"].form.errors
    assert list(errors) == [field]
    assert words in " ".join(errors[field])
    assert not SelectionPolicy.objects.exists()


def test_a_policy_is_chosen_in_the_strategys_form_and_its_changes_are_written_down():
    """The list tells who uses it; a viewer only reads it."""
    trader = at_the_admin(TRADER)
    assert trader.post(reverse(f"{POLICY}_add"), a_policy_form()).status_code == 302
    policy = SelectionPolicy.objects.get()
    trader.post(reverse(ADD), a_form(selection_policy=policy.pk))
    trader.post(reverse(f"{POLICY}_change", args=[policy.pk]), a_policy_form(delta_target="0.5"))

    policy.refresh_from_db()
    assert (Strategy.objects.get().selection_policy, policy.delta_target) == (policy, Decimal("0.5"))
    changed = AuditEvent.objects.get(entity="selection", to_state="changed")
    assert changed.data["changed"]["delta_target"] == ["0.4", "0.5"]
    row = trader.get(reverse(f"{POLICY}_changelist")).context["cl"].result_list[0]
    assert (row.name, row.user_count) == ("near", 1)
    viewer = at_the_admin(VIEWER)
    assert viewer.get(reverse(f"{POLICY}_change", args=[policy.pk])).status_code == 200
    assert viewer.post(reverse(f"{POLICY}_change", args=[policy.pk]), a_policy_form()).status_code == 403


@pytest.mark.parametrize(
    "values",
    [
        {"max_days": 1},
        {"max_days": 1001},
        {"target_days": 41},
        {"delta_max": Decimal("0.25"), "delta_target": Decimal("0.25")},
        {"delta_target": Decimal("0.7")},
        {"max_spread": Decimal(0)},
        {"max_spread_ticks": 0},
        {"otm_steps": 0},
        {"strike": "itm"},
        {"weight_theta": Decimal(-1)},
        {f"weight_{term}": Decimal(0) for term in Weights._fields},
    ],
    ids=str,
)
def test_no_row_can_hold_a_policy_that_makes_no_sense(values):
    """Whoever wrote it, an alert never finds one: what the policy refuses, a constraint refuses."""
    with pytest.raises(BadPolicy):
        SelectionPolicy(name="odd", **values).as_policy()
    with pytest.raises(IntegrityError), transaction.atomic():
        SelectionPolicy.objects.create(name="odd", **values)


def test_a_new_strategy_is_offered_the_seeded_policy():
    """Where there is one."""
    trader = at_the_admin(TRADER)
    assert trader.get(reverse(ADD)).context["adminform"].form["selection_policy"].initial is None
    policy = SelectionPolicy.objects.create(name="default")
    assert trader.get(reverse(ADD)).context["adminform"].form["selection_policy"].initial == policy.pk


def test_a_policys_row_has_the_defaults_of_the_built_in_one():
    """Whoever adds a row and changes nothing has changed nothing."""
    assert SelectionPolicy(name="built-in").as_policy() == ContractPolicy()


@pytest.mark.parametrize("kind", ["endpoint", "token"])
def test_a_rotated_secret_is_shown_once_and_the_old_one_ends_in_an_hour(kind):
    """GET only asks; POST makes a new one and says how long the old one works."""
    desk = a_desk()
    trader = at_the_admin(TRADER)
    address = reverse(f"desk-rotate-{kind}", args=[desk.strategy.pk])

    assert trader.get(address).status_code == 200
    assert Credential.objects.filter(kind=kind).count() == 1
    answer = trader.post(address, {"hours": "1"})

    old, new = Credential.objects.filter(kind=kind).order_by("pk")
    assert (old.expires_at is not None, new.expires_at) == (True, None)
    page = answer.content.decode()
    assert "works for 1 more hour" in page
    assert "no-store" in answer["Cache-Control"]
    assert new.digest in {digest(text.rstrip("/").rpartition("/")[2]) for text in shown_secrets(page)}


def test_a_leaked_secret_can_end_at_once():
    """The other choice of the same form."""
    desk = a_desk()

    at_the_admin(TRADER).post(reverse("desk-rotate-token", args=[desk.strategy.pk]), {"hours": "0"})

    assert desk.post(desk.alert()).status_code == 401


def test_a_signing_key_is_derived_and_its_predecessor_ends():
    """Nothing secret is stored at all."""
    desk = a_desk()
    trader = at_the_admin(TRADER)
    address = reverse("desk-rotate-signing", args=[desk.strategy.pk])

    pages = [trader.post(address, {"hours": "1"}).content.decode() for _ in range(2)]

    first, second = Credential.objects.filter(kind="signing").order_by("pk")
    assert (first.expires_at is not None, second.expires_at) == (True, None)
    assert shown_secrets(pages[1]) == [signing_key(second.public_id)]


def test_a_viewer_sees_strategies_and_changes_nothing():
    """Neither the form, nor pausing, nor a new secret."""
    desk = a_desk()
    viewer = at_the_admin(VIEWER)

    assert viewer.get(reverse("admin:signals_app_strategy_changelist")).status_code == 200
    assert viewer.get(reverse(ADD)).status_code == 403
    for name in ("desk-pause-strategy", "desk-rotate-token", "desk-rotate-endpoint", "desk-rotate-signing"):
        assert viewer.post(reverse(name, args=[desk.strategy.pk]), {"hours": "1"}).status_code == 403
    assert Credential.objects.count() == 2


def test_pausing_is_a_question_a_post_and_an_audit_row():
    """And letting it run again the same; twice is once."""
    desk = a_desk()
    trader = at_the_admin(TRADER)
    pause, run = (reverse(f"desk-{what}-strategy", args=[desk.strategy.pk]) for what in ("pause", "unpause"))

    assert trader.get(pause).status_code == 200
    assert not Strategy.objects.get().paused
    trader.post(pause, {"reason": "earnings"})
    trader.post(pause, {"reason": "again"})
    assert Strategy.objects.get().paused
    trader.post(run, {})

    steps = AuditEvent.objects.filter(entity="strategy").order_by("pk").values_list("from_state", "to_state")
    assert list(steps) == [("running", "paused"), ("paused", "running")]


@pytest.mark.django_db(transaction=True)
def test_the_trail_page_tells_the_whole_way(desk: Desk, floor: Floor):
    """Body without its secret, rules, sizing, fill, position, money and every step on one page."""
    position = open_a_position(desk, floor)

    answer = at_the_admin(VIEWER).get(reverse("admin:signals_app_signal_change", args=[position.signal_id]))

    page = answer.content.decode()
    for part in (
        "symbol_not_allowed",
        "one contract costs",
        "paper venue",
        "commission paid",
        "RSI 14",
        "passed policy <strong>built-in</strong>, chosen by best score",
        "outside the window of days",
        "0 of 10",
        position.correlation_id,
    ):
        assert part in page, part
    assert page.count('class="pass"') == len(Signal.objects.get().decisions.get().rules)
    assert desk.token not in page
    assert "Save" not in page


@pytest.mark.django_db(transaction=True)
def test_the_trail_of_a_refusal_says_what_it_means_and_how_to_fix_it(floor: Floor):
    """With a link to the reason's page, and the rule that failed marked."""
    desk = a_desk(allowed_symbols=["MSFT"])
    signal = trade(desk, floor, "AAPL")

    page = at_the_admin(VIEWER).get(reverse("admin:signals_app_signal_change", args=[signal.pk])).content.decode()

    assert "Add the symbol to the strategy in admin" in page
    assert "/docs/reasons/symbol_not_allowed/" in page
    assert page.count('class="fail"') == 1


@pytest.mark.django_db(transaction=True)
def test_the_trail_page_says_why_no_contract_was_bought(floor: Floor):
    """Filters and their counts, though there is no order."""
    policy = SelectionPolicy.objects.create(name="picky", min_open_interest=1_000_000)
    signal = trade(a_desk(selection_policy=policy), floor)

    page = at_the_admin(VIEWER).get(reverse("admin:signals_app_signal_change", args=[signal.pk])).content.decode()

    assert "passed policy <strong>picky</strong>" in page
    assert "<dt>too little open interest, or none told</dt>" in page


@pytest.mark.django_db(transaction=True)
def test_lists_are_found_by_status_reason_and_symbol(desk: Desk, floor: Floor):
    """Refused bodies have their own list with the reason as filter."""
    open_a_position(desk, floor)
    trade(desk, floor, order_id="again")
    desk.post(desk.alert(action="jump"))
    viewer = at_the_admin(VIEWER)

    signals = viewer.get(reverse("admin:signals_app_signal_changelist"), {"reason": "position_open", "symbol": "AAPL"})
    events = viewer.get(reverse("admin:signals_app_webhookevent_changelist"), {"reason": "unknown_action"})

    assert [row.reason for row in signals.context["cl"].result_list] == ["position_open"]
    assert [row.outcome for row in events.context["cl"].result_list] == ["refused"]


@pytest.mark.django_db(transaction=True)
def test_dead_rows_are_one_click_away(desk: Desk, floor: Floor):
    """The overview counts them and the filter shows them with their last error."""
    signal = trade(desk, floor)
    Signal.objects.filter(pk=signal.pk).update(status="ordered")
    desk.post(desk.alert("MSFT", order_id="2"))
    Signal.objects.filter(symbol="MSFT").update(
        status="dead", reason="retries_exhausted", last_error="KeyError: x", attempts=5
    )
    officer = at_the_admin(RISK_OFFICER)

    found = officer.get(reverse("admin:signals_app_signal_changelist"), {"attention": "dead"}).context["cl"].result_list
    page = officer.get(reverse("admin:signals_app_signal_change", args=[found[0].pk])).content.decode()

    assert [row.symbol for row in found] == ["MSFT"]
    assert "KeyError: x" in page


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("model", [Signal, WebhookEvent])
def test_what_came_in_cannot_be_edited(model, desk: Desk, floor: Floor):
    """Not even by the administrator."""
    trade(desk, floor)
    boss = at_the_admin("administrator")
    name = f"admin:signals_app_{model._meta.model_name}"

    assert boss.get(reverse(f"{name}_add")).status_code == 403
    assert boss.post(reverse(f"{name}_change", args=[model.objects.get().pk]), {}).status_code == 403
    assert boss.post(reverse(f"{name}_delete", args=[model.objects.get().pk]), {"post": "yes"}).status_code == 403


def test_a_body_that_is_no_json_is_shown_as_it_came():
    """And what stands in it is text, never markup."""
    from tradingsite.templatetags.desk import pretty

    assert pretty("buy <b>") == "buy <b>"
    assert pretty('{"a": 1}') == json.dumps({"a": 1}, indent=2)
