"""The client against a real server: what it does shows on the vendors' wires."""

from datetime import date, datetime, timedelta, timezone

import pytest
from conftest import NOON

import sandtill as package
from sandtill import ProblemError, Sandtill, SandtillError, WaitTimeout

pytestmark = pytest.mark.sandtill(scenario="paging")


def test_the_version_is_that_of_the_binary(sandtill_server):
    assert sandtill_server.version == package.__version__


def test_credentials_are_those_of_the_documents(sandtill):
    # docs/credentials.md
    assert sandtill.payfort.credentials == {
        "merchant_identifier": "CycHZxVj",
        "access_code": "zx0IPmPy5jp1vAz8Kpg7",
        "hash": "sha256",
        "request_phrase": "sandtill-request",
        "response_phrase": "sandtill-response",
    }
    assert sandtill.flitt.credentials == {
        "application_id": "1019",
        "key": "test",
        "merchant_id": "1549902",
    }
    assert sandtill.begateway.credentials == {
        "shop_id": "1",
        "secret_key": "sandtill-shop-secret",
    }
    assert sandtill.epicpay.credentials == {
        "key_id": "sandtill-terminal-1",
        "password": "sandtill-password-1",
    }
    assert sandtill.wepay.credentials["access_token"] == "STAGE_sandtill"
    assert sandtill.begateway.credentials_of("everywhere")["shop_id"] == "2"
    assert sandtill.begateway.merchant == "begateway"


def test_an_unknown_merchant_is_told_the_known_ones(sandtill):
    with pytest.raises(SandtillError, match="`nobody` does not sell .*; there are begateway, every"):
        sandtill.begateway.credentials_of("nobody")


def test_a_payment_shows_at_the_provider(sandtill, count):
    sandtill.clock.freeze(NOON)
    before = count(sandtill, merchant="everywhere")
    payment = sandtill.pay(12345, "USD", order="A-1")
    assert count(sandtill, merchant="everywhere") == before + 1
    assert (payment.amount, payment.currency, payment.status) == (12345, "USD", "captured")
    assert (payment.merchant, payment["order"]) == ("everywhere", "A-1")
    assert is_the_same(sandtill.transaction(payment.id), payment)
    listed = sandtill.transactions(merchant="everywhere", from_=NOON)
    assert [it.id for it in listed] == [payment.id]
    before_noon = sandtill.transactions(to=datetime(2026, 3, 14, 12, tzinfo=timezone.utc))
    assert payment.id not in [it.id for it in before_noon]


def test_a_payment_can_be_dated_back(sandtill, count):
    sandtill.clock.freeze(NOON)
    today, yesterday = count(sandtill), count(sandtill, "2026-03-13")
    sandtill.pay(100, "EUR", merchant="begateway", at=datetime(2026, 3, 13, 9, tzinfo=timezone.utc))
    assert (count(sandtill), count(sandtill, "2026-03-13")) == (today, yesterday + 1)


def test_life_happens(sandtill):
    sandtill.clock.freeze(NOON)
    payment = sandtill.pay(10000, "USD")
    refund = sandtill.refund(payment.id, 2500)
    assert (refund.kind, refund.amount, refund.parent) == ("refund", 2500, payment.id)
    assert sandtill.transaction(payment).refunded == 2500
    assert sandtill.settle(payment).settled_at == NOON
    disputed = sandtill.pay(700, "USD")
    assert sandtill.chargeback(disputed).amount == 700
    reserved = sandtill.pay(500, "USD", kind="authorization", status="authorized")
    assert sandtill.capture(reserved, 200).amount == 200
    other = sandtill.pay(500, "USD", kind="authorization", status="authorized")
    assert sandtill.void(other).amount == 500


def test_the_clock_is_a_lever(sandtill):
    assert sandtill.clock.freeze(NOON) == datetime(2026, 3, 14, 12, tzinfo=timezone.utc)
    moved = sandtill.clock.advance("36h")
    assert (moved.now, moved.happened) == ("2026-03-16T00:00:00Z", [])
    sandtill.clock.advance(timedelta(hours=1, milliseconds=500))
    sandtill.clock.advance(to=datetime(2026, 3, 17, tzinfo=timezone.utc))
    assert sandtill.clock.now == datetime(2026, 3, 17, tzinfo=timezone.utc)
    assert sandtill.clock.run() >= datetime(2026, 3, 17, tzinfo=timezone.utc)
    with pytest.raises(SandtillError, match="takes one of"):
        sandtill.clock.advance()


def test_a_fault_strikes_as_often_as_it_says(sandtill, ask):
    credentials = sandtill.begateway.credentials
    fault = sandtill.faults.add("begateway", "status", "count", times=1, status=503)
    assert [it.id for it in sandtill.faults.list()] == [fault.id]
    first = ask(sandtill.url, "/api/reports/count", {}, **credentials)
    second = ask(sandtill.url, "/api/reports/count", {}, **credentials)
    assert (first[0], second[0]) == (503, 422)
    sandtill.faults.remove(fault)
    assert sandtill.faults.list() == []


def test_members_of_the_rule_stand_beside_the_fault(sandtill):
    sandtill.faults.add("flitt", "delay", ms=1, every=3)
    rule = sandtill.faults.list()[0]
    assert (rule["every"], rule["fault"]) == (3, {"kind": "delay", "ms": 1})
    sandtill.faults.clear()
    assert sandtill.faults.list() == []


