//! Coverage: the hard things of this trade that the answers of this space have contained, and the others.

use axum::response::Response;
use maud::html;
use serde_json::Value;

use super::COVERAGE;
use super::page::{Head, Page};
use super::pieces::chip;
use super::values::Members;
use crate::wire::problem::Problem;

pub(super) async fn show(page: Page) -> Result<Response, Problem> {
    let found = page.inside.get("/_admin/coverage").await?;
    let things = found.list("coverage");
    let content = html! {
        p.lead {
            "Your client has met " strong { (found.number("met")) } " of " (things.len()) " things that importers get \
             wrong. What it never met, no test of yours has proved."
        }
        div.wide tabindex="0" role="region" aria-label="Hard things" {
            table.rows {
                thead { tr { th scope="col" { "Thing" } th scope="col" { "Met" } th scope="col" { "First in" } } }
                tbody {
                    @for thing in things {
                        tr id={ "thing-" (thing.text("id")) } {
                            td { (thing.text("text")) span.reason { (thing.text("id")) } }
                            td { @if thing.is("met") { (chip("settled", "met")) } @else { (chip("plain", "never")) } }
                            td {
                                @if let Some(entry) = thing.get("entry").and_then(Value::as_i64) {
                                    a.row href=(page.link(&format!("journal/{entry}"))) { "entry " (entry) }
                                }
                            }
                        }
                    }
                }
            }
        }
        p.links { a href={ (page.api("coverage")) "?format=junit" } download="coverage.xml" { "JUnit" } }
    };
    page.render(Head { view: &COVERAGE, title: "Coverage" }, content).await
}
