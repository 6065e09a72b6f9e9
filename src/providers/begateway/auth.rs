//! Authentication: HTTP Basic with shop id and secret key.

use super::error::BeGatewayError;
use crate::sandbox::digest;
use crate::sandbox::journal::Explanation;
use crate::sandbox::ledger::View;
use crate::sandbox::merchant::Credential;
use crate::wire::basic_auth;
use crate::wire::call::Call;
use crate::wire::proof::Own;
use crate::wire::proof::basic::Basic;

/// An authenticated shop, with its rows at the instant of the call.
#[derive(Debug)]
pub(super) struct Caller {
    pub(super) view: View,
    /// The shop id of the request; a merchant can have several shops.
    pub(super) shop_id: String,
}

/// Explains the credentials of a request.
pub(super) fn explain(call: &Call, _: &Own) -> Option<Explanation> {
    let (user_field, password_field) = ("shop_id", "secret_key");
    let basic = Basic::of(call.scenario(), "begateway", user_field, password_field);
    (call.operation != "unknown").then(|| basic.explain(call))
}

/// Authenticates the request.
pub(super) fn caller(call: &Call) -> Result<Caller, BeGatewayError> {
    let Some(basic) = basic_auth::parse(&call.headers) else {
        let reason = match call.header("authorization") {
            None => "there is no Authorization header",
            Some(_) => "the Authorization header is not Basic with base64 of `shop id:secret key`",
        };
        return Err(BeGatewayError::Unauthorized { reason: reason.to_owned() });
    };
    let of_shop = |it: &(_, &Credential)| it.1.get("shop_id") == Some(&basic.user);
    let mut is_known = false;
    for (merchant, credential) in call.scenario().credentials("begateway").filter(of_shop) {
        is_known = true;
        let key = credential.get("secret_key").map_or("", String::as_str);
        if digest::same(key.as_bytes(), basic.password.as_bytes()) {
            let view = call.view(merchant.id).ok_or(BeGatewayError::Internal)?;
            return Ok(Caller { view, shop_id: basic.user });
        }
    }
    let reason = match is_known {
        true => format!("the secret key of shop `{}` is another one", basic.user),
        false => format!("no shop has the id `{}`", basic.user),
    };
    Err(BeGatewayError::Unauthorized { reason })
}
