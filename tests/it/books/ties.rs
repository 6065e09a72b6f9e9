//! What has to hold between the wires: each is held against the movements that beGateway tells, and
//! all money against where it went.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::moves::{Move, Order, minor, optional, orders, second, text};
use super::wires::Told;
use crate::drivers::wepay::Line;

/// That two wires tell the same, in whatever order; what only one of them tells is shown.
#[track_caller]
fn same(what: &str, left: impl Iterator<Item = String>, right: impl Iterator<Item = String>) {
    let (mut left, mut right): (Vec<_>, Vec<_>) = (left.collect(), right.collect());
    left.sort();
    right.sort();
    if left != right {
        let without = |all: &[String], others: &[String]| {
            let mut rest = others.to_vec();
            let mut only = all.to_vec();
            only.retain(|it| match rest.iter().position(|other| other == it) {
                Some(place) => {
                    rest.swap_remove(place);
                    false
                }
                None => true,
            });
            only
        };
        panic!(
            "{what}: only on the left {:#?}, only on the right {:#?}",
            without(&left, &right),
            without(&right, &left)
        );
    }
}

/// Holds everything together that was told at one moment.
pub(super) fn tie_out(told: &Told) {
    let orders = orders(&told.begateway);
    begateway(told, &orders);
    payfort(told);
    flitt_orders(told, &orders);
    flitt_movements(told, &orders);
    epicpay_activity(told);
    epicpay_disputes(told, &orders);
    batches(told);
    wepay_lines(told);
    deposits(told);
    withdrawals(told);
    totals(told);
}

/// No money goes back that was not taken, none is taken that was not reserved, and what a merchant
/// gets is the amount without the fee.
fn begateway(told: &Told, orders: &BTreeMap<&str, Order<'_>>) {
    for it in &told.begateway {
        let net = if it.sign() == 0 { 0 } else { it.sign() * it.amount - it.fee };
        assert_eq!(it.net, net, "{it:?}");
        assert_eq!(it.paid.is_some(), it.status == "successful", "{it:?}");
        assert!(it.fee >= 0 && (it.settled.is_none() || it.sign() != 0), "{it:?}");
    }
    for order in orders.values() {
        let count = |kind: &str| order.parts.iter().filter(|it| it.kind == kind).count();
        let taken = order.taken();
        assert!(order.back() <= taken, "{order:?}");
        assert!(count("capture") + count("void") <= 1, "{order:?}");
        assert!(count("capture") == 0 || taken <= order.root.amount, "{order:?}");
        let held = order.root.kind == "authorization" && order.root.status == "successful";
        assert!(held || count("capture") + count("void") == 0, "{order:?}");
        // No money goes back before it was taken.
        let begun = order.taker().map_or("9", |it| it.paid.as_deref().unwrap());
        let gone = order.parts.iter().filter(|it| it.sign() == -1);
        assert!(gone.clone().all(|it| it.created.as_str() >= begun), "{order:?}");
    }
}

/// PayFort shows every movement but those that it has no operation for.
fn payfort(told: &Told) {
    let code = |it: &Move| {
        let (success, failure, operation) = match it.kind.as_str() {
            "payment" => ("14", "13", "PURCHASE"),
            "authorization" => ("02", "03", "AUTHORIZATION"),
            "capture" => ("04", "05", "CAPTURE"),
            "void" => ("08", "09", "VOID_AUTHORIZATION"),
            _ => ("06", "07", "REFUND"),
        };
        let status = match it.status.as_str() {
            "successful" => success,
            "incomplete" => "20",
            "pending" => "19",
            _ => failure,
        };
        format!("{operation} {status}")
    };
    let moves = told.begateway.iter().filter(|it| it.kind != "chargeback");
    let moves = moves.map(|it| {
        format!("{} {} {} {} {}", it.order, code(it), it.amount, it.currency, it.created)
    });
    let rows = told.payfort.iter().map(|row| {
        let cell = |name| text(row, name);
        let (order, operation) = (cell("merchant_reference"), cell("operation"));
        let (amount, currency) = (cell("amount"), cell("currency"));
        let at = second(cell("transaction_date"));
        // The status may be a response code: its first two digits are the status.
        format!("{order} {operation} {} {amount} {currency} {at}", &cell("status")[..2])
    });
    same("beGateway and PayFort", moves, rows);
}

