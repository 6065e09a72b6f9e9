"""Disputes, deposits, amendments, lag and the way back, shown on a vendor's wire or in the admin API."""

from datetime import timedelta

import pytest
from conftest import NOON

from sandtill import ProblemError

pytestmark = pytest.mark.sandtill(scenario="paging")


def test_a_dispute_is_won_or_lost(sandtill):
    sandtill.clock.freeze(NOON)
    payment = sandtill.pay(700, "USD")
    chargeback = sandtill.chargeback(payment, 300)
    back = sandtill.dispute(payment, "won")
    assert (back.kind, back.amount, back.parent) == ("chargeback_reversal", 300, chargeback.id)
    again = sandtill.chargeback(payment, 100)
    lost = sandtill.dispute(again.id, "lost", at=NOON)
    assert (lost.id, lost.kind, lost.dispute.outcome) == (again.id, "chargeback", "lost")
    with pytest.raises(ProblemError, match="dispute was refused") as caught:
        sandtill.dispute(payment, "won")
    assert caught.value.status == 409
    with pytest.raises(ProblemError, match="settled"):
        sandtill.dispute(payment, "settled")


def test_an_amendment_is_told_without_a_word(sandtill):
    sandtill.clock.freeze(NOON)
    payment = sandtill.pay(700, "USD", fee=20)
    amended = sandtill.amend(payment, fee=25, description="another text")
    assert (amended.id, amended.fee, amended.description) == (payment.id, 25, "another text")
    assert sandtill.transaction(payment, rows=True).rows.wepay.row.processing_fee == "-0.25"
    with pytest.raises(ProblemError, match="amend was refused"):
        sandtill.amend(payment, amount=-1)


def test_deposits_fail_come_back_and_are_late(sandtill):
    sandtill.clock.freeze(NOON)
    for currency in ("USD", "EUR"):
        sandtill.settle(sandtill.pay(10000, currency))
    first = sandtill.deposits.list(merchant="everywhere", currency="USD", from_=NOON[:11] + "00:00:00Z")[0]
    second = sandtill.deposits.list(merchant="everywhere", currency="EUR", status="on_the_way")[0]
    assert sandtill.deposits.fail(first).status == "failed"
    with pytest.raises(ProblemError, match="fail was refused") as caught:
        sandtill.deposits.fail(first)
    assert caught.value.status == 409
    late = sandtill.deposits.delay(second.id, timedelta(days=2))
    assert late.effective_at > second.effective_at
    with pytest.raises(ProblemError, match="by.*soon"):
        sandtill.deposits.delay(second, "soon")
    sandtill.clock.advance(until=f"deposit:{second.id}")
    paid = sandtill.deposits.list(merchant="everywhere", currency="EUR", status="paid")[0]
    assert (paid.id, paid.effective_at) == (second.id, late.effective_at)
    assert sandtill.deposits.return_(paid).status == "returned"


def test_reports_lag(sandtill, count):
    sandtill.clock.freeze(NOON)
    counted = {"day": "2026-03-13", "merchant": "everywhere"}
    sandtill.pay(100, "USD", at="2026-03-13T10:00:00Z")
    before = count(sandtill, **counted)
    assert before > 0
    assert sandtill.reporting.of("begateway").lag == "0s"
    set_to = sandtill.reporting.set("begateway", lag="2h", jitter=timedelta(minutes=30), missing=["2026-03-13"])
    assert (set_to.lag, set_to.jitter, set_to.missing) == ("2h", "1800s", ["2026-03-13"])
    assert count(sandtill, **counted) == 0
    payment = sandtill.pay(100, "USD")
    sandtill.clock.advance(until=f"visible:{payment.id}")
    assert count(sandtill, merchant="everywhere") > 0
    assert sandtill.reporting.set("begateway").missing == []
    assert count(sandtill, **counted) == before
    with pytest.raises(ProblemError, match="no provider `stripe`"):
        sandtill.reporting.of("stripe")
    with pytest.raises(ProblemError, match="lag"):
        sandtill.reporting.set("begateway", lag="soon")


def test_the_clock_knows_what_comes_and_goes_there(sandtill):
    sandtill.clock.freeze(NOON)
    assert sandtill.clock.due() == []
    payment = sandtill.pay(100, "USD")
    due = sandtill.clock.due(to="2026-03-20T00:00:00Z")
    assert ("settled", payment.id) in [(it.kind, it.id) for it in due]
    moved = sandtill.clock.advance(until=f"settled:{payment.id}")
    assert moved.now == sandtill.transaction(payment).settled_at
    assert ("settled", payment.id) in [(it["kind"], it["id"]) for it in moved.happened]
    with pytest.raises(ProblemError, match="`until` is `never`"):
        sandtill.clock.advance(until="never")


def test_a_space_is_rewound_and_forked(sandtill):
    sandtill.clock.freeze(NOON)
    payment = sandtill.pay(700, "USD")
    before = sandtill.history.last
    sandtill.refund(payment, 300)
    assert [it.kind for it in sandtill.history.events(since=before)] == ["refunded"]
    with sandtill.fork() as copy, sandtill.fork(at=before) as earlier:
        assert copy.transaction(payment).refunded == 300
        assert earlier.transaction(payment).refunded == 0
        copy.refund(payment, 100)
        assert sandtill.transaction(payment).refunded == 300
    sandtill.history.rewind(before)
    assert sandtill.transaction(payment).refunded == 0
    with pytest.raises(ProblemError, match="rewind was refused"):
        sandtill.history.rewind(10**9)
    with pytest.raises(ProblemError, match="there is a space"):
        sandtill.fork(sandtill.name)
