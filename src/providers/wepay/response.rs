//! The JSON answers, as PHP writes them: compact, slashes escaped, `null` for missing values.

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::Value;

use super::auth::{self, Account, User};
use super::error::PHP;
use super::job::Report;
use super::quirks::Quirks;
use super::withdrawal::{self, Withdrawal};
use crate::sandbox::generate::calendar::{DAY, business_days_after, day_of, start_of};
use crate::sandbox::generate::stream::{Draw, mix};
use crate::sandbox::ledger::{Axis, View, corrections_due};
use crate::sandbox::ledger::{payout, settlement};
use crate::sandbox::merchant::Credential;
use crate::sandbox::money::{Currency, Money};
use crate::sandbox::space::Moment;
use crate::sandbox::state::jobs::Phase;
use crate::wire::call::response;
use crate::wire::json::Writer;

/// Hour of the day (UTC) at which a withdrawal leaves.
const WITHDRAWAL_HOUR: i64 = 8 * 3600;

fn ok(json: Writer) -> Response {
    response(StatusCode::OK, "application/json", json.into_bytes())
}

fn writer() -> Writer {
    Writer::with_capacity(512).escaping(PHP)
}

/// An answer with a JSON value as PHP writes it.
pub(super) fn value(value: &Value) -> Response {
    let mut json = writer();
    write_value(&mut json, value);
    ok(json)
}

fn write_value(json: &mut Writer, value: &Value) {
    match value {
        Value::Null => json.null(),
        Value::Bool(flag) => json.flag(*flag),
        Value::Number(number) => json.raw(&number.to_string()),
        Value::String(text) => json.text(text),
        Value::Array(items) => {
            json.open(b'[');
            items.iter().for_each(|item| write_value(json, item));
            json.close(b']');
        }
        Value::Object(members) => {
            json.open(b'{');
            for (name, member) in members {
                json.key(name);
                write_value(json, member);
            }
            json.close(b'}');
        }
    }
}

/// `/report` and `/report/create`, in the order of the sample.
pub(super) fn report(moment: &Moment, report: &Report, base_url: &str, quirks: Quirks) -> Response {
    let mut json = writer();
    json.open(b'{');
    json.integer_member("report_id", report.id);
    json.integer_member("user_id", report.requested.user_id);
    json.key("resource");
    json.open(b'{');
    json.integer_member("object_id", report.requested.object_id);
    json.text_member("object_type", report.kind.object());
    json.close(b'}');
    json.text_member("type", report.kind.word());
    json.key("advanced_options");
    json.open(b'{');
    let (start, end) = if quirks.unrounded_times {
        (report.requested.start, report.requested.end)
    } else {
        (report.start(), report.end())
    };
    json.integer_member("start_time", start);
    json.integer_member("end_time", end);
    json.key("disable_email");
    json.flag(true);
    json.close(b'}');
    json.text_member("state", report.state());
    json.integer_member("request_time", report.requested_at);
    json.key("expires_time");
    match report.expires_at {
        Some(at) => json.integer(at),
        None => json.null(),
    }
    json.text_member("callback_uri", &report.requested.callback_uri);
    let uri = (report.phase == Phase::Ready)
        .then(|| format!("{base_url}/api/report/{}/{}", report.id, report.secret(moment)));
    json.optional_member("report_uri", uri.as_deref());
    json.close(b'}');
    ok(json)
}

/// `/oauth2/token` for the credential of an application.
pub(super) fn token(credential: &Credential) -> Response {
    let mut json = writer();
    json.open(b'{');
    json.integer_member("user_id", auth::number(credential, "user_id"));
    json.text_member("access_token", auth::field(credential, "access_token"));
    json.text_member("token_type", "BEARER");
    json.close(b'}');
    ok(json)
}

/// `/user`.
pub(super) fn user(user: &User) -> Response {
    let merchant = &user.view.merchant;
    let name = merchant.display_name.as_str();
    let (first, last) = name.split_once(' ').unwrap_or((name, ""));
    let mut json = writer();
    json.open(b'{');
    json.integer_member("user_id", user.id);
    json.text_member("first_name", first);
    json.text_member("last_name", last);
    json.text_member("user_name", name);
    json.text_member("email", &format!("{}@example.com", merchant.name));
    json.text_member("state", "registered");
    json.optional_member("callback_uri", None);
    json.close(b'}');
    ok(json)
}

/// `/account`.
pub(super) fn account(user: &User, account: &Account) -> Response {
    let mut json = writer();
    write_account(&mut json, user, account);
    ok(json)
}

/// `/account/find`: an array.
pub(super) fn accounts(user: &User, accounts: &[Account]) -> Response {
    let mut json = writer();
    json.open(b'[');
    accounts.iter().for_each(|account| write_account(&mut json, user, account));
    json.close(b']');
    ok(json)
}

