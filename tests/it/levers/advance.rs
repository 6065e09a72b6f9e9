//! The clock is moved until something happens, and tells what fell due on the way.

use jiff::civil::date;
use serde_json::{Value, json};

use super::{MERCHANT, days, lag, payment, reported};
use crate::drivers::wepay;
use crate::support::{NOON, Server};

async fn until(server: &Server, target: &str) -> Value {
    server.did("POST", "/clock/advance", &json!({"until": target}).to_string()).await
}

/// What happened, without the sentences.
fn events(advanced: &Value) -> Vec<(String, String, Value)> {
    let text = |it: &Value, key: &str| it[key].as_str().unwrap_or_default().to_owned();
    let happened = advanced["happened"].as_array().unwrap().iter();
    happened.map(|it| (text(it, "at"), text(it, "kind"), it["id"].clone())).collect()
}

fn line(at: &str, kind: &str, id: &Value) -> (String, String, Value) {
    (at.to_owned(), kind.to_owned(), id.clone())
}

#[tokio::test]
async fn the_clock_goes_from_one_thing_due_to_the_next() {
    let server = Server::start().await;
    lag(&server, "begateway", &json!({"lag": "2h"})).await;
    let body = json!({"paid_at": "2026-03-14T12:30:00Z"});
    let row = server.did("POST", "/transactions", &payment(&body)).await;
    let id = &row["id"];
    let advanced = until(&server, "next").await;
    assert_eq!(advanced["now"], "2026-03-14T12:30:00Z");
    assert_eq!(events(&advanced), [line("2026-03-14T12:30:00Z", "paid", id)]);
    let sentence = advanced["happened"][0]["what"].as_str().unwrap();
    assert_eq!(sentence, format!("payment {id} of {MERCHANT} is captured"));
    let advanced = until(&server, "next").await;
    assert_eq!(events(&advanced), [line("2026-03-14T14:00:00Z", "visible", id)]);
    let day = days(date(2026, 3, 14), date(2026, 3, 14));
    let number = id.to_string();
    assert!(reported(&server, "begateway", day).await.iter().any(|it| it.id == number));
    // Settlement is at 08:00 UTC some business days later; the deposit leaves then.
    let settles = server.did("GET", &format!("/transactions/{id}"), "").await;
    let settles = settles["settles_at"].as_str().unwrap();
    let advanced = until(&server, &format!("settled:{id}")).await;
    assert_eq!(advanced["now"], *settles);
    let deposits = format!("/deposits?merchant={MERCHANT}&from={settles}&currency=USD");
    let deposits = server.did("GET", &deposits, "").await;
    let card = |it: &&Value| it["class"] == "card";
    let deposit = deposits["deposits"].as_array().unwrap().iter().find(card).unwrap();
    assert_eq!(
        events(&advanced),
        [line(settles, "settled", id), line(settles, "deposit_sent", &deposit["id"])]
    );
    let advanced = until(&server, &format!("deposit:{}", deposit["id"])).await;
    let arrives = deposit["effective_at"].as_str().unwrap();
    assert_eq!(advanced["now"], *arrives);
    assert_eq!(events(&advanced), [line(arrives, "deposit_paid", &deposit["id"])]);
    // What has happened already is now.
    for target in [format!("settled:{id}"), format!("visible:{id}"), format!("deposit:{id}")] {
        let again = until(&server, &target).await;
        assert_eq!(again, json!({"now": arrives, "happened": []}), "{target}");
    }
}

/// What `GET /_admin/clock/due` tells up to an instant, without the sentences.
async fn ahead(server: &Server, to: &str) -> Vec<(String, String, Value)> {
    let events = server.did("GET", &format!("/clock/due?to={to}"), "").await;
    assert_eq!(events["to"], *to);
    let text = |it: &Value, key: &str| it[key].as_str().unwrap_or_default().to_owned();
    let due = events["due"].as_array().unwrap().iter();
    due.map(|it| (text(it, "at"), text(it, "kind"), it["id"].clone())).collect()
}

