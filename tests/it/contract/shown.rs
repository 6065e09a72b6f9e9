//! The expected report of each provider for rows of the ledger, implemented a second time from the
//! vendor's rules.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use sandtill::sandbox::facts::{Kind, Method};
use sandtill::sandbox::ledger::{Transaction, View};

use crate::drivers::ReportQuery;
use crate::support::Server;

/// Unix seconds of its midnight.
pub(super) fn start_of(day: Date) -> i64 {
    day.to_zoned(TimeZone::UTC).unwrap().timestamp().as_second()
}

/// Minor units as decimal text, by ISO 4217; Flitt has two digits even where a currency has none.
fn decimal(minor: i64, currency: &str) -> String {
    let (digits, zeros) = match currency {
        "JPY" => (0, ".00"),
        "KWD" | "JOD" => (3, ""),
        _ => (2, ""),
    };
    if digits == 0 {
        return format!("{minor}{zeros}");
    }
    let unit = 10_i64.pow(digits);
    let width = usize::try_from(digits).unwrap();
    let sign = if minor < 0 { "-" } else { "" };
    format!("{sign}{}.{:0width$}", minor.abs() / unit, minor.abs() % unit)
}

/// An instant (Unix seconds) in a form of `strftime`.
pub(super) fn time(second: i64, form: &str) -> String {
    Timestamp::from_second(second).unwrap().strftime(form).to_string()
}

fn payfort(row: &Transaction<'_>) -> Option<String> {
    let operation = match row.kind {
        Kind::Payment => "PURCHASE",
        Kind::Authorization => "AUTHORIZATION",
        Kind::Capture => "CAPTURE",
        Kind::Void => "VOID_AUTHORIZATION",
        Kind::Refund => "REFUND",
        Kind::Chargeback | Kind::ChargebackReversal | Kind::Reject | Kind::Notice => return None,
    };
    let at = time(row.created_at, "%Y-%m-%dT%H:%M:%S+00:00");
    Some(format!("{at} {operation} {} {}", row.amount, row.currency.code()))
}

fn wepay(row: &Transaction<'_>) -> Option<String> {
    let kind = match row.kind {
        Kind::Payment | Kind::Capture => "payment",
        Kind::Refund => "refund",
        Kind::Chargeback | Kind::Reject => "chargeback",
        Kind::ChargebackReversal => "chargeback_reversal",
        Kind::Authorization | Kind::Void | Kind::Notice => return None,
    };
    let sign = if ["payment", "chargeback_reversal"].contains(&kind) { 1 } else { -1 };
    let (at, code) = (time(row.created_at, "%Y-%m-%d %H:%M:%S"), row.currency.code());
    row.paid_at().map(|_| format!("{at} {kind} {} {code}", decimal(sign * row.amount, code)))
}

/// The expected facts about the rows of these days, in the provider's order.
pub(super) fn expected(slug: &str, view: &View, query: ReportQuery<'_>) -> Vec<String> {
    let span = start_of(query.first)..start_of(query.last) + 86_400;
    let all = || view.all().filter(|row| !row.test);
    let created = || all().filter(|row| span.contains(&row.created_at));
    let numbered = |row: &Transaction<'_>| format!("{} {}", row.number(), row.amount);
    match slug {
        "payfort" => created().filter_map(|row| payfort(&row)).collect(),
        "wepay" => created().filter_map(|row| wepay(&row)).collect(),
        "begateway" => {
            let rows = created().filter(|row| row.kind != Kind::Notice);
            let (cards, others): (Vec<_>, Vec<_>) =
                rows.partition(|row| row.method == Method::Card);
            cards.iter().chain(&others).map(numbered).collect()
        }
        "flitt" => {
            let orders = created();
            let orders =
                orders.filter(|row| matches!(row.kind, Kind::Payment | Kind::Authorization));
            let order_line = |row: &Transaction<'_>| {
                format!("{} {}", row.number(), decimal(row.amount, row.currency.code()))
            };
            let mut orders: Vec<_> = orders.map(|row| order_line(&row)).collect();
            orders.reverse();
            orders
        }
        "epicpay" => {
            let paid = all().filter(|row| row.paid_at().is_some_and(|at| span.contains(&at)));
            let unreported = [Kind::Authorization, Kind::Void, Kind::Notice];
            let mut paid: Vec<_> = paid.filter(|row| !unreported.contains(&row.kind)).collect();
            paid.sort_by_key(|row| (row.paid_at().unwrap().div_euclid(86_400), row.number()));
            let amount = |row: &Transaction<'_>| {
                let text = decimal(row.amount, row.currency.code());
                text.trim_end_matches('0').trim_end_matches('.').to_owned()
            };
            paid.iter().map(|row| format!("{} {}", row.number(), amount(row))).collect()
        }
        other => panic!("say what {other} shows"),
    }
}

/// The view of a merchant as it is now.
pub(super) fn view(server: &Server, merchant: &str) -> View {
    let sandbox = server.space();
    sandbox.moment().view(sandbox.world().scenario.merchant(merchant).unwrap().id).unwrap()
}
