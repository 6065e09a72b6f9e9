//! The hard things that the answers of a space have contained, and those that nobody has met yet.

use axum::http::StatusCode;
use axum::response::Response;
use quick_xml::escape::escape;
use schemars::JsonSchema;
use serde::Serialize;

use super::request::{self, AdminRequest};
use super::spec::{Answer, Parameter, Spec, Values, names, parameter};
use crate::sandbox::facts::Named;
use crate::sandbox::truth::coverage::Hard;
use crate::wire::call::response;
use crate::wire::problem::Problem;

#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::EnumString, strum::VariantNames)]
#[strum(serialize_all = "snake_case")]
enum Format {
    Json,
    Junit,
}

const PARAMETERS: &[Parameter] = &[parameter("format", Values::OneOf(names::<Format>))];

pub(super) const COVERAGE: Spec = Spec {
    query: PARAMETERS,
    answers: &[Answer::json::<CoverageView>(200), Answer::text("application/xml")],
    ..Spec::PLAIN
};

/// The hard things of this trade.
#[derive(Debug, JsonSchema, Serialize)]
#[schemars(rename = "Coverage")]
struct CoverageView {
    coverage: Vec<HardView>,
    /// How many were met since the last reset.
    met: usize,
}

/// Something that importers get wrong.
#[derive(Debug, JsonSchema, Serialize)]
#[schemars(rename = "HardThing")]
struct HardView {
    #[schemars(extend("enum" = names::<Hard>()))]
    id: &'static str,
    text: &'static str,
    /// Whether an answer or a notification has contained it.
    met: bool,
    /// The first journal entry whose answer contained it; `null` if none did.
    entry: Option<u64>,
}

pub(super) async fn coverage(request: AdminRequest) -> Result<Response, Problem> {
    let query = request.query(PARAMETERS)?;
    let list = request.space.coverage.list().into_iter();
    let view = |(hard, met, entry): (Hard, bool, Option<u64>)| HardView {
        id: hard.name(),
        text: hard.text(),
        met,
        entry,
    };
    let coverage: Vec<HardView> = list.map(view).collect();
    let met = coverage.iter().filter(|it| it.met).count();
    let coverage = CoverageView { coverage, met };
    Ok(match query.one_of::<Format>("format")? {
        Some(Format::Junit) => response(StatusCode::OK, "application/xml", junit(&coverage)),
        Some(Format::Json) | None => request::json(&coverage),
    })
}

/// A test case for each thing; one that was never met is skipped, because it proves nothing.
fn junit(coverage: &CoverageView) -> String {
    let all = coverage.coverage.len();
    let skipped = all - coverage.met;
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites tests=\"{all}\" failures=\"0\">\n\
         <testsuite name=\"coverage\" tests=\"{all}\" failures=\"0\" errors=\"0\" skipped=\"{skipped}\">\n"
    );
    for it in &coverage.coverage {
        let text = escape(it.text);
        let case = format!("<testcase classname=\"sandtill.coverage\" name=\"{}: {text}\"", it.id);
        xml.push_str(&case);
        xml.push_str(&match (it.met, it.entry) {
            (true, Some(entry)) => {
                format!("><system-out>journal entry {entry}</system-out></testcase>\n")
            }
            (true, None) => "/>\n".to_owned(),
            (false, _) => "><skipped message=\"never met\"/></testcase>\n".to_owned(),
        });
    }
    xml.push_str("</testsuite>\n</testsuites>\n");
    xml
}