#[tokio::test]
async fn what_will_fall_due_is_what_an_advance_tells_afterwards() {
    let server = super::serve().await;
    let nothing = server.did("GET", "/clock/due", "").await;
    assert_eq!(nothing, json!({"to": "2026-03-22T12:00:00Z", "due": []}));
    lag(&server, "begateway", &json!({"lag": "2h"})).await;
    let body = json!({"paid_at": "2026-03-14T12:30:00Z"});
    let row = server.did("POST", "/transactions", &payment(&body)).await;
    let id = &row["id"];
    let span = (1_770_681_600, 1_770_854_400);
    let report = wepay::transactions(wepay::account(&server, MERCHANT), span);
    wepay::create(&server, MERCHANT, &report).await;
    let to = "2026-03-21T12:00:00Z";
    let mut before = ahead(&server, to).await;
    // The report is complete after three seconds; then its IPN is sent, to be repeated, and it is deleted.
    let ready = "2026-03-14T12:00:03Z";
    assert_eq!(before[..2], [line(ready, "callback", &json!(1)), line(ready, "report", &json!(1))]);
    assert_eq!(before[2], line("2026-03-14T12:30:00Z", "paid", id));
    assert_eq!(before[3], line("2026-03-14T14:00:00Z", "visible", id));
    let kinds: Vec<&str> = before.iter().map(|it| it.1.as_str()).collect();
    for kind in ["settled", "deposit_sent", "deposit_paid"] {
        assert!(kinds.contains(&kind), "{kind} {kinds:?}");
    }
    let advanced = server.did("POST", "/clock/advance", &json!({"to": to}).to_string()).await;
    before.retain(|it| !["callback", "report"].contains(&it.1.as_str()));
    let mut after = events(&advanced);
    after.retain(|it| !it.1.is_empty());
    assert_eq!(before, after);
    let past = server.send("GET", "/_admin/clock/due?to=2026-03-20T12:00:00Z", &[], "").await;
    assert_eq!(past.status, 400);
    assert!(past.text().contains("which is past"), "{}", past.text());
}

#[tokio::test]
async fn a_deposit_and_what_all_reports_show_can_be_waited_for_by_the_id_of_a_payment() {
    let server = Server::start().await;
    let at = json!({"flitt": "2026-03-16T10:00:00Z", "wepay": "2026-03-15T10:00:00Z"});
    let row = server.did("POST", "/transactions", &payment(&json!({"visible_at": at}))).await;
    let id = &row["id"];
    let advanced = until(&server, &format!("visible:{id}")).await;
    assert_eq!(advanced["now"], "2026-03-16T10:00:00Z");
    let times = ["2026-03-15T10:00:00Z", "2026-03-16T10:00:00Z"];
    let shown: Vec<_> = events(&advanced).into_iter().filter(|it| it.1 == "visible").collect();
    assert_eq!(shown, times.map(|at| line(at, "visible", id)));
    let advanced = until(&server, &format!("deposit:{id}")).await;
    let [.., (at, kind, _)] = &events(&advanced)[..] else { panic!("{advanced}") };
    assert_eq!((kind.as_str(), at.as_str()), ("deposit_paid", advanced["now"].as_str().unwrap()));
    let settled = server.did("GET", &format!("/transactions/{id}"), "").await;
    assert!(settled["settled_at"].as_str().unwrap() < at.as_str());
    // The generated trade goes on by itself and is not told.
    let quiet = Server::start().await;
    let advanced = quiet.did("POST", "/clock/advance", r#"{"by":"20d"}"#).await;
    assert_eq!(advanced["happened"], json!([]));
}

#[tokio::test]
async fn what_will_never_be_is_refused_with_what_can_be() {
    let server = Server::start().await;
    let declined = payment(&json!({"status": "declined"}));
    let declined = server.did("POST", "/transactions", &declined).await["id"].clone();
    let empty = Server::frozen("empty", NOON).await;
    for (server, body, status, part) in [
        (&server, json!({"until": "settled"}), 400, "such as `settled:17`"),
        (&server, json!({"until": "settled:x"}), 400, "such as `settled:17`"),
        (&server, json!({"until": "arrived:17"}), 400, "`deposit:` or `visible:`"),
        (&server, json!({"until": "next", "by": "1h"}), 400, "say either"),
        (&server, json!({}), 400, "say either"),
        (&server, json!({"until": "settled:17"}), 404, "no transaction 17"),
        (&server, json!({"until": "deposit:17"}), 404, "no deposit 17"),
        (&server, json!({"until": format!("settled:{declined}")}), 409, "is never settled"),
        (&server, json!({"until": format!("deposit:{declined}")}), 409, "is never settled"),
        (&empty, json!({"until": "next"}), 409, "nothing falls due"),
    ] {
        let detail = server.refuses(status, "POST", "/clock/advance", &body.to_string()).await;
        assert!(detail.contains(part), "{body}: {detail}");
    }
}

#[tokio::test]
async fn no_more_than_a_thousand_things_are_told() {
    let server = Server::start().await;
    let rows: Vec<Value> = (0..700)
        .map(|_| json!({"merchant": MERCHANT, "amount": 100, "paid_at": "2026-03-14T13:00:00Z"}))
        .collect();
    server.did("POST", "/transactions", &Value::from(rows).to_string()).await;
    let advanced = server.did("POST", "/clock/advance", r#"{"by":"10d"}"#).await;
    let happened = advanced["happened"].as_array().unwrap();
    // 700 are paid, 700 are settled, and their deposit leaves and arrives.
    assert_eq!(happened.len(), 1001);
    assert_eq!(
        (&happened[1000]["kind"], &happened[1000]["what"]),
        (&json!("more"), &json!("402 more"))
    );
}
