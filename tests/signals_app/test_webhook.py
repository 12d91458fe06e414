"""The webhook: who gets in, what is stored, and what is answered."""

from __future__ import annotations

import json
import logging
from datetime import timedelta
from decimal import Decimal
from unittest import mock

import pytest
from django.db import OperationalError
from django.test import Client, RequestFactory

from books_app import clock
from books_app import redis as redis_client_module
from signals_app import webhook
from signals_app.models import Credential, Signal, WebhookEvent
from signals_app.services import credentials, intake
from signals_app.services.counters import refusals
from tests.factories import Desk, Floor, a_desk, close
from tests.trading import told

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_accepted_alert_is_one_event_and_one_pending_signal(desk: Desk, floor: Floor) -> None:
    """202 means: stored, nothing decided yet, and a worker has been told."""
    answer = desk.post(desk.alert())

    assert answer.status_code == 202
    signal = Signal.objects.get(pk__in=told(answer)["signals"])
    assert (signal.status, signal.symbol, signal.intent) == ("pending", "AAPL", "open_long")
    assert signal.event.outcome == "accepted"
    assert floor.nudges == [("workers.signals.process_signal", (signal.pk,))]


def test_workers_are_told_once_the_answer_has_left(desk: Desk, floor: Floor) -> None:
    """The sender does not wait for the broker; a server closes an answer after its last byte."""
    request = RequestFactory().post("/", data=desk.alert(), content_type="text/plain")
    answer = webhook.tradingview(request, desk.endpoint)
    (signal,) = Signal.objects.all()
    assert floor.nudges == []

    close(answer)

    assert floor.nudges == [("workers.signals.process_signal", (signal.pk,))]


def test_a_resend_tells_no_worker_again(desk: Desk, floor: Floor) -> None:
    """Its signal has long been told of."""
    body = desk.alert()
    desk.post(body)
    del floor.nudges[:]

    desk.post(body)

    assert floor.nudges == []


def test_the_answer_carries_the_alerts_own_correlation_id(desk: Desk) -> None:
    """One id from here to the exit; what the sender calls its request is its own affair."""
    answer = Client().post(
        f"/webhook/tradingview/{desk.endpoint}/",
        desk.alert(),
        content_type="text/plain",
        headers={"X-Correlation-ID": "the-same-every-time"},
    )

    assert answer["X-Correlation-ID"] == told(answer)["correlation_id"] == Signal.objects.get().correlation_id


def test_nothing_is_rounded_on_the_way_into_the_row(desk: Desk, floor: Floor) -> None:
    """Times to the microsecond, prices to the last digit."""
    floor.clock.at += timedelta(microseconds=123_457)
    desk.post(desk.alert(price="1234.567891"))

    signal = Signal.objects.select_related("event").get()
    assert signal.received_at == signal.event.received_at == signal.updated_at == floor.clock.at
    assert signal.signal_price == Decimal("1234.567891")
    assert signal.alert["signal_price"] == "1234.567891"
    assert signal.due_at > floor.clock.at


def test_a_resend_is_answered_with_the_first_signal(desk: Desk) -> None:
    """The same delivery again makes no second signal; the event is kept as a duplicate."""
    body = desk.alert()
    first, again = desk.post(body), desk.post(body)

    assert (again.status_code, told(again)["outcome"]) == (200, "duplicate")
    assert told(again)["signals"] == told(first)["signals"]
    assert Signal.objects.count() == 1
    assert WebhookEvent.objects.get(outcome="duplicate").duplicate_of_id == told(first)["signals"][0]


def test_two_fills_of_one_second_are_two_signals(desk: Desk) -> None:
    """Scale-out legs differ in nothing but their order id."""
    desk.post(desk.alert(order_id="TP1"))
    desk.post(desk.alert(order_id="TP2"))

    assert Signal.objects.count() == 2


def test_an_alert_without_time_and_id_is_one_within_its_interval(desk: Desk, floor: Floor) -> None:
    """The body's hash stands in, also when the interval's slot ends between the two deliveries."""
    body = desk.alert(time=None, order_id=None, interval="5")
    desk.post(body)
    floor.clock.forward(200)
    assert desk.post(body).status_code == 200
    floor.clock.forward(200)
    assert desk.post(body).status_code == 202


def test_a_delivery_of_several_alerts_is_stored_whole_and_recognised_whole(desk: Desk) -> None:
    """All legs in one transaction, each a signal; the resend is a duplicate of them all."""
    legs = [{"ticker": "AAPL", "action": "close", "key": desk.token}, {"ticker": "MSFT", "action": "close"}]
    body = json.dumps(legs).encode()
    first, again = desk.post(body), desk.post(body)

    assert first.status_code == 202
    assert len(told(first)["signals"]) == 2
    assert told(again)["signals"] == told(first)["signals"]