/// Report 745 tells the state of every order; 403 and 969 the same of those that were taken.
fn flitt_orders(told: &Told, orders: &BTreeMap<&str, Order<'_>>) {
    let word = |order: &Order<'_>| match order.root.status.as_str() {
        "incomplete" => "created",
        "pending" => "processing",
        "failed" => "declined",
        "expired" => "expired",
        _ if order.is_voided() => "reversed",
        _ if order.taken() > 0 && order.reversed() >= order.taken() => "reversed",
        _ => "approved",
    };
    let rows = |report: i64| told.flitt[&report].iter();
    let expected = orders.values().map(|order| {
        let root = order.root;
        let settled = order.taker().filter(|it| it.settled.is_some());
        let (fee, net) =
            settled.map_or((None, None), |it| (Some(it.fee), Some(it.amount - it.fee)));
        let day = settled.and_then(|it| it.settled.clone());
        format!(
            "{} {} {} {} {} {} {} {} {fee:?} {net:?} {day:?}",
            root.id,
            root.order,
            word(order),
            root.amount,
            order.taken(),
            order.reversed(),
            root.currency,
            root.created
        )
    });
    let money = |row: &Value, key: &str| minor(text(row, key), text(row, "currency"));
    let maybe =
        |row: &Value, key: &str| optional(row, key).map(|it| minor(&it, text(row, "currency")));
    let shown = rows(745).map(|row| {
        format!(
            "{} {} {} {} {} {} {} {} {:?} {:?} {:?}",
            row["payment_id"],
            text(row, "order_id"),
            text(row, "order_status"),
            money(row, "amount"),
            money(row, "actual_amount"),
            money(row, "reversal_amount"),
            text(row, "currency"),
            text(row, "order_timestart"),
            maybe(row, "fee"),
            maybe(row, "settlement_amount"),
            optional(row, "settlement_date").map(|it| it[..10].to_owned()),
        )
    });
    same("beGateway and Flitt 745", expected, shown);
    for report in [403, 969] {
        let columns =
            ["payment_id", "order_id", "order_status", "actual_amount", "fee", "settlement_amount"];
        let told = |row: &Value| columns.map(|name| row[name].to_string()).join(" ");
        let taken = rows(745).filter(|row| money(row, "actual_amount") > 0);
        same(&format!("Flitt 745 and {report}"), taken.map(told), rows(report).map(told));
    }
}

/// Report 528 shows what was taken and what was given back, 500 what was charged back; a payout is
/// the amount without the fee.
fn flitt_movements(told: &Told, orders: &BTreeMap<&str, Order<'_>>) {
    let order_of: BTreeMap<String, String> = told.flitt[&403]
        .iter()
        .map(|row| (row["transaction_id"].to_string(), text(row, "order_id").to_owned()))
        .collect();
    let paid = |net: Option<i64>| net.map_or(String::new(), |net| net.to_string());
    let (mut expected, mut disputed) = (Vec::new(), Vec::new());
    for (name, order) in orders.iter().filter(|it| it.1.taken() > 0) {
        let payout = |it: &Move| paid(it.settled.as_ref().map(|_| it.net));
        let taker = order.taker().unwrap();
        let created = &order.root.created;
        expected.push(format!("{name} purchase {} {created} {}", order.taken(), payout(taker)));
        for part in order.parts.iter().filter(|it| it.sign() == -1 && it.amount > 0) {
            let (amount, at, payout) = (part.amount, &part.created, payout(part));
            if part.is_chargeback() {
                disputed.push(format!("{name} {amount} {at} {payout}"));
            } else {
                expected.push(format!("{name} reverse {amount} {at} {payout}"));
            }
        }
    }
    let payout = |row: &Value| {
        let currency = text(row, "currency");
        assert_eq!(row["payout_date"].is_null(), row["payout_amoun"].is_null(), "{row}");
        paid(optional(row, "payout_amoun").map(|it| minor(&it, currency)))
    };
    let shown = told.flitt[&528].iter().map(|row| {
        let parent = &row["parent_tran_id"];
        let tran = if parent.is_null() { &row["tran_id"] } else { parent };
        let amount = minor(text(row, "actual_amount"), text(row, "currency"));
        let (kind, at) = (text(row, "tran_type"), text(row, "tran_timestart"));
        format!("{} {kind} {amount} {at} {}", order_of[&tran.to_string()], payout(row))
    });
    same("beGateway and Flitt 528", expected.into_iter(), shown);
    let shown = told.flitt[&500].iter().map(|row| {
        let amount = minor(text(row, "amount"), text(row, "currency"));
        let at = text(row, "chargeback_createtime");
        format!("{} {amount} {at} {}", order_of[&row["tran_id"].to_string()], payout(row))
    });
    same("beGateway and Flitt 500", disputed.into_iter(), shown);
}

