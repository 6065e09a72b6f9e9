//! Spaces: the worlds of the server, to open, make, fork and drop, and snapshots of this one.

use axum::http::Method;
use maud::{Markup, html};
use serde_json::{Map, Value};

use super::SPACES;
use super::form::{Call, Form, Next, nothing, unknown_action};
use super::page::{Page, Paths, Template, once};
use super::pieces::{Button, Chip, Choice, Field, Instant, size};
use super::values::{Members, segment, texts};
use crate::admin::Document;
use crate::wire::problem::Problem;

/// Spaces on a page.
const LIMIT: usize = 200;

pub(super) const TEMPLATE: Template = Template { view: &SPACES, requests, title: None, content };

fn requests(page: &Page, answers: &[Document]) -> Paths {
    let after = page.query.query(&["after"]);
    let sign = if after.is_empty() { "?" } else { "&" };
    let spaces = format!("/_admin/spaces{after}{sign}limit={LIMIT}");
    once(answers, &[&spaces, "/_admin/scenarios"])
}

fn content(page: &Page, answers: &[Document]) -> Markup {
    let [found, scenarios] = answers else { return html! {} };
    html! {
        p.lead {
            "A space is a world of its own: put " code { "/@name" } " in front of any path, and its clock, journal, \
             faults and added payments are its own."
        }
        (table(page, found.list("spaces")))
        @if !found.text("next").is_empty() {
            p.links { (page.anchor("", format_args!("spaces?after={}", segment(found.text("next"))), format_args!("More"))) }
        }
        section.card aria-labelledby="new" {
            h2 #new { "Make a space" }
            form.line method="post" action=(page.link("spaces")) {
                input type="hidden" name="do" value="make";
                (Field("name", "Name", "", "my-test"))
                (Choice(("scenario", "Scenario"), "that of the server", &texts(scenarios.list("scenarios"), "name"), ""))
                button.primary type="submit" { "Make" }
            }
        }
        section.card aria-labelledby="fork" {
            h2 #fork { "Fork this space" }
            form.line method="post" action=(page.link("spaces")) {
                input type="hidden" name="do" value="fork";
                (Field("copy", "Name of the copy", "", "my-fork"))
                (Field("behind", "Behind event", "", "the last one"))
                button type="submit" { "Fork" }
            }
            p { "The copy goes on by itself; this space stays as it is. The history numbers the events." }
        }
        (snapshots(page))
    }
}

fn table(page: &Page, spaces: &[Value]) -> Markup {
    html! {
        div.wide tabindex="0" role="region" aria-label="Spaces" {
            table.rows {
                thead {
                    tr {
                        th scope="col" { "Space" } th scope="col" { "Scenario" } th scope="col" { "Clock" }
                        th.right scope="col" { "Journal" } th.right scope="col" { "Added rows" }
                        th.right scope="col" { "Size" } th.right scope="col" { "Unused for" } th scope="col" { "Drop" }
                    }
                }
                tbody {
                    @for space in spaces {
                        @let name = space.text("name");
                        tr id={ "space-" (name) } aria-current=[(name == page.inside.space()).then_some("true")] {
                            td {
                                a.row href={ (space.text("prefix")) "/_admin/ui/" } {
                                    @if name.is_empty() { "default space" } @else { (name) }
                                }
                            }
                            td { (space.text("scenario")) ", seed " (space.whole("seed")) }
                            td { (Instant(space.text("now"))) " " (Chip(space.text("mode"))) }
                            td.right { (space.whole("journal_entries")) }
                            td.right { (space.whole("added_rows")) }
                            td.right { (size(space.number("bytes"))) }
                            td.right { (space.whole("idle_s")) " s" }
                            td {
                                @if !name.is_empty() {
                                    (Button(page.link("spaces"), "drop", name, format_args!("Drop {name}")))
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn snapshots(page: &Page) -> Markup {
    html! {
        section.card aria-labelledby="snapshot" {
            h2 #snapshot { "Snapshot of this space" }
            p.links { a href=(page.api("snapshot")) download="sandtill-snapshot.json" { "Download" } }
            form method="post" action=(page.link("spaces")) {
                input type="hidden" name="do" value="restore";
                div.field.long {
                    label for="f-file" { "A file with a snapshot" }
                    input #f-file type="file" accept="application/json" data-into="f-snapshot";
                }
                div.field.long {
                    label for="f-snapshot" { "or its text" }
                    textarea #f-snapshot name="snapshot" required spellcheck="false" {}
                }
                button type="submit" { "Restore" }
            }
            form method="post" action=(page.link("spaces")) {
                input type="hidden" name="do" value="reset";
                p { "A reset brings the scenario back as it was loaded; nothing of the past remains." }
                button.danger type="submit" data-ask="Reset this space?" { "Reset this space" }
            }
        }
    }
}

pub(super) const FORM: Form = Form {
    requests: nothing,
    calls,
    refused: None,
    leads_to: |_, _| Next::Page("spaces".to_owned()),
};

fn calls(page: &Page, _: &[Document]) -> Result<Vec<Call>, Problem> {
    let form = &page.form;
    let all = "/_admin/spaces";
    Ok(vec![match form.text("do") {
        "make" => {
            let space = form.object(&["name", "scenario"]);
            Call::json(Method::POST, all, &Value::Object(space))
        }
        "fork" => {
            let mut space = Map::new();
            space.insert("name".to_owned(), form.text("copy").into());
            space.insert("fork".to_owned(), page.inside.space().into());
            if let Some(at) = form.get("behind") {
                let at = at.parse::<u64>().map_or_else(|_| at.into(), Value::from);
                space.insert("at".to_owned(), at);
            }
            Call::json(Method::POST, all, &Value::Object(space))
        }
        "drop" => Call::new(Method::DELETE, &format!("{all}/{}", segment(form.text("id"))), ""),
        "restore" => Call::new(Method::PUT, "/_admin/snapshot", form.text("snapshot")),
        "reset" => Call::new(Method::POST, "/_admin/reset", "{}"),
        _ => return Err(unknown_action(page)),
    }])
}
