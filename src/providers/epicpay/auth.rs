//! Authentication by HTTP Basic with the API key id and password of any terminal of the merchant.

use super::error::{Code, EpicPayError};
use crate::sandbox::digest;
use crate::sandbox::journal::Explanation;
use crate::sandbox::ledger::View;
use crate::sandbox::merchant::Credential;
use crate::wire::basic_auth;
use crate::wire::call::Call;
use crate::wire::proof::Own;
use crate::wire::proof::basic::Basic;

/// An authenticated merchant, with its rows at the moment of the call. Every terminal sees all rows.
#[derive(Debug)]
pub(super) struct Caller {
    pub(super) view: View,
}

/// Explains the credentials of a request.
pub(super) fn explain(call: &Call, _: &Own) -> Option<Explanation> {
    let (user_field, password_field) = ("key_id", "password");
    let basic = Basic::of(call.scenario(), "epicpay", user_field, password_field);
    (call.operation != "unknown").then(|| basic.explain(call))
}

/// Authenticates the merchant by the API key of the request.
pub(super) fn caller(call: &Call) -> Result<Caller, EpicPayError> {
    let refuse = |reason: String| EpicPayError::new(Code::Unauthorized, reason);
    let Some(basic) = basic_auth::parse(&call.headers) else {
        let reason = match call.header("authorization") {
            None => "there is no Authorization header",
            Some(_) => "the Authorization header is not Basic with base64 of `key id:password`",
        };
        return Err(refuse(reason.to_owned()));
    };
    let of_key = |it: &(_, &Credential)| it.1.get("key_id") == Some(&basic.user);
    let mut is_known = false;
    for (merchant, credential) in call.scenario().credentials("epicpay").filter(of_key) {
        is_known = true;
        let password = credential.get("password").map_or("", String::as_str);
        if digest::same(password.as_bytes(), basic.password.as_bytes()) {
            let view = call.view(merchant.id);
            let view = view.ok_or_else(|| EpicPayError::new(Code::Other, "there is no ledger"))?;
            return Ok(Caller { view });
        }
    }
    Err(refuse(match is_known {
        true => format!("the password of API key `{}` is another one", basic.user),
        false => format!("no terminal has the API key id `{}`", basic.user),
    }))
}
