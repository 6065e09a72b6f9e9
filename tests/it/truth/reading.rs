//! Tests of how imports are read: CSV and JSON, what is noted, and what is refused with its place.

use serde_json::{Value, json};

use super::DAYS;
use super::importers::{import, reconcile};
use crate::support::Server;

const OF: &str = "provider=begateway&merchant=everywhere&from=2026-03-01&to=2026-03-13";

async fn post(server: &Server, format: &str, body: impl Into<String>) -> crate::support::Answer {
    let path = format!("/_admin/reconcile?{OF}{format}");
    server.send("POST", &path, &[], body.into()).await
}

/// The rows as CSV with these separators; `order` are the columns.
fn csv(rows: &[Value], order: &[&str], (cell, line): (&str, &str)) -> String {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let mut csv = order.join(cell) + line;
    for row in rows {
        let cells: Vec<String> = order.iter().map(|name| text(&row[*name])).collect();
        csv.push_str(&(cells.join(cell) + line));
    }
    csv
}

#[tokio::test]
async fn csv_is_read_whatever_its_columns_separators_and_line_ends() {
    let server = Server::start().await;
    let rows = import(&server, "begateway", "everywhere", DAYS).await;
    for (before, order, ends, notes) in [
        ("", vec!["id", "amount", "currency", "fee", "status"], (",", "\n"), vec![]),
        (
            "\u{feff}",
            vec!["status", "fee", "amount", "id"],
            (";", "\r\n"),
            vec!["byte order mark", "CR LF", "semicolons"],
        ),
        ("", vec!["amount", "id"], ("\t", "\n"), vec!["tabs"]),
    ] {
        let body = format!("{before}{}", csv(&rows, &order, ends));
        let found = post(&server, "", body).await.json();
        assert_eq!(found["findings"], json!([]), "{order:?}");
        assert_eq!(found["rows"], rows.len());
        let fragment = found["notes"].to_string();
        assert_eq!(found["notes"].as_array().unwrap().len(), notes.len(), "{fragment}");
        assert!(notes.iter().all(|note| fragment.contains(note)), "{fragment}");
    }
}

#[tokio::test]
async fn what_cannot_be_read_is_refused_with_line_and_column() {
    let server = Server::start().await;
    for (body, line, column, fragment) in [
        ("id,amount\n1,\"12,50\"\n", 2, "amount", "comma"),
        ("id,amount\n1,12,50\n", 2, "", "decimal comma"),
        ("id;amount\n1;100\n2;12,50\n", 3, "amount", "comma"),
        ("id,amount\n1,100\n2,12.345\n", 3, "amount", "minor units"),
        ("amount,id\n100,\n", 2, "id", "empty"),
        ("id,amount,currency\n1,100,USD\n2,100,XYZ\n", 3, "currency", "`XYZ`"),
        ("id,amount,currency\n1,100,usd\n", 2, "currency", "`usd`"),
        ("id,Amount\n1,2\n", 1, "amount", "`Amount`"),
        ("id,amount,amount_minor\n1,2,2\n", 1, "amount", "minor units"),
        ("id,amount,id\n1,2,1\n", 1, "id", "two columns"),
        ("name\n1\n", 1, "id", "no column `id`"),
        (
            "[\n {\"id\": 1, \"amount\": 5},\n {\"id\": 2,\n  \"amount\": \"1,5\"}\n]",
            4,
            "amount",
            "comma",
        ),
        ("[{\"amount\": 5}]", 1, "id", "empty"),
        ("[{\"id\": 1, \"amount\": 5, \"amount_minor\": 5}]", 1, "amount", "one of them"),
        ("[{\"id\": [1], \"amount\": 5}]", 1, "id", "neither text nor a number"),
        ("[{\"id\": 1, \"report\": \"x\", \"amount\": 5}]", 1, "report", "no report `x`"),
    ] {
        let answer = post(&server, "", body).await;
        assert_eq!(answer.status, 422, "{body}: {}", answer.text());
        let problem = answer.json();
        assert_eq!(
            (&problem["line"], &problem["column"]),
            (&json!(line), &json!(column)),
            "{body} {problem}"
        );
        assert!(problem["detail"].as_str().unwrap().contains(fragment), "{body} {problem}");
    }
    let latin = [b"id,amount\n1,2\n\xe9,2\n".as_slice()].concat();
    let path = format!("/_admin/reconcile?{OF}");
    let answer = server.send("POST", &path, &[], latin).await;
    assert_eq!((answer.status, &answer.json()["line"]), (422, &json!(3)));
}

