//! How to ask every provider the same neutral question, and how to read its answer: a file each.
//!
//! They speak the vendors' dialects by themselves: nothing here comes from the providers' own code.

pub(crate) mod begateway;
pub(crate) mod epicpay;
pub(crate) mod flitt;
pub(crate) mod payfort;
pub(crate) mod wepay;

use jiff::civil::Date;

use crate::support::Server;

/// Every row of a merchant of some days.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ReportQuery<'a> {
    /// Its name in the scenario.
    pub(crate) merchant: &'a str,
    /// The first of the days, UTC.
    pub(crate) first: Date,
    /// The last of them, included whole.
    pub(crate) last: Date,
    /// Rows on a page, where the provider has pages. beGateway's are a setting of the scenario.
    pub(crate) size: i64,
}

/// A row as a provider tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ReportedRow {
    /// The provider's name for it, unique in the answer.
    pub(crate) id: String,
    /// What the ledger says of it as well.
    pub(crate) fact: String,
}

/// The rows that a provider answers with, in its order, page by page where it has pages. `between` is
/// told how many pages there have been whenever another one follows.
pub(crate) async fn rows(
    server: &Server,
    slug: &str,
    query: ReportQuery<'_>,
    between: &mut impl AsyncFnMut(usize),
) -> Vec<ReportedRow> {
    match slug {
        "payfort" => payfort::reported_rows(server, query).await,
        "flitt" => flitt::reported_rows(server, query, between).await,
        "begateway" => begateway::reported_rows(server, query, between).await,
        "epicpay" => epicpay::reported_rows(server, query).await,
        "wepay" => wepay::reported_rows(server, query).await,
        other => panic!("write a driver for {other}"),
    }
}

/// A field of a merchant's first credentials at a provider.
pub(crate) fn credential(server: &Server, slug: &str, merchant: &str, field: &str) -> String {
    let world = server.space().world();
    let merchant = world.scenario.merchant(merchant).unwrap();
    merchant.credential_field(slug, field).unwrap().to_owned()
}

/// `Basic` of two fields of a merchant's credentials.
fn basic(server: &Server, slug: &str, merchant: &str, fields: [&str; 2]) -> String {
    use base64::Engine;
    let [user, password] = fields.map(|field| credential(server, slug, merchant, field));
    let encoded = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"));
    format!("Basic {encoded}")
}
