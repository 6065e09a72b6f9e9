//! What stands in a report: columns, filters, formats; compared with the ledger.

use std::collections::BTreeMap;

use sandtill::sandbox::facts::Kind;
use sandtill::sandbox::ledger::Axis;
use serde_json::{Value, json};

use super::{EVERYWHERE, HOME, pass, with};
use crate::support::{NOON, Server, scenario};

/// The vendor's table, in its order.
pub(crate) const COLUMNS: [&str; 39] = [
    "fort_id",
    "merchant_reference",
    "authorization_code",
    "customer_name",
    "customer_ip",
    "geolocation_ip",
    "customer_email",
    "acquirer_name",
    "payment_option",
    "channel",
    "transaction_date",
    "card_number",
    "expiry_date",
    "card_holder_name",
    "amount",
    "currency",
    "card_bin",
    "eci",
    "operation",
    "token_name",
    "3ds_indicator",
    "fraud_indicator",
    "installments_indicator",
    "status",
    "response_code",
    "response_message",
    "third_party_message",
    "third_party_code",
    "order_date",
    "order_description",
    "acquirer_mid",
    "acquirer_response_code",
    "acquirer_response_message",
    "processor_response_code",
    "sadad_olp",
    "sadad_transaction_id",
    "payment_link_id",
    "Invoice_id",
    "digital_wallet",
];

fn all_columns(reference: &str) -> Value {
    with(&HOME.generate(reference), "columns", json!(COLUMNS.as_slice()))
}

fn cell<'a>(row: &'a Value, name: &str) -> &'a str {
    row[name].as_str().unwrap_or_else(|| panic!("{name} in {row}"))
}