def test_the_new_alerts_of_a_delivery_are_kept_beside_known_ones(desk: Desk) -> None:
    """One of two legs was delivered before: it stays one signal, the other is accepted."""
    known = json.loads(desk.alert(order_id="TP1"))
    first = told(desk.post(json.dumps(known).encode()))["signals"]
    both = told(desk.post(json.dumps([known, {**known, "order_id": "TP2"}]).encode()))

    assert both["outcome"] == "accepted"
    assert len(both["signals"]) == 1
    assert set(both["signals"]).isdisjoint(first)


def test_a_message_without_an_order_is_noted(desk: Desk) -> None:
    """A relay text is kept as an event and leads to nothing."""
    answer = desk.post(json.dumps({"key": desk.token, "msg": "Long AAPL"}).encode())

    assert (answer.status_code, told(answer)["outcome"]) == (202, "noted")
    assert not Signal.objects.exists()


def test_strangers_get_one_and_the_same_answer(desk: Desk) -> None:
    """Unknown address, wrong token, no token and a foreign source look alike, and leave nothing but a count."""
    stranger = Desk(desk.account, desk.strategy, "no-such-endpoint", desk.token)
    wrong = Desk(desk.account, desk.strategy, desk.endpoint, "wrong")
    guarded = a_desk(source_addresses=["203.0.113.9"])
    answers = [
        stranger.post(stranger.alert()),
        wrong.post(wrong.alert()),
        desk.post(desk.alert(key=None)),
        desk.post(desk.alert(key=[desk.token])),
        guarded.post(guarded.alert()),
    ]

    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.content for answer in answers}) == 1
    assert not WebhookEvent.objects.exists()
    assert refusals()["unauthenticated"] == 5


def test_the_source_address_is_believed_from_a_trusted_proxy_only(settings: object, desk: Desk) -> None:
    """X-Forwarded-For from anybody else changes nothing; from the proxy its last entry counts."""
    from ipaddress import ip_network

    guarded = a_desk(source_addresses=["203.0.113.9"])
    path = f"/webhook/tradingview/{guarded.endpoint}/"
    forged = {"HTTP_X_FORWARDED_FOR": "203.0.113.9", "REMOTE_ADDR": "198.51.100.7"}
    client = Client()
    assert client.post(path, guarded.alert(), content_type="text/plain", **forged).status_code == 401
    settings.TRUSTED_PROXIES = (ip_network("198.51.100.0/24"),)  # type: ignore[attr-defined]
    assert client.post(path, guarded.alert(), content_type="text/plain", **forged).status_code == 202
    spoofed = forged | {"HTTP_X_FORWARDED_FOR": "203.0.113.9, 192.0.2.1"}
    assert client.post(path, guarded.alert(order_id="x"), content_type="text/plain", **spoofed).status_code == 401
    nonsense = forged | {"HTTP_X_FORWARDED_FOR": "not an address"}
    assert client.post(path, guarded.alert(order_id="y"), content_type="text/plain", **nonsense).status_code == 401


def test_a_rotated_token_overlaps_with_the_new_one(desk: Desk, floor: Floor) -> None:
    """For an hour both are taken, then only the new one."""
    new = Desk(
        desk.account, desk.strategy, desk.endpoint, credentials.rotate(desk.strategy, Credential.Kind.TOKEN, actor="t")
    )
    assert desk.post(desk.alert(order_id="1")).status_code == 202
    assert new.post(new.alert(order_id="2")).status_code == 202
    floor.clock.forward(3601)
    credentials.recent_callers.clear()
    assert desk.post(desk.alert(order_id="3")).status_code == 401
    assert new.post(new.alert(order_id="4")).status_code == 202


def test_only_hashes_of_secrets_are_stored(desk: Desk) -> None:
    """Neither the tables nor the kept body hold an endpoint id or a token."""
    desk.post(desk.alert())
    desk.post(b'{"ticker": "AAPL", "x": na, "key": "' + desk.token.encode() + b'"}')
    kept = (
        str(list(Credential.objects.values()))
        + str(list(WebhookEvent.objects.values()))
        + str(list(Signal.objects.values()))
    )

    assert desk.token not in kept
    assert desk.endpoint not in kept


