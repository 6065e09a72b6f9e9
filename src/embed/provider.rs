//! What a client of one provider needs: where it is, and as whom to ask.

use std::collections::BTreeMap;

use axum::http::Method;
use serde_json::Value;

use super::calls::Error;
use super::space::Space;
use crate::providers;
use crate::sandbox::scenario::suggestion;

/// One of the five providers in a space, with the credentials of one merchant.
///
/// ```
/// # let sandtill = sandtill::Sandtill::start(sandtill::Options::default())?;
/// let begateway = sandtill.provider("begateway")?;
/// assert_eq!(begateway.url, sandtill.url());
/// assert_eq!(begateway.credentials["shop_id"], "1");
/// assert_eq!(begateway.of_merchant("everywhere")?.credentials["shop_id"], "2");
/// # Ok::<(), sandtill::Error>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Provider {
    /// The short name, such as `begateway`.
    pub name: String,
    /// The base URL for a client of this provider, without a slash at the end.
    pub url: String,
    /// The merchant whose credentials these are.
    pub merchant: String,
    /// The credentials by the names that `docs/credentials.md` gives them.
    pub credentials: BTreeMap<String, String>,
    /// The credentials of all merchants.
    all: Vec<BTreeMap<String, String>>,
}

impl Provider {
    /// The provider with the credentials of its home merchant: the first that the scenario has.
    pub(super) fn of(space: &Space, name: &str) -> Result<Self, Error> {
        let mut all: BTreeMap<String, Value> =
            space.calls().call(Method::GET, "/credentials", &Value::Null)?;
        let Some(found) = all.remove(name) else {
            let near = suggestion(name, providers::ALL.iter().map(|it| it.slug));
            return Err(Error::Invalid(format!("unknown provider `{name}`{near}")));
        };
        let all: Vec<BTreeMap<String, String>> = serde_json::from_value(found)
            .map_err(|err| Error::Invalid(format!("the credentials have another shape: {err}")))?;
        let Some(home) = all.first() else {
            let text = format!("the scenario in force has no merchant at {name}");
            return Err(Error::Invalid(text));
        };
        let (merchant, credentials) = split(home);
        Ok(Self { name: name.to_owned(), url: space.url().to_owned(), merchant, credentials, all })
    }

    /// The same provider with the credentials of another merchant.
    ///
    /// # Errors
    ///
    /// If the merchant does not sell through this provider; the text names those who do.
    pub fn of_merchant(&self, merchant: &str) -> Result<Self, Error> {
        let is = |it: &&BTreeMap<String, String>| it.get(MERCHANT).is_some_and(|it| it == merchant);
        if let Some(found) = self.all.iter().find(is) {
            let (merchant, credentials) = split(found);
            return Ok(Self { merchant, credentials, ..self.clone() });
        }
        let mut names: Vec<&str> =
            self.all.iter().filter_map(|it| it.get(MERCHANT)).map(String::as_str).collect();
        names.dedup();
        Err(Error::Invalid(format!(
            "merchant `{merchant}` does not sell through {}; there are {}",
            self.name,
            names.join(", ")
        )))
    }
}

/// The member that says whose credentials they are.
const MERCHANT: &str = "merchant";

/// The name of the merchant, and the credentials without it.
fn split(credentials: &BTreeMap<String, String>) -> (String, BTreeMap<String, String>) {
    let mut credentials = credentials.clone();
    let merchant = credentials.remove(MERCHANT).unwrap_or_default();
    (merchant, credentials)
}