/// trxnactivity has a row for everything that moved money, by the same number.
fn epicpay_activity(told: &Told) {
    let moved = told.begateway.iter().filter(|it| it.sign() != 0).map(|it| {
        let kind = match it.kind.as_str() {
            "refund" => "back",
            "chargeback" if it.is_card => "Chargeback",
            "chargeback" => "Reject",
            _ => "taken",
        };
        let (settled, paid) = (it.settled.clone().unwrap_or_default(), it.paid.as_ref().unwrap());
        format!(
            "{} {} {kind} {} {} {} [{settled}]",
            it.id,
            it.order,
            it.amount,
            &it.created[..10],
            &paid[..10]
        )
    });
    let currencies = currencies(told);
    let activity = told.epicpay["trxnactivity"].iter().map(|row| {
        let kind = match text(row, "trxn_type") {
            "SALE" | "DEBIT" => "taken",
            "CREDIT" => "back",
            "Reject-CUS" | "Reject-MER" => "Reject",
            other => other,
        };
        let settled = text(row, "settled_date");
        assert_eq!(settled, text(row, "deposited_date"));
        format!(
            "{} {} {kind} {} {} {} [{settled}]",
            text(row, "transaction_id"),
            text(row, "client_order_id"),
            minor(&row["amount"].to_string(), currencies[text(row, "transaction_id")]),
            text(row, "trxn_utc_date"),
            text(row, "reported_date"),
        )
    });
    same("beGateway and EpicPay trxnactivity", moved, activity);
}

/// Currencies by the number of a transaction: EpicPay prints none.
fn currencies(told: &Told) -> BTreeMap<String, &str> {
    told.begateway.iter().map(|it| (it.id.to_string(), it.currency.as_str())).collect()
}

/// Every chargeback is a case with a first stage, every bank debit that came back a reject.
fn epicpay_disputes(told: &Told, orders: &BTreeMap<&str, Order<'_>>) {
    let currencies = currencies(told);
    let cases = told.begateway.iter().filter(|it| it.is_chargeback()).map(|it| {
        let taker = orders[it.order.as_str()].taker().unwrap();
        format!("{} {} of {} {}", it.id, it.amount, taker.amount, &it.created[..10])
    });
    let first = told.epicpay["chargebacks"].iter().filter(|it| it["cycle"] == "FIRST_CHARGEBACK");
    let first = first.map(|row| {
        let id = text(row, "case_id");
        let money = |key: &str| minor(&row[key].to_string(), currencies[id]);
        let (amount, of) = (money("chargeback_amount"), money("transaction_amount"));
        format!("{id} {amount} of {of} {}", text(row, "date_reported"))
    });
    same("beGateway and EpicPay chargebacks", cases, first);
    let rejects = told.begateway.iter().filter(|it| it.is_reject()).map(|it| {
        let root = orders[it.order.as_str()].root;
        let settled = it.settled.clone().unwrap_or_default();
        format!("{} {} {} [{settled}]", root.id, it.amount, &it.created[..10])
    });
    // A notice of change moves nothing.
    let shown = told.epicpay["achrejects"].iter().filter(|row| row["amount"] != 0);
    let shown = shown.map(|row| {
        let root = text(row, "trxn_id");
        let amount = minor(&row["amount"].to_string(), currencies[root]);
        format!("{root} {amount} {} [{}]", text(row, "reported_date"), text(row, "settled_date"))
    });
    same("beGateway and EpicPay achrejects", rejects, shown);
}