def test_the_token_reaches_no_log(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    """Not even where the body is refused."""
    with caplog.at_level(logging.DEBUG):
        desk.post(desk.alert(quantity="1,000"))
        desk.post(desk.alert(key="wrong-" + desk.token))

    assert desk.token not in caplog.text


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b'{"ticker": "AAPL", "action": "buy", "x": NaN, "key": "%s"}', 400, "invalid_json"),
        (b'{"ticker": "AAPL", "action": "buy", "action": "sell", "key": "%s"}', 400, "ambiguous_duplicate_key"),
        (b'{"ticker": "CME_MINI:ES1!", "action": "buy", "key": "%s"}', 422, "unmapped_or_untradable_symbol"),
    ],
)
def test_a_refused_alert_of_a_known_sender_is_stored_with_its_reason(
    desk: Desk, body: bytes, status: int, code: str
) -> None:
    """4xx with code, sentence, fix and page; the event shows it in admin, no signal is made."""
    answer = desk.post(body.replace(b"%s", desk.token.encode()))

    error = told(answer)["error"]
    assert (answer.status_code, error["code"]) == (status, code)
    assert error["message"] and error["fix"] and error["docs"].endswith(f"/docs/reasons/{code}/")
    event = WebhookEvent.objects.get()
    assert (event.outcome, event.reason, event.http_status) == ("refused", code, status)
    assert refusals() == {code: 1}
    assert not Signal.objects.exists()


def test_too_old_and_future_alerts_are_refused(desk: Desk) -> None:
    """Freshness is five minutes, the future may be a minute ahead."""
    for seconds, code in ((-301, "stale_alert"), (61, "future_alert")):
        stamp = (clock.now() + timedelta(seconds=seconds)).isoformat()
        assert told(desk.post(desk.alert(time=stamp)))["error"]["code"] == code


def test_a_large_body_is_refused_unread(desk: Desk) -> None:
    """16 kB is the most, whether the length is declared or not."""
    answer = desk.post(b'{"key": "' + b"x" * intake.MAX_BODY_BYTES + b'"}')

    assert (answer.status_code, told(answer)["error"]["code"]) == (413, "body_too_large")


def test_other_methods_are_refused(desk: Desk) -> None:
    """A webhook takes POST."""
    assert Client().get(f"/webhook/tradingview/{desk.endpoint}/").status_code == 405


def test_more_alerts_than_allowed_are_answered_429(desk: Desk) -> None:
    """The bucket of one strategy is full after its alerts of a minute; another strategy is not touched."""
    narrow = a_desk(alerts_per_minute=2)
    answers = [narrow.post(narrow.alert(order_id=str(n))).status_code for n in range(3)]

    assert answers == [202, 202, 429]
    assert desk.post(desk.alert()).status_code == 202


def test_without_redis_alerts_are_kept_and_capped_by_rows(desk: Desk) -> None:
    """An outage of Redis loses no alert and opens no flood gate."""
    narrow = a_desk(alerts_per_minute=2)
    with redis_client_module.detached():
        answers = [narrow.post(narrow.alert(order_id=str(n))).status_code for n in range(3)]
        assert refusals() == {}

    assert answers == [202, 202, 429]


def test_without_a_database_the_sender_is_asked_to_send_again(desk: Desk) -> None:
    """503 at once, with Retry-After: TradingView resends on that, and only on that."""
    with mock.patch.object(intake, "_store", side_effect=OperationalError("server closed the connection")):
        answer = desk.post(desk.alert())

    assert (answer.status_code, told(answer)["error"]["code"]) == (503, "database_unavailable")
    assert answer["Retry-After"]


def _signed(desk: Desk, body: bytes, *, age: int = 0, tamper: str = "") -> int:
    import hmac
    from hashlib import sha256

    key_id, key = credentials.issue_signing_key(desk.strategy)
    stamp = str(int(clock.now().timestamp()) - age)
    signature = hmac.new(key.encode(), stamp.encode() + b"." + body, sha256).hexdigest()
    headers = {"X-Key-Id": key_id, "X-Timestamp": stamp, "X-Signature": signature + tamper}
    return Client().post("/webhook/signed/", body, content_type="application/json", headers=headers).status_code


def test_a_signed_alert_needs_no_token(desk: Desk) -> None:
    """HMAC-SHA256 over timestamp and body, within five minutes."""
    body = desk.alert(key=None)
    assert _signed(desk, body, tamper="0") == 401
    assert _signed(desk, body, age=301) == 401
    assert _signed(desk, body, age=-301) == 401
    assert _signed(desk, body) == 202


def test_a_signature_without_its_parts_is_unknown(desk: Desk) -> None:
    """Missing or odd headers are refused, never an error."""
    for headers in ({}, {"X-Key-Id": "é", "X-Timestamp": "٣", "X-Signature": "é"}, {"X-Timestamp": "9" * 40}):
        answer = Client().post("/webhook/signed/", b"{}", content_type="application/json", headers=headers)
        assert answer.status_code == 401
