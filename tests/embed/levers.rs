//! Disputes, deposits, lag and the way back through the typed handles.

use sandtill::{Action, DisputeOutcome, Error, Lag, Step};
use serde_json::json;

use crate::{NOON, start};

fn status(refused: &Error) -> Option<u16> {
    match refused {
        Error::Refused { status, .. } => Some(*status),
        _ => None,
    }
}

#[test]
fn a_dispute_is_won_or_lost() {
    let sandtill = start();
    let transactions = sandtill.transactions();
    let payment = transactions.pay(700, "USD").unwrap();
    let chargeback = transactions.chargeback(payment.id, 300).unwrap();
    let back = transactions.dispute(payment.id, DisputeOutcome::Won).unwrap();
    assert_eq!((back.kind.as_str(), back.amount), ("chargeback_reversal", 300));
    assert_eq!(back.parent, Some(chargeback.id));
    let again = transactions.chargeback(payment.id, 100).unwrap();
    let lost = transactions.dispute(again.id, DisputeOutcome::Lost).unwrap();
    assert_eq!((lost.id, &lost.rest["dispute"]["outcome"]), (again.id, &json!("lost")));
    let nothing = transactions.dispute(payment.id, DisputeOutcome::Won).unwrap_err();
    assert_eq!(status(&nothing), Some(409), "{nothing}");
}

#[test]
fn deposits_fail_come_back_and_are_late() {
    let sandtill = start();
    let deposits = sandtill.deposits();
    let of = |status: &str| deposits.list(&[("merchant", "everywhere"), ("status", status)]);
    let on_the_way = of("on_the_way").unwrap();
    let (first, second) = (&on_the_way[0], &on_the_way[1]);
    let failed = deposits.fail(first.id).unwrap();
    assert_eq!((failed.status.as_str(), failed.effective_at), ("failed", None));
    let late = deposits.delay(second.id, "2d").unwrap();
    assert!(late.effective_at > second.effective_at);
    let paid = &of("paid").unwrap()[0];
    assert_eq!(deposits.send_back(paid.id).unwrap().status, "returned");
    assert_eq!(status(&deposits.fail(first.id).unwrap_err()), Some(409));
    let soon = deposits.delay(second.id, "soon").unwrap_err();
    assert!(soon.to_string().contains("`by` is `soon`"), "{soon}");
    let unknown = of("lost").unwrap_err();
    assert!(unknown.to_string().contains("on_the_way"), "{unknown}");
}

#[test]
fn reports_lag_until_they_do_not() {
    let sandtill = start();
    let reporting = sandtill.reporting();
    assert_eq!(reporting.of("flitt").unwrap().lag.as_deref(), Some("0s"));
    let lag = Lag::of("2h").jitter("6h").daily("06:00 Europe/London").missing("2026-03-13");
    let set = reporting.set("flitt", &lag).unwrap();
    assert_eq!(set, lag);
    let set = reporting.missing_until("flitt", "2026-03-15T00:00:00Z").unwrap();
    assert_eq!(
        (set.missing, set.until),
        (lag.missing, Some("2026-03-15T00:00:00Z".parse().unwrap()))
    );
    let payment = sandtill.transactions().pay(100, "USD").unwrap();
    let visible = sandtill.transactions().get(payment.id).unwrap().rest["visible_at"].clone();
    let visible = visible["flitt"].as_str().unwrap().to_owned();
    assert!(visible.as_str() > NOON, "{visible}");
    let moved = sandtill.clock().advance(Step::until(&format!("visible:{}", payment.id))).unwrap();
    assert_eq!(moved.now.to_string(), visible);
    assert!(moved.happened.iter().any(|it| it.kind.as_deref() == Some("visible")));
    let wrong = reporting.set("flitt", &Lag::of("soon")).unwrap_err();
    assert!(wrong.to_string().contains("soon"), "{wrong}");
    assert_eq!(status(&reporting.of("stripe").unwrap_err()), Some(404));
}

#[test]
fn the_clock_knows_what_comes_and_goes_there() {
    let sandtill = start();
    let clock = sandtill.clock();
    assert!(clock.due("2026-03-20T00:00:00Z").unwrap().is_empty());
    let payment = sandtill.transactions().pay(100, "USD").unwrap();
    let due = clock.due("2026-03-20T00:00:00Z").unwrap();
    let settled = due.iter().find(|it| it.kind.as_deref() == Some("settled")).unwrap();
    assert_eq!(settled.id, Some(payment.id));
    let moved = clock.advance(Step::until("next")).unwrap();
    assert_eq!(moved.now, due[0].at);
    let moved = clock.advance(Step::until(&format!("settled:{}", payment.id))).unwrap();
    assert_eq!(moved.now, settled.at);
    let never = clock.advance(Step::until("never")).unwrap_err();
    assert!(never.to_string().contains("`until` is `never`"), "{never}");
    let past = clock.due(NOON).unwrap_err();
    assert!(past.to_string().contains("which is past"), "{past}");
}

#[test]
fn a_space_is_rewound_and_forked() {
    let sandtill = start();
    let space = sandtill.space("t1").unwrap();
    let payment = space.transactions().pay(700, "USD").unwrap();
    let before = space.history().last().unwrap();
    space.transactions().act(payment.id, Action::new("amend").set("fee", 10)).unwrap();
    let events = space.history().events(before).unwrap();
    let kinds: Vec<&str> = events.iter().map(|it| it.kind.as_str()).collect();
    assert_eq!(kinds, ["amended"]);
    let fork = space.fork("t2").unwrap();
    assert!(fork.url().ends_with("/@t2"));
    space.history().rewind(before).unwrap();
    assert_eq!(space.transactions().get(payment.id).unwrap().fee, payment.fee);
    assert_eq!(fork.transactions().get(payment.id).unwrap().fee, 10);
    assert_eq!(status(&space.history().rewind(1_000_000).unwrap_err()), Some(409));
    assert_eq!(status(&space.fork("t2").unwrap_err()), Some(409));
    assert_eq!(status(&space.fork("no name").unwrap_err()), Some(400));
}