def test_the_journal_waits_for_what_is_expected(sandtill, ask):
    ask(sandtill.url, "/api/reports", {}, "1", "wrong")
    found = sandtill.journal.wait(provider="begateway", at_least=1, timeout=5)
    assert [(it.operation, it.outcome, it.status) for it in found] == [("reports", "refused", 401)]
    refused = sandtill.journal.refused()
    assert [it.reason for it in refused] == ["the secret key of shop `1` is another one"]
    assert sandtill.journal.entry(refused[0].id)["answer"]["status"] == 401
    sandtill.journal.clear()
    assert sandtill.journal.entries() == []


def test_a_wait_in_vain_names_the_most_similar_request(sandtill, ask):
    ask(sandtill.url, "/api/reports", {}, "1", "wrong")
    with pytest.raises(WaitTimeout) as caught:
        sandtill.journal.wait(provider="flitt", timeout=0.01)
    assert str(caught.value) == (
        "0 of 1 requests matched; at least 1 were expected within 0.01 s; the most similar request is 1 "
        f"(POST /@{sandtill.name}/api/reports), but provider is `begateway`, not `flitt`"
    )
    assert isinstance(caught.value, TimeoutError)


def test_spaces_are_worlds_of_their_own(sandtill_server, count):
    with sandtill_server.space(scenario="paging") as one, sandtill_server.space(scenario="paging") as other:
        assert one.url != other.url
        one.clock.freeze(NOON)
        other.clock.freeze(NOON)
        one.pay(100, "EUR", merchant="begateway")
        assert count(one) == count(other) + 1
        names = [one.name, other.name]
        assert set(names) <= _names(sandtill_server)
    assert not set(names) & _names(sandtill_server)


def test_a_named_space_is_the_same_again(sandtill_server):
    with sandtill_server.space("py-named", scenario="paging") as one:
        paid = one.pay(100, "EUR", merchant="begateway", at="2026-02-10T23:59:59Z")
        again = sandtill_server.space("py-named")
        assert is_the_same(again.transaction(paid.id), paid)
        with pytest.raises(ProblemError) as caught:
            sandtill_server.space("py-named", scenario="paging")
        assert caught.value.status == 409


def test_the_truth_knows_what_was_paid(sandtill):
    sandtill.clock.freeze(NOON)
    payment = sandtill.pay(12345, "USD")
    truth = sandtill.truth("begateway", "everywhere", "2026-03-14", datetime(2026, 3, 15, tzinfo=timezone.utc))
    assert [(it.amount, it.currency) for it in truth.totals if it.day == NOON[:10]] == [(12345, "USD")]
    assert "rows" not in truth
    rows = sandtill.truth("begateway", "everywhere", "2026-03-14", "2026-03-14", rows=True, axis="paid").rows
    # At beGateway the id of the wire is that of the admin API.
    assert [(it.id, it.amount) for it in rows] == [(str(payment.id), 12345)]


def test_a_reconciliation_finds_what_is_wrong_and_nothing_else(sandtill):
    sandtill.clock.freeze(NOON)
    payments = [sandtill.pay(amount, "USD") for amount in (100, 200, 300)]
    rows = [{"id": it.id, "amount_minor": it.amount, "currency": "USD"} for it in payments]
    held = ("begateway", "everywhere", date(2026, 3, 14), date(2026, 3, 14))
    right = sandtill.reconcile(*held, rows)
    assert (right.ok, right.findings) == (True, [])
    rows[1]["amount_minor"] = 201
    wrong = sandtill.reconcile(*held, iter(rows[1:]))
    assert not wrong.ok
    assert {(it.kind, it.id) for it in wrong.findings} == {
        ("missing", str(payments[0].id)),
        ("amount_mismatch", str(payments[1].id)),
    }
    with pytest.raises(ProblemError, match="POST /_admin/reconcile was refused"):
        sandtill.reconcile(*held, [{"amount": "1.00"}])


def test_the_url_of_a_space_leads_into_the_space(sandtill, sandtill_server):
    client = Sandtill.connect(sandtill.url)
    assert client.name == sandtill.name
    paid = sandtill.pay(100, "USD")
    assert is_the_same(client.transaction(paid.id), paid)
    with client.space(scenario="paging") as other:
        assert other.url == f"{sandtill_server.url}/@{other.name}"
        assert other.admin("GET", "/health")["space"] == other.name


def test_a_reset_begins_anew(sandtill):
    before = sandtill.transactions(limit=1)
    sandtill.pay(100, "USD")
    assert sandtill.transactions(limit=1) != before
    sandtill.reset()
    assert sandtill.transactions(limit=1) == before


def test_a_refusal_of_the_admin_api_is_its_sentence(sandtill):
    with pytest.raises(ProblemError, match=r"POST /_admin/transactions was refused: .*XXQ") as caught:
        sandtill.pay(1, "XXQ")
    assert caught.value.status in (400, 422)
    assert caught.value.detail in str(caught.value)


def test_a_record_names_the_members_it_has(sandtill):
    with pytest.raises(AttributeError, match="no `amonut` in this Transaction; it has id, merchant"):
        sandtill.pay(1, "USD").amonut


def test_scenario_and_seed_are_those_of_start():
    with Sandtill.start(scenario="paging", seed=7) as server:
        health = server.admin("GET", "/health")
        assert (health["scenario"], health["seed"]) == ("paging", 7)
        other = Sandtill.connect(server.url)
        assert other.version == server.version
        other.stop()
        assert server.admin("GET", "/health")["status"] == "ok"


def is_the_same(found, made):
    """Whether a transaction that was looked up has every member of the answer that made it."""
    return made and {**found, **made} == found


def _names(server):
    return {it["name"] for it in server.admin("GET", "/spaces", query={"limit": 1000})["spaces"]}
