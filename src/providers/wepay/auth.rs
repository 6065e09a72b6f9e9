//! Who is asking: a bearer token, however its scheme is spelled.

use std::sync::Arc;

use super::error::WePayError;
use crate::sandbox::ledger::View;
use crate::sandbox::merchant::{Credential, Merchant, MerchantId};
use crate::sandbox::space::Moment;
use crate::sandbox::{digest, scenario::Scenario};
use crate::wire::call::Call;

/// The user a token stands for.
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

/// The token of the request: `Bearer token`, `bearer: token`, and everything in between.
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

/// A field that is an id; 0 where the scenario has none that is a number.
pub(super) fn number(credential: &Credential, name: &str) -> i64 {
    field(credential, name).parse().unwrap_or(0)
}
