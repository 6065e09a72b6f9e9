//! Finds the user of a request by its bearer token, in all spellings of the scheme that clients send.

use std::sync::Arc;

use super::error::WePayError;
use crate::sandbox::journal::Explanation;
use crate::sandbox::ledger::View;
use crate::sandbox::merchant::{Credential, Merchant, MerchantId};
use crate::sandbox::space::Moment;
use crate::sandbox::{digest, scenario::Scenario};
use crate::wire::call::Call;
use crate::wire::proof::bearer::Bearer;
use crate::wire::proof::{Own, known};

/// The user of an access token.
#[derive(Clone, Debug)]
pub(super) struct User {
    pub(super) id: i64,
    pub(super) client_id: String,
    pub(super) view: View,
}

/// An account of a user.
#[derive(Clone, Debug)]
pub(super) struct Account {
    pub(super) id: i64,
    pub(super) merchant: MerchantId,
    pub(super) view: View,
}

/// The user whose token the request carries.
pub(super) fn user(call: &Call) -> Result<User, WePayError> {
    let token = token(call)?;
    let known = |credential: &Credential| {
        let known = field(credential, "access_token");
        !known.is_empty() && digest::same(known.as_bytes(), token.as_bytes())
    };
    let Some((merchant, credential)) = find(call.scenario(), known) else {
        let production = token.starts_with("PRODUCTION_");
        return Err(if production {
            WePayError::ProductionToken
        } else {
            WePayError::UnknownToken
        });
    };
    Ok(User {
        id: number(credential, "user_id"),
        client_id: field(credential, "client_id").to_owned(),
        view: call.view(merchant.id).ok_or(WePayError::Internal)?.truth(),
    })
}

/// Explains the token of a request.
pub(super) fn explain(call: &Call, _: &Own) -> Option<Explanation> {
    if matches!(call.operation, "unknown" | "file" | "oauth2/token") {
        return None;
    }
    let tokens = || call.scenario().credentials("wepay").map(|it| field(it.1, "access_token"));
    let bearer = Bearer {
        provider: "wepay",
        scheme: "Bearer",
        token_word: "access_token",
        expected: tokens().next(),
        is_valid: &|token| !token.is_empty() && tokens().any(|known| known == token),
        what_is: &|token| {
            let rest = token.strip_prefix("PRODUCTION_")?;
            let is_stage = tokens().any(|known| known.strip_prefix("STAGE_") == Some(rest));
            let same = if is_stage { ", with `STAGE_` in front it is the right one" } else { "" };
            Some(format!("it is a token of production; this is the stage environment{same}"))
        },
        in_any_case: &|token| tokens().any(|known| known.eq_ignore_ascii_case(token)),
        known: known::all(call.scenario()).collect(),
    };
    Some(bearer.explain(call))
}

/// The token of the header `Authorization`. The scheme is `Bearer` in any case, with or without a colon.
fn token(call: &Call) -> Result<&str, WePayError> {
    let Some(header) = call.headers.get("authorization") else {
        return Err(WePayError::NoAuthorization("there is no Authorization header"));
    };
    let header = header.to_str().map(str::trim).unwrap_or_default();
    let (scheme, token) = header.split_at_checked(6).unwrap_or((header, ""));
    let apart = token.starts_with([' ', ':', '\t']) || token.is_empty();
    if !scheme.eq_ignore_ascii_case("bearer") || !apart {
        return Err(WePayError::NoAuthorization("the Authorization header is not `Bearer token`"));
    }
    let token = token.trim_start();
    let token = token.strip_prefix(':').unwrap_or(token).trim();
    if token.is_empty() {
        return Err(WePayError::NoAuthorization("the Authorization header has no token"));
    }
    Ok(token)
}

/// The credential of an application, with its merchant.
pub(super) fn application<'a>(
    moment: &'a Moment,
    client_id: &str,
    client_secret: &str,
) -> Option<(&'a Arc<Merchant>, &'a Credential)> {
    find(moment.scenario(), |credential| {
        field(credential, "client_id") == client_id
            && digest::same(field(credential, "client_secret").as_bytes(), client_secret.as_bytes())
    })
}

/// The accounts of a user, in the order of the scenario.
pub(super) fn accounts(moment: &Moment, user: i64) -> Vec<Account> {
    let mut accounts: Vec<Account> = Vec::new();
    for (merchant, credential) in moment.scenario().credentials("wepay") {
        let id = number(credential, "account_id");
        let known = accounts.iter().any(|account| account.id == id);
        if number(credential, "user_id") == user
            && !known
            && let Some(view) = moment.view(merchant.id).map(View::truth)
        {
            accounts.push(Account { id, merchant: merchant.id, view });
        }
    }
    accounts
}

/// The user's account with this id.
pub(super) fn account(moment: &Moment, user: i64, id: i64) -> Result<Account, WePayError> {
    let mut accounts = accounts(moment, user).into_iter();
    accounts.find(|account| account.id == id).ok_or(WePayError::Account(id))
}

fn find(
    scenario: &Scenario,
    proves: impl Fn(&Credential) -> bool,
) -> Option<(&Arc<Merchant>, &Credential)> {
    scenario.credentials("wepay").find(|(_, credential)| proves(credential))
}

pub(super) fn field<'a>(credential: &'a Credential, name: &str) -> &'a str {
    credential.get(name).map_or("", String::as_str)
}

/// A credential field that holds an id; 0 if the scenario has no number there.
pub(super) fn number(credential: &Credential, name: &str) -> i64 {
    field(credential, name).parse().unwrap_or(0)
}
