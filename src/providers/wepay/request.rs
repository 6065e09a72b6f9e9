//! The parameters of each call, checked in the vendor's order.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::error::WePayError;
use super::params::Params;
use crate::sandbox::clock::LATEST;

/// The order of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    Rising,
    Falling,
}

impl Sort {
    fn parse(params: &Params) -> Result<Option<Self>, WePayError> {
        match params.optional_text("sort_order")? {
            None => Ok(None),
            Some(text) if text.eq_ignore_ascii_case("asc") => Ok(Some(Self::Rising)),
            Some(text) if text.eq_ignore_ascii_case("desc") => Ok(Some(Self::Falling)),
            Some(_) => Err(params.invalid("sort_order", "ASC or DESC")),
        }
    }
}

/// The type of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ReportType {
    /// The transactions of an account in a range of time.
    MerchantTransactions,
    /// The transactions that a withdrawal consists of.
    Reconciliation,
}

impl ReportType {
    pub(super) fn parse(word: &str) -> Option<Self> {
        match word {
            "merchant_transactions" => Some(Self::MerchantTransactions),
            "reconciliation" => Some(Self::Reconciliation),
            _ => None,
        }
    }

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::MerchantTransactions => "merchant_transactions",
            Self::Reconciliation => "reconciliation",
        }
    }

    /// The type of the object that the report is made for.
    pub(super) fn object(self) -> &'static str {
        match self {
            Self::MerchantTransactions => "account",
            Self::Reconciliation => "withdrawal",
        }
    }
}

/// `/report/create`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Create {
    pub(super) kind: ReportType,
    pub(super) object_id: i64,
    /// As sent, or the default; Unix seconds, not rounded.
    pub(super) start: i64,
    pub(super) end: i64,
    pub(super) callback_uri: String,
}

impl Create {
    pub(super) fn parse(params: &Params, now: Timestamp) -> Result<Self, WePayError> {
        params.require(&["type", "resource"])?;
        if params.get("resource").is_some_and(Value::is_object) {
            params.require(&["resource.object_type", "resource.object_id"])?;
        }
        params.require(&["callback_uri"])?;
        let kind = ReportType::parse(params.text("type")?)
            .ok_or_else(|| params.invalid("type", "merchant_transactions or reconciliation"))?;
        if !params.get("resource").is_some_and(Value::is_object) {
            return Err(
                params.invalid("resource", "a structure with `object_type` and `object_id`")
            );
        }
        let object = params.text("resource.object_type")?;
        if !matches!(object, "account" | "withdrawal") {
            return Err(params.invalid("resource.object_type", "`account` or `withdrawal`"));
        }
        let object_id = params.integer("resource.object_id")?;
        let (start, end) = times(params, now)?;
        let callback_uri = params.uri("callback_uri")?;
        if object != kind.object() {
            let wanted =
                format!("`{}`, on which a {} report is based,", kind.object(), kind.word());
            return Err(params.invalid("resource.object_type", &wanted));
        }
        if end < start {
            return Err(params.invalid(
                "advanced_options.end_time",
                &format!("an instant from {start} on, the beginning,"),
            ));
        }
        Ok(Self { kind, object_id, start, end, callback_uri })
    }
}

fn times(params: &Params, now: Timestamp) -> Result<(i64, i64), WePayError> {
    // PHP clients send an empty structure as an empty list.
    let options = params.get("advanced_options");
    let none = options.is_none_or(|it| it.as_array().is_some_and(Vec::is_empty));
    if !none && !options.is_some_and(Value::is_object) {
        return Err(params.invalid("advanced_options", "a structure"));
    }
    let ago = |hours| {
        let wait = SignedDuration::from_hours(hours);
        now.saturating_sub(wait).map_or(0, Timestamp::as_second)
    };
    let time = |name, default| {
        let time = params.optional_integer(name)?.unwrap_or(default);
        if (0..LATEST.as_second()).contains(&time) {
            Ok(time)
        } else {
            Err(params.invalid(name, "a Unix time in seconds from 1970 to 2099"))
        }
    };
    let start = time("advanced_options.start_time", ago(30 * 24))?;
    Ok((start, time("advanced_options.end_time", ago(48))?))
}

/// `/oauth2/token`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TokenRequest {
    pub(super) client_id: String,
    pub(super) client_secret: String,
}

impl TokenRequest {
    pub(super) fn parse(params: &Params) -> Result<Self, WePayError> {
        params.require(&["client_id", "client_secret", "redirect_uri", "code"])?;
        // The client_id is a number that the scenario writes as text.
        let client_id = params.integer("client_id")?.to_string();
        params.uri("redirect_uri")?;
        let client_secret = params.text("client_secret")?.to_owned();
        Ok(Self { client_id, client_secret })
    }
}

/// `/account/find`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct AccountFind {
    pub(super) name: Option<String>,
    pub(super) reference_id: Option<String>,
    pub(super) sort: Sort,
}

impl AccountFind {
    pub(super) fn parse(params: &Params) -> Result<Self, WePayError> {
        Ok(Self {
            name: params.optional_text("name")?.map(str::to_owned),
            reference_id: params.optional_text("reference_id")?.map(str::to_owned),
            sort: Sort::parse(params)?.unwrap_or(Sort::Falling),
        })
    }
}

/// `/withdrawal/find`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct WithdrawalFind {
    pub(super) account_id: i64,
    pub(super) limit: usize,
    pub(super) start: usize,
    pub(super) state: Option<String>,
    pub(super) sort: Sort,
}

impl WithdrawalFind {
    pub(super) fn parse(params: &Params) -> Result<Self, WePayError> {
        let account_id = params.integer("account_id")?;
        let count = |name, default, most| match params.optional_integer(name)? {
            None => Ok(default),
            Some(number) => usize::try_from(number)
                .ok()
                .filter(|number| *number <= most)
                .ok_or_else(|| params.invalid(name, &format!("a whole number from 0 to {most}"))),
        };
        let limit = count("limit", 50, 1000)?;
        let start = count("start", 0, 1_000_000)?;
        let state = params.optional_text("state")?;
        if state.is_some_and(|state| !matches!(state, "new" | "started" | "captured" | "failed")) {
            return Err(params.invalid("state", "new, started, captured or failed"));
        }
        let sort = Sort::parse(params)?.unwrap_or(Sort::Falling);
        Ok(Self { account_id, limit, start, state: state.map(str::to_owned), sort })
    }
}
