//! What is refused leaves everything as it was: no row, no event, no space.

use sandtill::sandbox::Options;
use sandtill::sandbox::spaces::Spaces;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{NOON, Server, frozen};

/// The instant at which the generated future of the payments below has happened.
const LATER: &str = r#"{"now":"2026-03-30T12:00:00Z"}"#;

/// A payment of begateway that the generator refunds some days after it was paid, with the refund, as
/// both are seen later. Rows of the same day follow it.
async fn refunded_later(server: &Server) -> Value {
    server.did("PUT", "/clock", LATER).await;
    let query = "/transactions?merchant=begateway&kind=refund&from=2026-03-16T00:00:00Z&limit=1000";
    let refunds = server.did("GET", query, "").await;
    for refund in refunds["transactions"].as_array().unwrap() {
        let path = format!("/transactions/{}", refund["parent"]);
        let payment = server.did("GET", &path, "").await;
        let (created, paid) = (&payment["created_at"], payment["paid_at"].as_str().unwrap());
        let is_early = paid.get(11..13).is_some_and(|hour| hour < "18");
        if payment["kind"] == "payment" && is_early && created.as_str().unwrap()[..10] == paid[..10]
        {
            return payment;
        }
    }
    panic!("no payment is refunded later");
}

/// The contract's bound for the rows of one instant. Between two generated rows there are 999 ids.
#[tokio::test]
async fn a_hundred_thousand_rows_of_one_instant_find_room() {
    let server = Server::start().await;
    let payment = refunded_later(&server).await;
    let paid = payment["paid_at"].as_str().unwrap();
    server.did("PUT", "/clock", &json!({"now": paid}).to_string()).await;
    let rows: Vec<_> = (0..1000).map(|_| json!({"merchant": "begateway", "amount": 1})).collect();
    let rows = serde_json::to_string(&rows).unwrap();
    let mut added = std::collections::BTreeSet::new();
    for _ in 0..100 {
        let answer = server.did("POST", "/transactions", &rows).await;
        let ids = answer["transactions"].as_array().unwrap().iter().map(|row| row["id"].as_i64());
        added.extend(ids.map(Option::unwrap));
    }
    assert_eq!(added.len(), 100_000, "no id is given twice");

    // The same payment can still be refunded, and every row is found by its id and in both directions.
    let path = format!("/transactions/{}/refund", payment["id"]);
    let refund = server.did("POST", &path, "").await["id"].as_i64().unwrap();
    assert!(added.insert(refund), "{refund}");
    let id = server.space().world().scenario.merchant("begateway").unwrap().id;
    let view = server.space().moment().view(id).unwrap();
    let up: Vec<_> = view.all().map(|row| row.number()).collect();
    let mut down: Vec<_> = view.all().rev().map(|row| row.number()).collect();
    down.reverse();
    assert_eq!(up, down);
    assert!(up.is_sorted_by(|one, other| one < other), "each row is there once, by its id");
    assert_eq!(up.iter().filter(|id| added.contains(*id)).count(), added.len());
    assert!(added.iter().all(|id| view.find(*id).is_some()));
}

