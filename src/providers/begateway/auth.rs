//! Who is asking: HTTP Basic, shop id and secret key.

use super::error::BeGatewayError;
use crate::sandbox::digest;
use crate::sandbox::ledger::View;
use crate::wire::basic_auth;
use crate::wire::call::Call;

/// A shop that has proved who it is, with its rows as they are now.
#[derive(Debug)]
pub(super) struct Shop {
    pub(super) view: View,
}

/// The shop whose id and key the request carries.
pub(super) fn shop(call: &Call) -> Result<Shop, BeGatewayError> {
    let Some(basic) = basic_auth::parse(&call.headers) else {
        let reason = match call.header("authorization") {
            None => "there is no Authorization header",
            Some(_) => "the Authorization header is not Basic with base64 of `shop id:secret key`",
        };
        return Err(BeGatewayError::Unauthorized { reason: reason.to_owned() });
    };
    let scenario = &call.sandbox.scenario;
    let known = scenario
        .merchant_with("begateway", |credential| credential.get("shop_id") == Some(&basic.user));
    let Some(merchant) = known else {
        let reason = format!("no shop has the id `{}`", basic.user);
        return Err(BeGatewayError::Unauthorized { reason });
    };
    let key = merchant.credential_field("begateway", "secret_key").unwrap_or("");
    if !digest::same(key.as_bytes(), basic.password.as_bytes()) {
        let reason = format!("the secret key of shop `{}` is another one", basic.user);
        return Err(BeGatewayError::Unauthorized { reason });
    }
    let view = call.sandbox.view(merchant.id).ok_or(BeGatewayError::Internal)?;
    Ok(Shop { view })
}
