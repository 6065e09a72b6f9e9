//! The books tie out: what the reports say of one payment agrees, and sums are those of the ledger.

use std::collections::{BTreeMap, BTreeSet};

use sandtill::sandbox::ledger::Axis;
use serde_json::Value;

use super::{BUSY, rows, thousandths};
use crate::support::{NOON, Server, scenario};

async fn servers() -> [Server; 2] {
    let busy = format!("quirks = [\"flitt.wide-745\"]\n{BUSY}");
    [Server::frozen("default", NOON).await, Server::with(scenario(&busy)).await]
}

#[tokio::test]
async fn settlement_amount_is_actual_amount_less_fee() {
    for server in servers().await {
        for report in [403, 745, 969] {
            let mut settled = 0;
            for row in rows(&server, report).await {
                let empty = row["settlement_date"].is_null();
                for column in ["fee", "settlement_amount", "settlement_currency"] {
                    assert_eq!(row[column].is_null(), empty, "{report}: {row}");
                }
                if !empty {
                    settled += 1;
                    let net = thousandths(&row["actual_amount"]) - thousandths(&row["fee"]);
                    assert_eq!(thousandths(&row["settlement_amount"]), net, "{report}: {row}");
                }
            }
            assert!(settled > 50, "{report}: {settled}");
        }
    }
}

#[tokio::test]
async fn reports_403_745_and_969_tell_the_same_of_a_payment() {
    for server in servers().await {
        let by_id = |rows: Vec<Value>| -> BTreeMap<i64, Value> {
            rows.into_iter().map(|row| (row["payment_id"].as_i64().unwrap(), row)).collect()
        };
        let settlements = by_id(rows(&server, 403).await);
        let orders = by_id(rows(&server, 745).await);
        let reimbursements = by_id(rows(&server, 969).await);
        // What was taken is in all three.
        let taken: BTreeSet<i64> = orders
            .iter()
            .filter(|(_, row)| thousandths(&row["actual_amount"]) > 0)
            .map(|(id, _)| *id)
            .collect();
        assert!(taken.len() > 100 && taken.len() < orders.len());
        assert_eq!(settlements.keys().copied().collect::<BTreeSet<_>>(), taken);
        assert_eq!(reimbursements.keys().copied().collect::<BTreeSet<_>>(), taken);
        for id in taken {
            let (left, order, right) = (&settlements[&id], &orders[&id], &reimbursements[&id]);
            for column in [
                "order_status",
                "actual_amount",
                "fee",
                "order_id",
                "settlement_amount",
                "settlement_currency",
                "settlement_date",
                "order_desc",
                "merchant_data",
            ] {
                assert_eq!(left[column], order[column], "{column} of {id}");
                assert_eq!(right[column], order[column], "{column} of {id}");
            }
            assert_eq!(left["order_time"], order["order_timestart"]);
            assert_eq!(left["transaction_id"], right["tran_id"]);
            assert_eq!(
                left["odb_ref"].as_str(),
                right["batch_id"].as_i64().map(|it| it.to_string()).as_deref()
            );
            for column in ["masked_card", "approval_code", "payment_system"] {
                assert_eq!(right[column], order[column], "{column} of {id}");
            }
        }
    }
}

#[tokio::test]
async fn reversals_and_chargebacks_name_existing_payments() {
    for server in servers().await {
        let orders: BTreeMap<i64, Value> = rows(&server, 403)
            .await
            .into_iter()
            .map(|row| (row["transaction_id"].as_i64().unwrap(), row))
            .collect();
        let (mut reversals, mut purchases) = (0, BTreeSet::new());
        for row in rows(&server, 528).await {
            let id = row["tran_id"].as_i64().unwrap();
            match row["parent_tran_id"].as_i64() {
                None => {
                    assert_eq!(row["tran_type"], "purchase");
                    assert_eq!(row["actual_amount"], orders[&id]["actual_amount"]);
                    assert_eq!(row["payout_amoun"], orders[&id]["settlement_amount"]);
                    purchases.insert(id);
                }
                Some(parent) => {
                    reversals += 1;
                    assert_eq!(row["tran_type"], "reverse");
                    assert!(!orders.contains_key(&id));
                    let order = &orders[&parent];
                    assert!(
                        thousandths(&row["actual_amount"]) <= thousandths(&order["actual_amount"])
                    );
                    assert_eq!(row["sender_email"], order["sender_email"]);
                    assert!(row["tran_timestart"].as_str() > order["order_time"].as_str());
                }
            }
        }
        assert!(reversals > 10, "{reversals}");
        assert_eq!(purchases, orders.keys().copied().collect());
        let chargebacks = rows(&server, 500).await;
        assert!(chargebacks.len() > 3, "{}", chargebacks.len());
        for row in chargebacks {
            let order = &orders[&row["tran_id"].as_i64().unwrap()];
            assert_eq!(row["tran_timestart"], order["order_time"]);
            assert_eq!(row["amount"], order["actual_amount"]);
            assert!(row["chargeback_createtime"].as_str() > order["order_time"].as_str());
        }
    }
}

#[tokio::test]
async fn reversed_orders_are_those_whose_reversals_add_up() {
    for server in servers().await {
        let mut back: BTreeMap<i64, i64> = BTreeMap::new();
        for row in rows(&server, 528).await {
            if let Some(parent) = row["parent_tran_id"].as_i64() {
                *back.entry(parent).or_default() += thousandths(&row["actual_amount"]);
            }
        }
        let settlements = rows(&server, 403).await;
        let transaction = |payment: &Value| {
            let row = settlements.iter().find(|it| it["payment_id"] == *payment);
            row.map(|it| it["transaction_id"].as_i64().unwrap())
        };
        let (mut whole, mut part) = (0, 0);
        for row in rows(&server, 745).await.iter().take(600) {
            let Some(id) = transaction(&row["payment_id"]) else { continue };
            let sum = back.get(&id).copied().unwrap_or(0);
            assert_eq!(thousandths(&row["reversal_amount"]), sum, "{row}");
            let status =
                if sum == thousandths(&row["actual_amount"]) { "reversed" } else { "approved" };
            assert_eq!(row["order_status"], status, "{row}");
            whole += usize::from(status == "reversed");
            part += usize::from(sum > 0 && status == "approved");
        }
        assert!(whole > 0 && part > 0, "{whole} {part}");
    }
}

#[tokio::test]
async fn payouts_of_528_and_500_sum_to_what_the_ledger_settled() {
    for server in servers().await {
        let mut paid: BTreeMap<String, i64> = BTreeMap::new();
        for report in [528, 500] {
            for row in rows(&server, report).await {
                if !row["payout_date"].is_null() {
                    let currency = row["currency"].as_str().unwrap().to_owned();
                    *paid.entry(currency).or_default() += thousandths(&row["payout_amoun"]);
                }
            }
        }
        let sandbox = server.space();
        let merchant = sandbox.world().scenario.merchant("flitt").unwrap().id;
        let view = sandbox.moment().view(merchant).unwrap();
        let mut settled: BTreeMap<String, i64> = BTreeMap::new();
        for row in view.rows(Axis::Created, 0..i64::MAX / 4) {
            if row.settled_at().is_some() && row.gross() != 0 {
                let unit = 10_i64.pow(3 - u32::from(row.currency.exponent()));
                let net = (row.gross() - row.fee) * unit;
                *settled.entry(row.currency.code().to_owned()).or_default() += net;
            }
        }
        assert_eq!(paid, settled);
    }
}