/// A batch is the sum of the transactions that name it; what is disputed names none.
fn batches(told: &Told) {
    let currencies = currencies(told);
    let (mut sums, mut keys) = (BTreeMap::new(), BTreeMap::new());
    for row in &told.epicpay["trxnactivity"] {
        let (kind, batch) = (text(row, "trxn_type"), text(row, "batch_id"));
        let is_batched = ["SALE", "DEBIT", "CREDIT"].contains(&kind);
        assert_eq!(batch.is_empty(), !is_batched, "{row}");
        if !is_batched {
            continue;
        }
        let currency = currencies[text(row, "transaction_id")];
        let sum: &mut [i64; 5] = sums.entry(batch).or_default();
        let money = |key: &str| minor(&row[key].to_string(), currency);
        let place = if kind == "CREDIT" { 2 } else { 0 };
        sum[place] += 1;
        sum[place + 1] += money("amount");
        sum[4] += money("secondary_amount");
        let payment = text(row, "payment_type");
        let key = format!("{currency} {payment} {}", text(row, "reported_date"));
        assert_eq!(keys.entry(batch).or_insert(key.clone()), &key, "{row}");
    }
    let summed = sums.iter().map(|(batch, sum)| format!("{batch} {} {sum:?}", keys[batch]));
    let shown = told.epicpay["batches"].iter().map(|row| {
        let batch = text(row, "batch_id");
        let currency = keys.get(batch).map_or("USD", |key| &key[..3]);
        let payment = if text(row, "payment_type") == "ACH" { "ACH" } else { "CARD" };
        let money = |key: &str| minor(&row[key].to_string(), currency);
        let count = |key: &str| row[key].as_i64().unwrap();
        assert_eq!(row["credits_amount2"], 0);
        let sum = [
            count("sales_count"),
            money("sales_amount"),
            count("credits_count"),
            money("credits_amount"),
            money("sales_amount2"),
        ];
        format!("{batch} {currency} {payment} {} {sum:?}", text(row, "reported_date"))
    });
    same("EpicPay trxnactivity and batches", summed, shown);
    let distinct: BTreeSet<_> = keys.values().collect();
    assert_eq!(distinct.len(), keys.len());
}

fn money(line: &Line, key: &str) -> i64 {
    minor(&line[key], &line["currency"])
}

/// A line of WePay has the same movement with its fee beside it.
fn wepay_lines(told: &Told) {
    let moved = told.begateway.iter().filter(|it| it.sign() != 0 && it.amount != 0).map(|it| {
        let kind = if it.sign() == 1 { "payment" } else { it.kind.as_str() };
        let gross = it.sign() * it.amount;
        let currency = &it.currency;
        format!("{} {kind} {gross} {} {} {currency} {}", it.order, -it.fee, it.net, it.created)
    });
    let lines = told.lines.iter().filter(|line| line["transaction_type"] != "withdrawal");
    let lines = lines.map(|line| {
        assert_eq!(money(line, "app_fee"), 0);
        format!(
            "{} {} {} {} {} {} {}",
            line["reference_id"],
            line["transaction_type"],
            money(line, "gross"),
            money(line, "processing_fee"),
            money(line, "net"),
            line["currency"],
            line["create_time"]
        )
    });
    same("beGateway and WePay merchant_transactions", moved, lines);
}

