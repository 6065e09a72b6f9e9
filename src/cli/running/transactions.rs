//! `sandtill pay`, `capture`, `void`, `refund`, `chargeback`, `dispute`, `settle`: make life happen on a running server.

use clap::Args;
use serde_json::{Map, Value, json};
use strum::VariantNames;

use super::super::{Failure, values};
use super::{Running, RunningArgs, list, number, text};
use crate::sandbox::facts::{DisputeOutcome, Named};
use crate::sandbox::money::{Currency, Decimal};
use crate::sandbox::scenario::currency;

#[derive(Clone, Debug, Args)]
pub(in super::super) struct PayArgs {
    /// Amount in the currency's own decimals, such as `12.50`.
    amount: String,
    /// Currency, such as `USD`.
    #[arg(value_parser = currency)]
    currency: Currency,
    /// Merchant that is paid; `everywhere`, which sells through all providers, without it, or else the first
    /// one of the scenario.
    #[arg(long, env = "SANDTILL_MERCHANT")]
    merchant: Option<String>,
    /// Instant of the payment, such as `2026-01-31T12:00:00Z`; now without it.
    #[arg(long, env = "SANDTILL_AT", value_parser = values::instant)]
    at: Option<String>,
    /// `captured` (the default), `settled`, `authorized`, `declined`, `incomplete`, `pending` or `expired`.
    #[arg(long, env = "SANDTILL_STATUS")]
    status: Option<String>,
    /// `card` (the default), `bank` or `alternative`.
    #[arg(long, env = "SANDTILL_METHOD")]
    method: Option<String>,
    /// The merchant's own order number.
    #[arg(long, env = "SANDTILL_ORDER")]
    order: Option<String>,
    /// What was bought.
    #[arg(long, env = "SANDTILL_DESCRIPTION")]
    description: Option<String>,
    #[command(flatten)]
    running: RunningArgs,
}

pub(in super::super) fn pay(args: &PayArgs) -> Result<(), Failure> {
    let running = args.running.running();
    let amount = minor_units(&args.amount, args.currency)?;
    let merchant = match &args.merchant {
        Some(merchant) => merchant.clone(),
        None => a_merchant(&running)?,
    };
    let mut body = Map::from_iter([
        ("merchant".to_owned(), json!(merchant)),
        ("amount".to_owned(), json!(amount)),
        ("currency".to_owned(), json!(args.currency.code())),
    ]);
    let texts = [
        ("at", &args.at),
        ("status", &args.status),
        ("method", &args.method),
        ("order", &args.order),
        ("description", &args.description),
    ];
    let texts =
        texts.into_iter().filter_map(|(name, text)| Some((name.to_owned(), json!(text.as_ref()?))));
    body.extend(texts);
    let answer = running.ask("POST", "/transactions", Some(&Value::Object(body)))?;
    running.show(&answer, line_of);
    Ok(())
}

/// The merchant of a payment for which none was named.
fn a_merchant(running: &Running<'_>) -> Result<String, Failure> {
    let scenario = running.ask("GET", "/scenario", None)?;
    let names: Vec<&str> = list(&scenario, "merchant").iter().map(|it| text(it, "name")).collect();
    let chosen = names.iter().find(|name| **name == "everywhere").or_else(|| names.first());
    chosen.map(|name| (*name).to_owned()).ok_or_else(|| {
        Failure::failed(
            "the scenario of the server has no merchant; `sandtill --scenario FILE` has yours",
        )
    })
}

#[derive(Clone, Debug, Args)]
pub(in super::super) struct PartArgs {
    /// Id of the transaction, as `pay` and `GET /_admin/transactions` print it.
    id: i64,
    /// Amount in the currency's own decimals, such as `12.50`; the whole without it.
    amount: Option<String>,
    #[command(flatten)]
    running: RunningArgs,
}

#[derive(Clone, Debug, Args)]
pub(in super::super) struct WholeArgs {
    /// Id of the transaction, as `pay` and `GET /_admin/transactions` print it.
    id: i64,
    #[command(flatten)]
    running: RunningArgs,
}

#[derive(Clone, Debug, Args)]
pub(in super::super) struct DisputeArgs {
    /// Id of the chargeback, or of the payment whose newest chargeback is meant.
    id: i64,
    /// `won`, and the money comes back, or `lost`.
    outcome: String,
    #[command(flatten)]
    running: RunningArgs,
}

