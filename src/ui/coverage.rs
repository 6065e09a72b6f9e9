//! Coverage: the hard things of this trade that the answers of this space have contained, and the others.

use maud::{Markup, html};

use super::COVERAGE;
use super::page::{Page, Paths, Template, once};
use super::pieces::Coloured;
use super::values::Members;
use crate::admin::Document;

pub(super) const TEMPLATE: Template = Template { view: &COVERAGE, requests, title: None, content };

fn requests(_: &Page, answers: &[Document]) -> Paths {
    once(answers, &["/_admin/coverage"])
}

fn content(page: &Page, answers: &[Document]) -> Markup {
    let [found] = answers else { return html! {} };
    let things = found.list("coverage");
    html! {
        p.lead {
            "Your client has met " strong { (found.whole("met")) } " of " (things.len()) " things that importers get \
             wrong. What it never met, no test of yours has proved."
        }
        div.wide tabindex="0" role="region" aria-label="Hard things" {
            table.rows {
                thead { tr { th scope="col" { "Thing" } th scope="col" { "Met" } th scope="col" { "First in" } } }
                tbody {
                    @for thing in things {
                        tr id={ "thing-" (thing.text("id")) } {
                            td { (thing.text("text")) span.reason { (thing.text("id")) } }
                            td { @if thing.is("met") { (Coloured("settled", "met")) } @else { (Coloured("plain", "never")) } }
                            td {
                                @if let Some(entry) = thing.optional("entry") {
                                    (page.anchor("row", format_args!("journal/{entry}"), format_args!("entry {entry}")))
                                }
                            }
                        }
                    }
                }
            }
        }
        p.links { a href={ (page.api("coverage")) "?format=junit" } download="coverage.xml" { "JUnit" } }
    }
}
