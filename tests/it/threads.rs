//! Sixteen clients at once on one space, on four worker threads: nothing is given back twice, one of
//! several equal references is taken, and the books tie out at every moment a reader looks.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use sandtill::sandbox::facts::Kind;
use sandtill::sandbox::ledger::RowId;
use sandtill::sandbox::money::Currency;
use serde_json::json;
use tokio::sync::Barrier;

use crate::books::balance;
use crate::payfort::EVERYWHERE;
use crate::support::Server;

/// Clients of each sort.
const REFUNDING: usize = 6;
const ASKING: usize = 4;
const MOVING: usize = 2;
const LOOKING: usize = 4;
/// What each of them does so many times.
const ROUNDS: usize = 60;
/// Minor units of the payment that all want back.
const AMOUNT: i64 = 200_000;

/// What has been given back of each payment, as the rows say.
fn given_back(server: &Server) -> BTreeMap<RowId, i64> {
    let moment = server.space().moment();
    let merchant = moment.scenario().merchant("everywhere").unwrap().id;
    let view = moment.view(merchant).unwrap();
    let mut paid = BTreeMap::new();
    let mut returned = BTreeMap::<RowId, i64>::new();
    for row in view.all() {
        match row.kind {
            Kind::Payment => _ = paid.insert(row.id(), row.amount),
            Kind::Refund => *returned.entry(row.root().id()).or_default() += row.amount,
            _ => {}
        }
    }
    for (payment, amount) in &returned {
        if let Some(paid) = paid.get(payment) {
            assert!(amount <= paid, "{amount} of {paid} came back");
        }
    }
    for code in ["USD", "EUR"] {
        let (money_in, elsewhere, fees, settled_fees, _) =
            balance(&view, Currency::parse(code).unwrap());
        assert_eq!((money_in, fees), (elsewhere, settled_fees), "{code}");
    }
    returned
}

/// Sends the same reference from several clients at the same time and counts the accepted requests.
async fn ask(server: &Server, barrier: &Barrier, accepted: &[AtomicUsize]) {
    for (round, accepted) in accepted.iter().enumerate() {
        barrier.wait().await;
        let answer = EVERYWHERE.ask(server, &EVERYWHERE.generate(&format!("race-{round}"))).await;
        if answer.json()["response_code"] == "56000" {
            accepted.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Rows, settlements and clocks in between.
async fn stir(server: &Server, number: usize) {
    for round in 0..ROUNDS {
        let add = json!({"merchant": "everywhere", "amount": 1000 + round, "currency": "EUR"});
        let added = server.did("POST", "/transactions", &add.to_string()).await;
        server.did("POST", &format!("/transactions/{}/settle", added["id"]), "").await;
        if number == 0 {
            server.did("POST", "/clock/advance", r#"{"by":"7m"}"#).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sixteen_clients_at_once_leave_the_books_in_order() {
    let server = Arc::new(Server::start().await);
    let add = json!({"merchant": "everywhere", "amount": AMOUNT, "currency": "USD"});
    let payment = server.did("POST", "/transactions", &add.to_string()).await["id"].clone();
    let (refunded, looks) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let accepted: Arc<Vec<AtomicUsize>> =
        Arc::new((0..ROUNDS).map(|_| AtomicUsize::new(0)).collect());
    let barrier = Arc::new(Barrier::new(ASKING));
    let mut clients = tokio::task::JoinSet::new();
    for number in 0..REFUNDING {
        let (server, payment, refunded) = (server.clone(), payment.clone(), refunded.clone());
        clients.spawn(async move {
            for round in 0..ROUNDS {
                let amount = 500 + 100 * ((number + round) % 7);
                let (path, body) =
                    (format!("/transactions/{payment}/refund"), json!({"amount": amount}));
                let answer = server.admin("POST", &path, &body.to_string()).await;
                match answer.status {
                    201 => _ = refunded.fetch_add(amount, Ordering::Relaxed),
                    409 => {}
                    other => panic!("{other} {}", answer.text()),
                }
            }
        });
    }
    for _ in 0..ASKING {
        let (server, barrier, accepted) = (server.clone(), barrier.clone(), accepted.clone());
        clients.spawn(async move { ask(&server, &barrier, &accepted).await });
    }
    for number in 0..MOVING {
        let server = server.clone();
        clients.spawn(async move { stir(&server, number).await });
    }
    for _ in 0..LOOKING {
        let (server, looks) = (server.clone(), looks.clone());
        clients.spawn(async move {
            for _ in 0..ROUNDS / 3 {
                given_back(&server);
                looks.fetch_add(1, Ordering::Relaxed);
                tokio::task::yield_now().await;
            }
        });
    }
    while let Some(ended) = clients.join_next().await {
        ended.unwrap();
    }
    // The refund requests exceed the payment, and the accepted refunds equal those in the rows.
    let refunded = i64::try_from(refunded.load(Ordering::Relaxed)).unwrap();
    assert!((AMOUNT - 1100..=AMOUNT).contains(&refunded), "{refunded}");
    let number = payment.as_i64().unwrap();
    let moment = server.space().moment();
    let view = moment.view(moment.scenario().merchant("everywhere").unwrap().id).unwrap();
    let id = view.find(number).unwrap().id();
    assert_eq!(given_back(&server)[&id], refunded);
    let accepted: Vec<usize> = accepted.iter().map(|it| it.load(Ordering::Relaxed)).collect();
    assert_eq!(accepted, [1; ROUNDS]);
}
