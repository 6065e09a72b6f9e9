//! Every value of every credential of a scenario, to recognize one that came in the wrong place.

use super::Secret;
use crate::sandbox::scenario::Scenario;

/// Values of credentials that a diagnosis looks at, at most.
const MAX_KNOWN: usize = 1000;

/// A value of a credential, and whose it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known<'a> {
    /// The slug of the provider.
    pub provider: &'a str,
    /// The name of the merchant.
    pub merchant: &'a str,
    /// The name of the field.
    pub field: &'a str,
    /// The value; it can be a secret.
    pub value: &'a str,
}

/// The first [`MAX_KNOWN`] values, in the order of the scenario.
pub fn all(scenario: &Scenario) -> impl Iterator<Item = Known<'_>> {
    let values = scenario.merchants().flat_map(|merchant| {
        merchant.credentials.iter().flat_map(move |(provider, credentials)| {
            credentials.iter().flatten().map(move |(field, value)| Known {
                provider,
                merchant: &merchant.name,
                field,
                value,
            })
        })
    });
    values.filter(|known| !known.value.is_empty()).take(MAX_KNOWN)
}

impl<'a> Known<'a> {
    /// What it is, seen from this provider: `the secret key of merchant shop at beGateway`.
    #[must_use]
    pub fn says(self, provider: &str) -> String {
        let Known { field, merchant, .. } = self;
        let field = field.replace('_', " ");
        match self.provider == provider {
            true => format!("the {field} of merchant `{merchant}`"),
            false => format!("the {field} of merchant `{merchant}` at {}", self.provider),
        }
    }

    /// The value as a secret.
    #[must_use]
    pub fn secret(self, provider: &str) -> Secret<'a> {
        let name = match self.provider == provider {
            true => format!("{} of {}", self.field.replace('_', " "), self.merchant),
            false => format!("{} of {} at {}", self.field, self.merchant, self.provider),
        };
        Secret::new(&name, self.says(provider), self.value)
    }
}