#[tokio::test]
async fn nothing_is_paid_or_settled_before_it_is_created_now() {
    let server = Server::frozen("empty", NOON).await;
    let revision = server.space().world().state.revision;
    for (extra, expected_detail) in [
        (r#""paid_at":"2020-01-01T00:00:00Z""#, "`paid_at` is 2020-01-01T00:00:00Z"),
        (r#""paid_at":"2026-03-14T11:59:59Z""#, "(now, since nothing is said)"),
        (r#""settled_at":"2020-01-01T00:00:00Z""#, "`settled_at` is 2020-01-01T00:00:00Z"),
        (r#""settled_at":"2026-03-14T11:59:59Z""#, NOON),
        (
            r#""paid_at":"2026-03-15T00:00:00Z","settled_at":"2026-03-14T12:00:00Z""#,
            "2026-03-15T00:00:00Z",
        ),
    ] {
        let body = format!(r#"{{"merchant":"begateway","amount":777,{extra}}}"#);
        let detail = server.refuses(400, "POST", "/transactions", &body).await;
        assert!(
            detail.contains(expected_detail) && detail.contains("cannot be before"),
            "{extra}: {detail}"
        );
    }
    assert_eq!(server.did("GET", "/transactions", "").await["transactions"], json!([]));
    assert_eq!(server.space().world().state.revision, revision);
    // At the instant itself it is good.
    for extra in [r#""paid_at""#, r#""settled_at""#] {
        let body = format!(r#"{{"merchant":"begateway","amount":777,{extra}:"{NOON}"}}"#);
        let row = server.did("POST", "/transactions", &body).await;
        assert_eq!((&row["created_at"], &row["paid_at"]), (&json!(NOON), &json!(NOON)));
    }
}

#[tokio::test]
async fn no_row_is_created_before_the_ledger_begins() {
    let server = Server::start().await;
    let revision = server.space().world().state.revision;
    // The default scenario shows 90 days before the 14th of March.
    let row = |at: &str| json!({"merchant": "epicpay", "amount": 500, "at": at}).to_string();
    for early in ["2025-12-13T23:59:59Z", "2025-06-01T12:00:00Z", "2010-01-01T00:00:00Z"] {
        let detail = server.refuses(400, "POST", "/transactions", &row(early)).await;
        assert!(detail.contains("begins on 2025-12-14"), "{detail}");
    }
    assert_eq!(server.space().world().state.revision, revision);
    let first = server.did("POST", "/transactions", &row("2025-12-14T00:00:00Z")).await;
    assert_eq!(first["created_at"], "2025-12-14T00:00:00Z");
}

/// The first line of the answer to the head of a request whose body never comes.
async fn answer_to_head(server: &Server, head: &str) -> String {
    let address = server.url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!("{head}\r\nContent-Length: 60000000\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    let (mut answer, mut piece) = (Vec::new(), [0; 1024]);
    while !answer.windows(2).any(|it| it == b"\r\n") {
        let count = stream.read(&mut piece).await.unwrap();
        assert!(count > 0, "closed without an answer");
        answer.extend_from_slice(&piece[..count]);
    }
    String::from_utf8(answer).unwrap().lines().next().unwrap().to_owned()
}

fn names(spaces: &Spaces) -> Vec<String> {
    spaces.all().iter().map(|it| it.name().to_owned()).collect()
}

#[tokio::test]
async fn who_may_not_use_the_admin_api_is_told_before_a_body_is_read_and_gets_no_space() {
    let open = Server::frozen("empty", NOON).await;
    let options = Options { admin_token: Some("t0ken".to_owned()), ..Options::default() };
    let locked = Server::started(frozen("empty", NOON), options).await;
    for path in ["/_admin/snapshot", "/@brandnew/_admin/snapshot", "/@other/_admin/scenario"] {
        let foreign = format!("PUT {path} HTTP/1.1\r\nHost: evil.example");
        assert_eq!(answer_to_head(&open, &foreign).await, "HTTP/1.1 403 Forbidden", "{path}");
        let page =
            format!("PUT {path} HTTP/1.1\r\nHost: localhost\r\nOrigin: https://evil.example");
        assert_eq!(answer_to_head(&open, &page).await, "HTTP/1.1 403 Forbidden", "{path}");
        let nobody = format!("PUT {path} HTTP/1.1\r\nHost: localhost");
        assert_eq!(answer_to_head(&locked, &nobody).await, "HTTP/1.1 401 Unauthorized", "{path}");
    }
    assert_eq!(
        (names(&open.spaces), names(&locked.spaces)),
        (vec![String::new()], vec![String::new()])
    );
}

#[tokio::test]
async fn a_refused_request_makes_no_space() {
    let server = Server::start().await;
    for (method, path, status) in [
        ("GET", "/@new/_admin/transactions/7", 404),
        ("POST", "/@new/_admin/transactions", 400),
        ("PUT", "/@new/_admin/clock", 400),
        ("DELETE", "/@new/_admin/faults/none", 404),
        ("GET", "/@new/_admin/no-such-thing", 404),
    ] {
        let answer = server.send(method, path, &[], "nonsense").await;
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.text());
        let listed = server.did("GET", "/spaces", "").await;
        let spaces = listed["spaces"].as_array().unwrap();
        assert!(spaces.iter().all(|it| it["name"] != "new"), "{method} {path}: {listed}");
    }
    assert_eq!(server.send("GET", "/@new/_admin/health", &[], "").await.status, 200);
    assert_eq!(names(&server.spaces), ["", "new"]);
}