/// Ends the dispute about a chargeback.
pub(in super::super) fn dispute(args: &DisputeArgs) -> Result<(), Failure> {
    let outcome: Result<DisputeOutcome, _> = args.outcome.parse();
    let outcome = outcome.map_err(|_| {
        let known = DisputeOutcome::VARIANTS.join(" or ");
        Failure::usage(format!("`{}` is no outcome of a dispute; it can be {known}", args.outcome))
    })?;
    act(&args.running.running(), args.id, "dispute", &json!({"outcome": outcome.name()}))
}

/// Does `action` to a part of a transaction or to all of it.
pub(in super::super) fn to_part(args: &PartArgs, action: &str) -> Result<(), Failure> {
    let running = args.running.running();
    let body = match &args.amount {
        None => json!({}),
        Some(amount) => {
            let of = running.ask("GET", &format!("/transactions/{}", args.id), None)?;
            let currency = currency(text(&of, "currency")).map_err(Failure::failed)?;
            json!({"amount": minor_units(amount, currency)?})
        }
    };
    act(&running, args.id, action, &body)
}

/// Does `action` to a transaction as a whole.
pub(in super::super) fn to_whole(args: &WholeArgs, action: &str) -> Result<(), Failure> {
    act(&args.running.running(), args.id, action, &json!({}))
}

fn act(running: &Running<'_>, id: i64, action: &str, body: &Value) -> Result<(), Failure> {
    let answer = running.ask("POST", &format!("/transactions/{id}/{action}"), Some(body))?;
    running.show(&answer, line_of);
    Ok(())
}

/// A transaction on one line.
fn line_of(it: &Value) -> String {
    let amount = number(it, "amount");
    let currency = text(it, "currency");
    let exponent = Currency::parse(currency).map_or(2, Currency::exponent);
    let parent = it.get("parent").and_then(Value::as_i64);
    let of = parent.map_or_else(String::new, |parent| format!(" of {parent}"));
    format!(
        "{} {}{of} {} {} {currency} {} {}",
        number(it, "id"),
        text(it, "kind"),
        text(it, "status"),
        Decimal { minor: amount, exponent },
        text(it, "merchant"),
        text(it, "created_at"),
    )
}

/// A decimal of a currency in minor units, without rounding.
fn minor_units(text: &str, currency: Currency) -> Result<i64, Failure> {
    let exponent = usize::from(currency.exponent());
    let example = match exponent {
        0 => "1250",
        2 => "12.50",
        _ => "12.500",
    };
    let wrong = |why: String| {
        Failure::usage(format!("the amount `{text}` {why}; wanted is an amount such as {example}"))
    };
    let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
    let is_digits = |it: &str| it.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !is_digits(whole) || !is_digits(rest) || text.ends_with('.') {
        return Err(wrong("is no decimal number".to_owned()));
    }
    if rest.len() > exponent {
        return Err(wrong(format!("has {} decimals, and {currency} has {exponent}", rest.len())));
    }
    let digits = format!("{whole}{rest:0<exponent$}");
    digits.parse().map_err(|_| wrong("is too large".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_become_minor_units_without_rounding() {
        let read = |text: &str, code: &str| {
            minor_units(text, currency(code).unwrap()).map_err(|failure| failure.message)
        };
        for (text, code, minor) in [
            ("12.50", "USD", 1250),
            ("12.5", "USD", 1250),
            ("12", "USD", 1200),
            ("0.01", "USD", 1),
            ("500", "JPY", 500),
            ("1.234", "KWD", 1234),
            ("90071992547409.93", "USD", 9_007_199_254_740_993),
        ] {
            assert_eq!(read(text, code), Ok(minor), "{text} {code}");
        }
        for (text, code, part) in [
            ("1.005", "USD", "has 3 decimals, and USD has 2"),
            ("1.5", "JPY", "has 1 decimals, and JPY has 0"),
            ("1,50", "USD", "is no decimal number"),
            ("-1", "USD", "is no decimal number"),
            (".5", "USD", "is no decimal number"),
            ("1.", "USD", "is no decimal number"),
            ("", "USD", "is no decimal number"),
            ("99999999999999999999", "USD", "is too large"),
        ] {
            let problem = read(text, code).unwrap_err();
            assert!(problem.contains(part), "{text}: {problem}");
        }
    }
}