fn write_account(json: &mut Writer, user: &User, account: &Account) {
    let view = &account.view;
    let currencies: Vec<Currency> = view.merchant.trade.currencies.iter().map(|it| it.0).collect();
    json.open(b'{');
    json.integer_member("account_id", account.id);
    json.text_member("name", &view.merchant.display_name);
    json.text_member("state", "active");
    json.text_member("description", &view.merchant.display_name);
    json.integer_member("owner_user_id", user.id);
    json.optional_member("reference_id", None);
    json.text_member("type", "business");
    json.integer_member("create_time", start_of(view.first));
    json.text_member("country", "US");
    json.key("currencies");
    json.open(b'[');
    currencies.iter().for_each(|currency| json.text(currency.code()));
    json.close(b']');
    json.key("balances");
    json.open(b'[');
    write_balances(json, view, &currencies);
    json.close(b']');
    json.key("statuses");
    json.open(b'[');
    for currency in &currencies {
        json.open(b'{');
        json.text_member("currency", currency.code());
        json.text_member("incoming_payments_status", "ok");
        json.text_member("outgoing_payments_status", "ok");
        json.text_member("account_review_status", "reviewed");
        json.close(b'}');
    }
    json.close(b']');
    for name in ["action_reasons", "disabled_reasons"] {
        json.key(name);
        json.open(b'[');
        json.close(b']');
    }
    json.close(b'}');
}

fn amount_member(json: &mut Writer, name: &str, minor: i64, currency: Currency) {
    json.key(name);
    json.raw(&Money { minor, currency }.decimal().short());
}

fn write_balances(json: &mut Writer, view: &View, currencies: &[Currency]) {
    let on_the_way = payout::on_the_way(view);
    let balances = payout::balances(view);
    for currency in currencies {
        let outgoing = on_the_way.iter().filter(|it| it.currency == *currency);
        let outgoing = outgoing.map(|it| it.amount).sum();
        let balance = balances.get(currency).copied().unwrap_or(0);
        write_balance(json, view, (*currency, balance, outgoing));
    }
}

/// Writes the balances of a currency. `balance` and `outgoing` are minor units.
fn write_balance(
    json: &mut Writer,
    view: &View,
    (currency, balance, outgoing): (Currency, i64, i64),
) {
    let today = day_of(view.now);
    let next = business_days_after(today, 0);
    let next_at = start_of(next) + WITHDRAWAL_HOUR;
    let next_at = if next_at > view.now {
        next_at
    } else {
        start_of(business_days_after(today, 1)) + WITHDRAWAL_HOUR
    };
    json.open(b'{');
    json.text_member("currency", currency.code());
    // Settled money is withdrawn at once, so only a negative balance remains, or money that came back.
    amount_member(json, "balance", balance, currency);
    amount_member(json, "incoming_pending_amount", pending(view, currency), currency);
    amount_member(json, "outgoing_pending_amount", outgoing, currency);
    amount_member(json, "reserved_amount", settlement::reserve_held(view, currency), currency);
    amount_member(json, "disputed_amount", 0, currency);
    json.text_member("withdrawal_period", "daily");
    json.text_member("withdrawal_type", "ach");
    json.integer_member("withdrawal_next_time", next_at);
    json.text_member("withdrawal_bank_name", &format!("Wells Fargo XXXXX{}", bank_digits(view)));
    json.close(b'}');
}

/// The amount that is paid and not settled yet, after fees and amendments; minor units.
fn pending(view: &View, currency: Currency) -> i64 {
    let reach = (i64::from(view.merchant.trade.settlement_days) * 7 / 5 + 7) * DAY;
    let from = view.now.saturating_sub(reach);
    // An added transaction can have any date of settlement.
    let odd = view.exceptions().filter_map(|id| view.get(id));
    let odd = odd.filter(|row| row.paid_at().is_some_and(|at| at < from));
    let rows = view.rows(Axis::Paid, from..view.now + 1).chain(odd);
    let open = rows.filter(|row| {
        row.currency == currency && !row.test && row.settled_at().is_none() && row.gross() != 0
    });
    open.map(|row| row.gross() - row.fee).sum::<i64>() + corrections_due(view, currency)
}

/// The last digits of the merchant's own bank account.
fn bank_digits(view: &View) -> String {
    let mut draw = Draw::new(mix(view.key(), 0), 16);
    format!("{:04}", draw.below(10_000))
}

/// `/withdrawal`.
pub(super) fn withdrawal(moment: &Moment, user: &User, withdrawal: &Withdrawal) -> Response {
    let account = withdrawal::account(moment, user, withdrawal);
    let mut json = writer();
    write_withdrawal(&mut json, withdrawal, account.map_or(0, |account| account.id));
    ok(json)
}

/// `/withdrawal/find`: an array.
pub(super) fn withdrawals(account_id: i64, withdrawals: &[Withdrawal]) -> Response {
    let mut json = writer();
    json.open(b'[');
    withdrawals.iter().for_each(|withdrawal| write_withdrawal(&mut json, withdrawal, account_id));
    json.close(b']');
    ok(json)
}

fn write_withdrawal(json: &mut Writer, withdrawal: &Withdrawal, account_id: i64) {
    let payout = &withdrawal.payout;
    json.open(b'{');
    json.integer_member("withdrawal_id", withdrawal.id);
    json.integer_member("account_id", account_id);
    json.text_member("state", withdrawal.state());
    amount_member(json, "amount", payout.amount, payout.currency);
    json.text_member("currency", payout.currency.code());
    json.text_member("type", "ach");
    json.key("bank_data");
    json.open(b'{');
    json.text_member("name", "Wells Fargo");
    json.text_member("account_last_four", &bank_digits(&withdrawal.view));
    json.optional_member("note", None);
    json.close(b'}');
    json.optional_member("check_data", None);
    json.key("withdrawal_data");
    json.open(b'{');
    json.integer_member("create_time", payout.initiated_at);
    json.integer_member("capture_time", withdrawal.captured_at().unwrap_or(0));
    json.optional_member("callback_uri", None);
    json.close(b'}');
    json.key("in_review");
    json.flag(false);
    json.close(b'}');
}