fn digits(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[tokio::test]
async fn rows_are_those_of_the_ledger_in_the_span_with_both_ends() {
    let server = Server::start().await;
    let mut request = HOME.generate("rows-1");
    request["columns"] = json!(["fort_id", "transaction_date", "amount", "currency"]);
    request["from_date"] = json!("2026-02-01T03:00:00+03:00");
    request["to_date"] = json!("2026-02-11T02:59:59+03:00");
    let rows = HOME.rows(&server, &request).await;

    let sandbox = server.space();
    let merchant = sandbox.world().scenario.merchant("payfort").unwrap().id;
    let view = sandbox.moment().view(merchant).unwrap();
    // 2026-02-01T00:00:00Z to 2026-02-11T00:00:00Z by `date -u +%s`.
    let kept = view.rows(Axis::Created, 1_769_904_000..1_770_768_000).filter(|row| {
        let known = [Kind::Payment, Kind::Authorization, Kind::Capture, Kind::Void, Kind::Refund];
        !row.test && known.contains(&row.kind)
    });
    let expected: Vec<_> =
        kept.map(|row| (row.amount.to_string(), row.currency.to_string())).collect();
    let found: Vec<_> = rows
        .iter()
        .map(|row| (cell(row, "amount").to_owned(), cell(row, "currency").to_owned()))
        .collect();
    assert!(found.len() > 800, "{}", found.len());
    assert_eq!(found, expected);
    let ids: Vec<_> = rows.iter().map(|row| cell(row, "fort_id")).collect();
    assert!(ids.is_sorted_by(|left, right| left < right));
    for row in &rows {
        let (date, id) = (cell(row, "transaction_date"), cell(row, "fort_id"));
        let at: jiff::Timestamp = date.parse().unwrap();
        assert!(date.ends_with("+03:00") && date.len() == 25, "{date}");
        assert!(digits(id, 18) && id.starts_with(&at.as_second().to_string()), "{id} {date}");
    }
}

#[tokio::test]
async fn one_second_holds_exactly_its_row() {
    let server = Server::start().await;
    let mut request = HOME.generate("second-1");
    request["columns"] = json!(["fort_id", "transaction_date"]);
    let row = HOME.rows(&server, &request).await[7].clone();
    let date = cell(&row, "transaction_date");
    let (second, other) = (with(&request, "merchant_reference", json!("second-2")), "second-3");
    let second = with(&with(&second, "from_date", json!(date)), "to_date", json!(date));
    assert_eq!(HOME.rows(&server, &second).await, std::slice::from_ref(&row));
    let at: jiff::Timestamp = date.parse().unwrap();
    let next = (at + jiff::SignedDuration::from_secs(1)).to_string();
    let after = with(&with(&request, "merchant_reference", json!(other)), "from_date", json!(next));
    assert!(!HOME.rows(&server, &after).await.contains(&row));
}

#[tokio::test]
async fn columns_come_in_the_order_asked_and_none_twice() {
    let server = Server::start().await;
    let mut request = HOME.generate("order-1");
    request["columns"] = json!(["status", "Invoice_id", "amount", "status", "3ds_indicator"]);
    for row in HOME.rows(&server, &request).await {
        let names: Vec<_> = row.as_object().unwrap().keys().cloned().collect();
        assert_eq!(names, ["status", "Invoice_id", "amount", "3ds_indicator"]);
    }
}

#[tokio::test]
async fn every_cell_has_the_shape_of_the_vendors_table() {
    let server = Server::start().await;
    let rows = HOME.rows(&server, &all_columns("shape-1")).await;
    let mut counted: BTreeMap<&str, usize> = BTreeMap::new();
    for row in &rows {
        assert!(row.as_object().unwrap().keys().eq(COLUMNS));
        for name in COLUMNS {
            if !cell(row, name).is_empty() {
                *counted.entry(name).or_default() += 1;
            }
        }
        let (status, code) = (cell(row, "status"), cell(row, "response_code"));
        let operation = cell(row, "operation");
        let allowed: &[&str] = match operation {
            "PURCHASE" => &["14", "13", "19", "20"],
            "AUTHORIZATION" => &["02", "03", "20"],
            "CAPTURE" => &["04"],
            "VOID_AUTHORIZATION" => &["08"],
            "REFUND" => &["06"],
            other => panic!("{other}"),
        };
        assert!(allowed.contains(&status), "{row}");
        assert!(digits(code, 5) && code.starts_with(status), "{row}");
        let success = ["14", "02", "04", "08", "06"].contains(&status);
        assert_eq!(success, code.ends_with("000"), "{row}");
        assert_eq!(success, cell(row, "response_message") == "Success", "{row}");
        let is_card = !cell(row, "card_number").is_empty();
        assert_eq!(is_card, !["SADAD", "NAPS", "KNET"].contains(&cell(row, "payment_option")));
        if is_card {
            let number = cell(row, "card_number");
            assert!(number.contains("******") && number.len() <= 19, "{number}");
            assert!(number.starts_with(cell(row, "card_bin").split_at(6).0), "{row}");
            assert!(digits(cell(row, "expiry_date"), 4), "{row}");
        }
        assert!(digits(cell(row, "amount"), cell(row, "amount").len()), "{row}");
        assert!(cell(row, "merchant_reference").len() <= 40);
        assert!(cell(row, "sadad_olp").len() <= 12, "{row}");
        assert!(["", "00"].contains(&cell(row, "acquirer_response_code")) || !success, "{row}");
    }
    // Every column says something somewhere.
    let silent: Vec<_> = COLUMNS.iter().filter(|name| !counted.contains_key(*name)).collect();
    assert!(silent.is_empty(), "{silent:?}");
    let currencies: std::collections::BTreeSet<_> =
        rows.iter().map(|row| cell(row, "currency")).collect();
    assert!(currencies.into_iter().eq(["AED", "JOD", "KWD", "SAR"]));
}

#[tokio::test]
async fn captures_and_refunds_tell_the_order_of_their_payment() {
    let server = Server::start().await;
    let mut request = all_columns("family-1");
    request["from_date"] = json!("2025-12-14T00:00:00+00:00");
    let rows = HOME.rows(&server, &request).await;
    let mut births = BTreeMap::new();
    let mut children = 0;
    for row in &rows {
        let order = cell(row, "merchant_reference");
        if ["PURCHASE", "AUTHORIZATION"].contains(&cell(row, "operation")) {
            births.insert(order, row);
        } else if let Some(birth) = births.get(order) {
            children += 1;
            for name in ["customer_email", "card_number", "expiry_date", "currency", "channel"] {
                assert_eq!(cell(row, name), cell(birth, name), "{name} of {row}");
            }
            assert_eq!(cell(row, "order_date"), cell(birth, "transaction_date"));
            assert_ne!(cell(row, "fort_id"), cell(birth, "fort_id"));
        }
    }
    assert!(children > 500, "{children}");
}

#[tokio::test]
async fn filters_select_what_a_client_would_select_from_everything() {
    let server = Server::start().await;
    let rows = HOME.rows(&server, &all_columns("filters-0")).await;
    let some = rows.iter().find(|row| !cell(row, "Invoice_id").is_empty()).unwrap();
    let mut tries: Vec<(Vec<(&str, String)>, bool)> = Vec::new();
    for name in COLUMNS {
        // A card that is no option of the vendor's list does not occur at this merchant.
        let known = rows.iter().map(|row| cell(row, name)).find(|value| !value.is_empty());
        tries.push((vec![(name, known.unwrap().to_owned())], true));
    }
    tries.push((vec![("Invoice_id", cell(some, "Invoice_id").to_owned())], true));
    tries.push((vec![("operation", "refund".into())], true));
    tries.push((vec![("channel", "merchant page".into()), ("3ds_indicator", "yes".into())], true));
    tries.push((vec![("currency", "KWD".into()), ("currency", "JOD".into())], true));
    tries.push((vec![("currency", "USD".into())], false));
    tries.push((vec![("currency", "aed".into())], false));
    tries.push((vec![("fort_id", "1".into())], false));
    for (number, (filters, some)) in tries.into_iter().enumerate() {
        let mut request = all_columns(&format!("filters-{}", number + 1));
        request["filters"] = filters
            .iter()
            .map(|(key, value)| json!({"key": key, "value": value}))
            .collect::<Vec<_>>()
            .into();
        let found = HOME.rows(&server, &request).await;
        let enumerated = |key: &str| ["operation", "channel", "3ds_indicator"].contains(&key);
        let holds = |row: &Value, key: &str| {
            filters.iter().filter(|it| it.0 == key).any(|(_, value)| {
                if enumerated(key) {
                    cell(row, key).eq_ignore_ascii_case(value)
                } else {
                    cell(row, key) == value
                }
            })
        };
        let expected: Vec<&Value> =
            rows.iter().filter(|row| filters.iter().all(|(key, _)| holds(row, key))).collect();
        assert!(found.iter().eq(expected.iter().copied()), "{filters:?}");
        assert_eq!(!found.is_empty(), some, "{filters:?}");
    }
}

#[tokio::test]
async fn nothing_found_is_an_empty_report() {
    let server = Server::start().await;
    let mut request = HOME.generate("empty-1");
    request["from_date"] = json!("2001-01-01T00:00:00+00:00");
    request["to_date"] = json!("2001-01-01T00:00:00+00:00");
    HOME.ask(&server, &request).await;
    pass(&server, 2);
    let answer = HOME.ask(&server, &HOME.download("empty-1")).await;
    assert_eq!(answer.text(), "[{\"data_count\":0},[]]");
}

#[tokio::test]
async fn xml_carries_the_same_values_as_json_and_is_signed() {
    let unicode = sandtill::sandbox::scenario::BUILT_IN.iter().find(|it| it.name == "unicode");
    let text = format!("{}\n[clock]\nmode = \"frozen\"\nnow = \"{NOON}\"\n", unicode.unwrap().text);
    let server = Server::with(scenario(&text)).await;
    let mut request = all_columns("xml-1");
    request["from_date"] = json!("2026-03-05T00:00:00+00:00");
    let rows = HOME.rows(&server, &request).await;
    let mut download = HOME.download("xml-1");
    download["response_format"] = json!("XML");
    let answer = HOME.ask(&server, &download).await;
    assert_eq!(answer.header("content-type"), "application/xml;charset=UTF-8");
    let text = answer.text();
    let document = roxmltree::Document::parse(&text).unwrap();
    let root = document.root_element();
    assert_eq!(root.tag_name().name(), "response");
    let mut fields = serde_json::Map::new();
    for element in root.children() {
        let name = element.tag_name().name();
        let value = match name {
            "data_list" => {
                fields.insert("data".into(), xml_rows(element).into());
                continue;
            }
            _ => element.text().unwrap_or(""),
        };
        fields.insert(name.to_owned(), value.into());
    }
    let carried: Vec<Value> = fields["data"].as_array().unwrap().clone();
    let renamed: Vec<Value> = rows.iter().map(renamed).collect();
    assert!(rows.len() > 100, "{}", rows.len());
    assert_eq!(carried, renamed);
    assert_eq!(fields["data_count"], rows.len().to_string());
    assert_eq!(fields["response_code"], "56000");
    HOME.verify(&Value::Object(fields));
}

fn xml_rows(list: roxmltree::Node<'_, '_>) -> Vec<Value> {
    list.children()
        .map(|row| {
            assert_eq!(row.tag_name().name(), "data");
            let cells = row.children().map(|cell| {
                (cell.tag_name().name().to_owned(), Value::from(cell.text().unwrap_or("")))
            });
            Value::Object(cells.collect())
        })
        .collect()
}

fn renamed(row: &Value) -> Value {
    let cells = row.as_object().unwrap().iter().map(|(name, value)| {
        let name = if name == "3ds_indicator" { "_3ds_indicator" } else { name };
        (name.to_owned(), value.clone())
    });
    Value::Object(cells.collect())
}

#[tokio::test]
async fn the_quirk_puts_the_rows_into_a_signed_envelope() {
    let built_in = sandtill::sandbox::scenario::BUILT_IN.iter().find(|it| it.name == "default");
    let text = format!(
        "quirks = [\"payfort.download-envelope\"]\n{}\n[clock]\nmode = \"frozen\"\nnow = \"{NOON}\"\n",
        built_in.unwrap().text
    );
    let server = Server::with(scenario(&text)).await;
    for (client, reference) in [(HOME, "envelope-1"), (EVERYWHERE, "envelope-2")] {
        client.ask(&server, &client.generate(reference)).await;
        pass(&server, 2);
        let report = client.ask(&server, &client.download(reference)).await.json();
        let rows = report["data"].as_array().unwrap();
        assert!(rows.len() > 1000);
        assert_eq!(report["data_count"], rows.len().to_string());
        assert_eq!(report["status"], "56");
        client.verify(&report);
    }
}
