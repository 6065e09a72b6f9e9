//! Who is asking: HTTP Basic, API key id and password of any terminal of the merchant.

use super::error::{Code, EpicPayError};
use crate::sandbox::digest;
use crate::sandbox::ledger::View;
use crate::wire::basic_auth;
use crate::wire::call::Call;

/// The rows of the merchant whose key the request carries, as they are now. Every terminal sees all.
pub(super) fn view(call: &Call) -> Result<View, EpicPayError> {
    let refuse = |reason: String| EpicPayError::new(Code::Unauthorized, reason);
    let Some(basic) = basic_auth::parse(&call.headers) else {
        let reason = match call.header("authorization") {
            None => "there is no Authorization header",
            Some(_) => "the Authorization header is not Basic with base64 of `key id:password`",
        };
        return Err(refuse(reason.to_owned()));
    };
    let scenario = &call.sandbox.scenario;
    let has_key = |merchant_key: Option<&String>| merchant_key == Some(&basic.user);
    let known = scenario.merchant_with("epicpay", |credential| has_key(credential.get("key_id")));
    let Some(merchant) = known else {
        return Err(refuse(format!("no terminal has the API key id `{}`", basic.user)));
    };
    let credentials = merchant.credentials.get("epicpay").into_iter().flatten();
    let password = credentials
        .filter(|credential| has_key(credential.get("key_id")))
        .find_map(|credential| credential.get("password"));
    if !password.is_some_and(|it| digest::same(it.as_bytes(), basic.password.as_bytes())) {
        return Err(refuse(format!("the password of API key `{}` is another one", basic.user)));
    }
    let view = call.sandbox.view(merchant.id);
    view.ok_or_else(|| EpicPayError::new(Code::Other, "the merchant has no ledger"))
}
