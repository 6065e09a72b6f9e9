//! Reads the rows of a merchant and some days from each provider; one file per provider.
//!
//! The drivers implement the vendors' dialects on their own and use no code of the providers.

pub(crate) mod begateway;
pub(crate) mod epicpay;
pub(crate) mod flitt;
pub(crate) mod payfort;
pub(crate) mod wepay;

use jiff::civil::Date;

use crate::support::Server;

/// A query for all rows of a merchant that were created on some days.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ReportQuery<'a> {
    /// The merchant's name in the scenario.
    pub(crate) merchant: &'a str,
    /// The first day, UTC.
    pub(crate) first: Date,
    /// The last day, UTC, included.
    pub(crate) last: Date,
    /// Rows per page at providers with pages. beGateway has a setting in the scenario instead.
    pub(crate) size: i64,
}

/// A row of a provider's report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ReportedRow {
    /// The provider's id of the row, unique in the response.
    pub(crate) id: String,
    /// Values of the row that the ledger has as well.
    pub(crate) fact: String,
}

/// The rows of a provider's report in its order, page by page where it has pages. Calls `between`
/// with the number of pages read so far before it reads another page.
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

/// The `Basic` authorization of two fields of a merchant's credentials.
pub(crate) fn basic(server: &Server, slug: &str, merchant: &str, fields: [&str; 2]) -> String {
    use base64::Engine;
    let [user, password] = fields.map(|field| credential(server, slug, merchant, field));
    let encoded = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"));
    format!("Basic {encoded}")
}
