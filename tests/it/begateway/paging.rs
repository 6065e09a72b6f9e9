//! Pages, cursors, counts, and the two versions against each other.

use serde_json::json;

use super::{ids, page, params, post, walk, with};
use crate::support::{NOON, Server, frozen};

#[tokio::test]
async fn a_walk_forwards_and_backwards_visits_every_row_once() {
    let server = Server::start().await;
    let all = params("2025-12-14 00:00:00", "2026-03-14 23:59:59");
    let forwards = ids(&walk(&server, &all).await);
    assert!(forwards.len() > 8000, "{}", forwards.len());
    assert!(forwards.is_sorted_by(|left, right| left < right));

    let mut backwards = Vec::new();
    let mut before = json!(i64::MAX);
    loop {
        let page = page(&server, &with(all.clone(), json!({"ending_before": before}))).await;
        let rows = page["transactions"].as_array().unwrap();
        assert_eq!(page["count"], rows.len());
        assert_eq!(page["first_object_id"], rows[0]["id"]);
        assert_eq!(page["last_object_id"], rows[rows.len() - 1]["id"]);
        backwards.splice(0..0, ids(rows));
        if page["has_more"] == false {
            break;
        }
        before = page["first_object_id"].clone();
    }
    assert_eq!(backwards, forwards);

    let answer = post(&server, "/api/reports/count", "3", &all).await;
    assert_eq!(answer.text(), format!(r#"{{"transactions":{{"count":{}}}}}"#, forwards.len()));
}

#[tokio::test]
async fn one_day_by_version_2_is_the_same_as_by_version_3() {
    let server = Server::start().await;
    for date_type in ["created_at", "paid_at", "settled_at"] {
        for method in ["credit_card", "alternative"] {
            for day in ["2026-02-14", "2026-03-02", "2026-03-13"] {
                let (from, to) = match date_type {
                    "settled_at" => (day.to_owned(), day.to_owned()),
                    _ => (format!("{day} 00:00:00"), format!("{day} 23:59:59")),
                };
                let changes =
                    json!({"date_type": date_type, "payment_method_type": method, "date": day});
                let request_params = with(params(&from, &to), changes);
                let by_pages = walk(&server, &request_params).await;
                let by_day = post(&server, "/api/reports", "2", &request_params).await.json();
                assert_eq!(by_day["transactions"].as_array().unwrap(), &by_pages);
                assert_eq!(by_day["count"], by_pages.len());
            }
        }
    }
}

#[tokio::test]
async fn a_full_last_page_does_not_promise_more() {
    let server = Server::frozen("paging", NOON).await;
    let mut request_params = params("2026-02-01 00:00:00", "2026-02-10 23:59:59");
    let mut pages = 0;
    loop {
        let page = page(&server, &request_params).await;
        assert_eq!(page["count"], 10);
        pages += 1;
        if page["has_more"] == false {
            break;
        }
        request_params["starting_after"] = page["last_object_id"].clone();
    }
    assert_eq!(pages, 10);
    request_params["starting_after"] = json!(i64::MAX);
    let past = post(&server, "/api/reports", "3", &request_params).await.text();
    assert_eq!(
        past,
        r#"{"transactions":[],"count":0,"has_more":false,"first_object_id":null,"last_object_id":null}"#
    );
}

#[tokio::test]
async fn cursors_are_numbers_or_strings_and_need_not_exist() {
    let server = Server::start().await;
    let request_params = params("2026-03-01 00:00:00", "2026-03-01 23:59:59");
    let rows = ids(&walk(&server, &request_params).await);
    let after = |cursor| with(request_params.clone(), json!({"starting_after": cursor}));
    let number = page(&server, &after(json!(rows[9]))).await;
    let text = page(&server, &after(json!(rows[9].to_string()))).await;
    let between = page(&server, &after(json!(rows[9] + 1))).await;
    assert_eq!(number, text);
    assert_eq!(number["transactions"], between["transactions"]);
    assert_eq!(number["first_object_id"], rows[10]);
    let both = json!({"starting_after": rows[2], "ending_before": rows[6]});
    let both = page(&server, &with(request_params, both)).await;
    assert_eq!(ids(both["transactions"].as_array().unwrap()), rows[3..6]);
}

#[tokio::test]
async fn statuses_and_methods_divide_the_rows() {
    let server = Server::start().await;
    let request_params = params("2026-03-01 00:00:00", "2026-03-14 23:59:59");
    let all = walk(&server, &request_params).await;
    let mut row_count = all.iter().filter(|row| row["status"] == "expired").count();
    for status in ["successful", "failed", "pending", "incomplete"] {
        let rows = walk(&server, &with(request_params.clone(), json!({"status": status}))).await;
        assert!(rows.iter().all(|row| row["status"] == status));
        assert!(status == "pending" || !rows.is_empty(), "{status}");
        row_count += rows.len();
    }
    assert_eq!(row_count, all.len());
    assert!(all.iter().all(|row| row["payment_method_type"] == "credit_card"));
    assert!(all.iter().all(|row| row["test"] == false));
    let other = with(request_params, json!({"payment_method_type": "alternative"}));
    let other = walk(&server, &other).await;
    assert!(!other.is_empty());
    assert!(other.iter().all(|row| row.get("credit_card").is_none()));
}

#[tokio::test]
async fn the_details_object_is_named_by_the_type_and_children_name_their_parent() {
    let server = Server::start().await;
    let rows = walk(&server, &params("2010-01-01 00:00:00", "2026-03-14 23:59:59")).await;
    let uids: Vec<&str> = rows.iter().map(|row| row["uid"].as_str().unwrap()).collect();
    let mut kinds = std::collections::BTreeSet::new();
    for row in &rows {
        let kind = row["type"].as_str().unwrap();
        kinds.insert(kind);
        assert!(row[kind].is_object(), "{row}");
        let is_child = !["payment", "authorization"].contains(&kind);
        assert_eq!(row.get("parent_uid").is_some(), is_child);
        if is_child {
            assert!(uids.contains(&row["parent_uid"].as_str().unwrap()), "{row}");
        }
        assert_eq!(row.get("reason").is_some(), ["refund", "chargeback"].contains(&kind));
    }
    let expected = ["authorization", "capture", "chargeback", "payment", "refund", "void"];
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn no_shop_sees_the_rows_of_another() {
    let server = Server::start().await;
    let request_params = params("2026-03-01 00:00:00", "2026-03-14 23:59:59");
    let own = ids(&walk(&server, &request_params).await);
    let body = json!({"report_params": request_params}).to_string();
    let other = ("Authorization", "Basic MjpldmVyeXdoZXJlLXNob3Atc2VjcmV0");
    let answer =
        server.send("POST", "/api/reports", &[other, ("X-Api-Version", "3")], body).await.json();
    let rows = answer["transactions"].as_array().unwrap();
    assert!(!rows.is_empty());
    assert!(rows.iter().all(|row| row["shop"]["id"] == 2));
    assert!(ids(rows).iter().all(|id| !own.contains(id)));
}

#[tokio::test]
async fn channel_balances_are_what_is_paid_and_not_settled() {
    let server = Server::start().await;
    let rows = walk(&server, &params("2010-01-01 00:00:00", "2026-03-14 23:59:59")).await;
    let alternative = json!({"payment_method_type": "alternative"});
    let request_params = with(params("2010-01-01 00:00:00", "2026-03-14 23:59:59"), alternative);
    let rows = rows.into_iter().chain(walk(&server, &request_params).await);
    let open: i64 = rows
        .filter(|row| row["currency"] == "EUR" && row["settled_at"].is_null())
        .map(|row| {
            let net = row["pay_to_merchant"].to_string();
            net.trim_end_matches(".0").parse::<i64>().unwrap()
        })
        .sum();
    let path = "/shop/channel_balances/?gateway_id=312&currency=%45UR";
    let answer = server.send("GET", path, &[super::SHOP], "").await;
    let expected = format!(r#"[{{"gateway_id":312,"currency":"EUR","amount":{open}}}]"#);
    assert_eq!(answer.text(), expected);
    let none = server.send("GET", "/shop/channel_balances/?gateway_id=1", &[super::SHOP], "");
    assert_eq!(none.await.text(), "[]");
    let missing = server.send("GET", "/shop/channel_balances/", &[super::SHOP], "").await;
    assert_eq!(missing.status, 422);
}

#[tokio::test]
async fn object_ids_are_strings_when_the_quirk_is_on() {
    let mut scenario = frozen("paging", NOON);
    scenario.quirks.insert("begateway.string-object-ids".to_owned());
    let server = Server::with(scenario).await;
    let page = page(&server, &params("2026-02-01 00:00:00", "2026-02-01 23:59:59")).await;
    let first = page["transactions"][0]["id"].to_string();
    assert_eq!(page["first_object_id"], json!(first));
}
