//! Parsing of `GET /shop/channel_balances/`, whose parameters are in the query.

use serde_json::json;
use url::form_urlencoded;

use super::error::{BeGatewayError, Complaints};
use super::request::{INVALID, MISSING};
use crate::sandbox::money::Currency;
use crate::wire::text::cut;

/// `GET /shop/channel_balances/`.
#[derive(Clone, Copy, Debug)]
pub(super) struct BalanceRequest {
    pub(super) gateway_id: i64,
    pub(super) currency: Option<Currency>,
}

impl BalanceRequest {
    pub(super) fn parse(query: &str) -> Result<Self, BeGatewayError> {
        let mut complaints = Complaints::default();
        let (mut gateway_id, mut currency) = (None, None);
        let mut complain = |name: &str, complaint: &str, reason: String| {
            complaints.errors.insert(name.to_owned(), json!([complaint]));
            complaints.reasons.push(reason);
        };
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match (&*name, &*value) {
                ("gateway_id", value) => gateway_id = Some(value.to_owned()),
                ("currency", value) if !value.is_empty() => currency = Some(value.to_owned()),
                _ => {}
            }
        }
        let number = match gateway_id {
            None => {
                let reason = "`gateway_id` is missing in the query; a whole number is wanted";
                complain("gateway_id", MISSING, reason.to_owned());
                None
            }
            Some(text) => {
                let number = text.parse().ok();
                if number.is_none() {
                    let came = cut(&text);
                    let reason = format!("`gateway_id` is `{came}`; a whole number is wanted");
                    complain("gateway_id", INVALID, reason);
                }
                number
            }
        };
        let code = currency.as_deref().map(Currency::parse);
        if let (Some(None), Some(text)) = (code, &currency) {
            let came = cut(text);
            let reason =
                format!("`currency` is `{came}`; a code of ISO 4217 such as EUR is wanted");
            complain("currency", INVALID, reason);
        }
        match number {
            Some(gateway_id) if complaints.errors.is_empty() => {
                Ok(Self { gateway_id, currency: code.flatten() })
            }
            _ => Err(BeGatewayError::Invalid(complaints)),
        }
    }
}