/// A deposit is the sum of its details; what it holds beside its own lines is what beGateway says was
/// settled on its day, cards and bank debits apart.
fn deposits(told: &Told) {
    let mut by_order: BTreeMap<&str, (&str, &str)> = BTreeMap::new();
    let mut class_of: BTreeMap<&str, &str> = BTreeMap::new();
    for row in &told.epicpay["trxnactivity"] {
        class_of.insert(text(row, "transaction_id"), text(row, "payment_type"));
    }
    for it in &told.begateway {
        let class = class_of.get(it.id.to_string().as_str()).copied();
        if let Some(class) = class {
            by_order.insert(&it.order, (&it.currency, class));
        }
    }
    let first = told.first.to_string();
    let mut settled: BTreeMap<String, [i64; 3]> = BTreeMap::new();
    for it in told.begateway.iter().filter(|it| it.settled.as_ref() >= Some(&first)) {
        let (currency, class) = by_order[it.order.as_str()];
        let key = format!("{} {currency} {class}", it.settled.as_ref().unwrap());
        let sum = settled.entry(key).or_default();
        sum[0] += 1;
        sum[1] += it.net;
        sum[2] -= it.fee;
    }
    let mut deposited = BTreeMap::new();
    for (deposit, detail) in told.epicpay["deposits"].iter().zip(&told.epicpay["deposits-detail"]) {
        assert_eq!(deposit["unique_id"], detail["unique_id"]);
        let lines = detail["detail_data"].as_array().unwrap();
        let named = lines.iter().find_map(|line| by_order.get(text(line, "client_order_id")));
        // EpicPay prints no currency; where no line has an order, WePay's withdrawal tells it.
        let currency = named.map_or_else(|| currency_of(told, deposit), |it| it.0);
        let class = if text(deposit, "payment_type") == "ACH" { "ACH" } else { "CARD" };
        let amount = |line: &Value| minor(&line["amount"].to_string(), currency);
        let sum = |wanted: &dyn Fn(&str) -> bool| {
            lines.iter().filter(|line| wanted(text(line, "trxn_type"))).map(amount).sum::<i64>()
        };
        assert_eq!(amount(deposit), sum(&|_| true), "{deposit}");
        let own = ["Reserve", "MEF", "Adjustment"];
        let rows = lines
            .iter()
            .filter(|line| own.iter().chain(&["Discount"]).all(|word| line["trxn_type"] != *word));
        let rows = i64::try_from(rows.count()).unwrap();
        if rows > 0 {
            let key = format!("{} {currency} {class}", text(deposit, "reported_date"));
            let net = sum(&|kind| !own.contains(&kind));
            assert!(deposited.insert(key, [rows, net, sum(&|it| it == "Discount")]).is_none());
        }
    }
    assert_eq!(settled, deposited, "what is settled, and what is deposited");
}

/// The day a withdrawal was sent off.
fn day_of(withdrawal: &Value) -> String {
    let at = withdrawal["withdrawal_data"]["create_time"].as_i64().unwrap();
    jiff::Timestamp::from_second(at).unwrap().strftime("%Y-%m-%d").to_string()
}

/// The currency of the withdrawal of WePay that a deposit is.
fn currency_of<'a>(told: &'a Told, deposit: &Value) -> &'a str {
    let withdrawals = told.withdrawals.iter().map(|it| &it.0);
    let mut same = withdrawals.filter(|it| {
        it["amount"] == deposit["amount"] && day_of(it) == text(deposit, "reported_date")
    });
    same.next().map_or_else(|| panic!("no withdrawal is {deposit}"), |it| text(it, "currency"))
}

