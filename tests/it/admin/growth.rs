//! What a space holds grows by what happens to it, and not by what it holds already.

use std::sync::Arc;

use serde_json::json;

use crate::payfort::HOME;
use crate::support::{NOON, Server};

#[tokio::test]
async fn a_snapshot_grows_by_as_much_with_every_row_and_report() {
    let server = Server::frozen("empty", NOON).await;
    let mut sizes = Vec::new();
    for round in 0..50 {
        // References and amounts of one length.
        let row = json!({"merchant": "payfort", "amount": 1000 + round, "order": "same"});
        server.did("POST", "/transactions", &row.to_string()).await;
        let reference = format!("growth-{:03}", 100 + round);
        let rows = HOME.rows(&server, &HOME.generate(&reference)).await;
        assert_eq!(rows.len(), round + 1, "each report has the rows of its instant");
        sizes.push(server.admin("GET", "/snapshot", "").await.body.len());
    }
    let steps: Vec<usize> = sizes.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let (least, most) = (steps.iter().min().unwrap(), steps.iter().max().unwrap());
    assert!(*most < least + 64, "from {least} to {most} bytes a row and a report");
    // The first report still has its one row.
    let report = HOME.ask(&server, &HOME.download("growth-100")).await.json();
    assert_eq!(report[0], json!({"data_count": 1}));
}

#[tokio::test]
async fn a_view_taken_before_an_addition_stays_as_it_was() {
    let server = Server::start().await;
    let space = server.space();
    let merchant = space.world().scenario.merchant("begateway").unwrap().id;
    let view = || space.moment().view(merchant).unwrap();
    let before = view();
    assert!(before.is_same(&view()), "nothing has happened in between");
    let count = before.all().count();
    let row = r#"{"merchant":"begateway","amount":5,"at":"2026-03-01T10:00:00Z"}"#;
    let row = server.did("POST", "/transactions", row).await;
    let number = row["id"].as_i64().unwrap();
    let between = view();
    server.did("POST", &format!("/transactions/{number}/refund"), "").await;
    let after = view();
    assert!(!before.is_same(&between) && !between.is_same(&after));
    assert!(before.find(number).is_none());
    assert_eq!(before.all().count(), count);
    assert_eq!((between.all().count(), after.all().count()), (count + 1, count + 2));
    assert_eq!(between.find(number).unwrap().children().len(), 0);
    assert_eq!(after.find(number).unwrap().children().len(), 1);
    // What another merchant has is the same all along.
    let other = space.world().scenario.merchant("wepay").unwrap().id;
    let other = || space.moment().view(other).unwrap();
    let wepay = other();
    server.did("POST", "/transactions", r#"{"merchant":"begateway","amount":5}"#).await;
    assert!(wepay.is_same(&other()));
}

#[tokio::test]
async fn a_refused_change_leaves_the_very_same_world() {
    let server = Server::start().await;
    let space = server.space();
    let before = space.world();
    server.refuses(404, "POST", "/transactions/7/refund", "").await;
    server.refuses(400, "POST", "/transactions", r#"{"merchant":"x","amount":1}"#).await;
    server.refuses(404, "DELETE", "/faults/none", "").await;
    assert!(Arc::ptr_eq(&before, &space.world()));
}