#[tokio::test]
async fn what_is_asked_for_has_to_be_there() {
    let server = Server::start().await;
    for (query, fragment) in [
        ("provider=begateway", "`merchant` is missing"),
        ("merchant=everywhere", "`provider` is missing"),
        ("provider=stripe&merchant=everywhere", "unknown provider"),
        ("provider=flitt&merchant=nobody", "unknown merchant"),
        ("provider=flitt&merchant=wepay", "no credentials at Flitt"),
        ("provider=flitt&merchant=flitt&from=2026-03-02&to=2026-03-01", "after `from`"),
        ("provider=flitt&merchant=flitt&from=yesterday", "whole UTC day"),
        ("provider=flitt&merchant=flitt&axis=sent", "`axis`"),
    ] {
        let detail = server.refuses(400, "GET", &format!("/truth?{query}"), "").await;
        assert!(detail.contains(fragment), "{query}: {detail}");
        let detail = server.refuses(400, "POST", &format!("/reconcile?{query}"), "[]").await;
        assert!(detail.contains(fragment), "{query}: {detail}");
    }
    let detail = server
        .refuses(400, "POST", &format!("/reconcile?{OF}"), r#"{"provider":"flitt","rows":[]}"#)
        .await;
    assert!(detail.contains("in the query and `flitt` in the body"), "{detail}");
}

#[tokio::test]
async fn a_file_of_another_provider_is_said_to_be_one() {
    let server = Server::start().await;
    let found = post(&server, "", "id,amount\nC123456789,5\nRF1,5\n").await.json();
    assert_eq!(found["breaks"].as_u64(), found["expected_rows"].as_u64().map(|it| it + 2));
    let note = found["notes"].to_string();
    for fragment in ["2 of 2", "`C123456789` in row 1", "WePay"] {
        assert!(note.contains(fragment), "{note}");
    }
    let found = post(&server, "", "id,amount\n5.9E+11,5\n").await.json();
    assert!(found["notes"].to_string().contains("keep ids as text"), "{found}");
}

#[tokio::test]
async fn findings_come_as_junit_csv_and_table_too() {
    let server = Server::start().await;
    let mut rows = import(&server, "begateway", "everywhere", DAYS).await;
    rows.remove(3);
    rows[5]["amount"] = json!(1);
    let body = json!(rows).to_string();
    let junit = post(&server, "&format=junit", body.as_str()).await;
    let xml = junit.text();
    assert_eq!(junit.header("content-type"), "application/xml");
    assert!(xml.contains("<testsuites tests=\"8\" failures=\"2\">"), "{xml}");
    assert!(xml.contains("<failure type=\"missing\" message=\"1 rows\">"), "{xml}");
    let mut reader = quick_xml::Reader::from_str(&xml);
    let mut cases = 0;
    loop {
        match reader.read_event().unwrap() {
            quick_xml::events::Event::Eof => break,
            quick_xml::events::Event::Start(it) | quick_xml::events::Event::Empty(it) => {
                cases += usize::from(it.name().as_ref() == "testcase");
            }
            _ => {}
        }
    }
    assert_eq!(cases, 8);
    let table = post(&server, "&format=table", body.as_str()).await.text();
    let first = table.lines().next().unwrap();
    assert!(first.starts_with("begateway everywhere: ") && first.ends_with(", 2 wrong"), "{table}");
    let csv = post(&server, "&format=csv", body.as_str()).await.text();
    assert_eq!(csv.lines().count(), 3);
    let found = reconcile(&server, "begateway", "everywhere", (DAYS, &rows)).await;
    assert_eq!(found["findings"].as_array().unwrap().len(), 2);
}