/// A withdrawal of WePay is a deposit of EpicPay, and the net of its own lines.
fn withdrawals(told: &Told) {
    let deposits = told.epicpay["deposits"]
        .iter()
        .map(|deposit| format!("{} {}", text(deposit, "reported_date"), deposit["amount"]));
    let taken = told.withdrawals.iter().map(|(withdrawal, lines)| {
        let currency = text(withdrawal, "currency");
        let amount = minor(&withdrawal["amount"].to_string(), currency);
        let sum = |key: &str| lines.iter().map(|line| money(line, key)).sum::<i64>();
        assert_eq!(sum("net"), amount, "{withdrawal}");
        assert_eq!(sum("net"), sum("gross") + sum("app_fee") + sum("processing_fee"));
        format!("{} {}", day_of(withdrawal), withdrawal["amount"])
    });
    same("EpicPay deposits and WePay withdrawals", deposits, taken);
    let lines = told.withdrawals.iter().map(|(withdrawal, _)| {
        let currency = text(withdrawal, "currency");
        let amount = minor(&withdrawal["amount"].to_string(), currency);
        format!("W{} {}", withdrawal["withdrawal_id"], -amount)
    });
    let shown = told.lines.iter().filter(|line| line["transaction_type"] == "withdrawal");
    let shown = shown.map(|line| {
        assert_eq!(line["net"], line["gross"]);
        format!("{} {}", line["transaction_id"], money(line, "net"))
    });
    same("WePay withdrawals and merchant_transactions", lines, shown);
    // What a reconciliation lists, the transactions of that day list as well; and no row twice.
    let row = |line: &Line| {
        let cells = ["transaction_id", "transaction_type", "gross", "processing_fee", "net"];
        cells.map(|name| line[name].as_str()).join(" ")
    };
    let all: BTreeSet<String> = told.lines.iter().map(row).collect();
    let mut reconciled = BTreeSet::new();
    for line in told.withdrawals.iter().flat_map(|it| &it.1) {
        if !line["transaction_id"].is_empty() && money(line, "gross") != 0 {
            assert!(all.contains(&row(line)), "{line:?}");
            assert!(reconciled.insert(row(line)), "{line:?}");
        }
    }
}

/// Sums of sales, refunds and chargebacks by currency at every provider that shows them, and what is
/// under way.
fn totals(told: &Told) {
    type Totals = BTreeMap<(String, &'static str), i64>;
    let mut begateway = Totals::new();
    let mut open: BTreeMap<String, i64> = BTreeMap::new();
    for it in &told.begateway {
        let word = match it.kind.as_str() {
            _ if it.sign() == 0 => continue,
            "refund" => "refunds",
            "chargeback" => "forced back",
            _ => "sales",
        };
        *begateway.entry((it.currency.clone(), word)).or_default() += it.amount;
        if it.settled.is_none() {
            *open.entry(it.currency.clone()).or_default() += it.net;
        }
    }
    let mut payfort = Totals::new();
    for row in &told.payfort {
        let word = match (text(row, "operation"), &text(row, "status")[..2]) {
            ("PURCHASE", "14") | ("CAPTURE", "04") => "sales",
            ("REFUND", "06") => "refunds",
            _ => continue,
        };
        let key = (text(row, "currency").to_owned(), word);
        *payfort.entry(key).or_default() += text(row, "amount").parse::<i64>().unwrap();
    }
    let mut wepay = Totals::new();
    for line in &told.lines {
        let word = match line["transaction_type"].as_str() {
            "payment" => "sales",
            "refund" => "refunds",
            "chargeback" => "forced back",
            _ => continue,
        };
        let key = (line["currency"].clone(), word);
        *wepay.entry(key).or_default() += money(line, "gross").abs();
    }
    begateway.retain(|_, sum| *sum != 0);
    payfort.retain(|_, sum| *sum != 0);
    assert_eq!(begateway, wepay);
    begateway.retain(|key, _| key.1 != "forced back");
    assert_eq!(begateway, payfort);
    open.retain(|_, sum| *sum != 0);
    let mut balances: BTreeMap<String, i64> = BTreeMap::new();
    for balance in &told.balances {
        balances.insert(text(balance, "currency").to_owned(), balance["amount"].as_i64().unwrap());
    }
    balances.retain(|_, sum| *sum != 0);
    assert_eq!(open, balances, "what is paid and not settled, and beGateway's balances");
    let mut incoming: BTreeMap<String, i64> = BTreeMap::new();
    for balance in told.account["balances"].as_array().unwrap() {
        let currency = text(balance, "currency");
        let pending = balance["incoming_pending_amount"].to_string();
        incoming.insert(currency.to_owned(), minor(&pending, currency));
    }
    for (currency, amount) in incoming {
        assert_eq!(open.get(&currency).copied().unwrap_or(0), amount, "WePay's pending {currency}");
    }
}
