//! The frame of every page: navigation, clock, heading.

use maud::{DOCTYPE, Markup, html};
use serde_json::Value;

use super::page::Head;
use super::pieces::{Chip, Instant};
use super::values::Members;
use super::{VIEWS, View};

/// What the frame shows of the space.
pub(super) struct Frame<'a> {
    pub(super) prefix: String,
    pub(super) space: String,
    pub(super) health: &'a Value,
    pub(super) clock: &'a Value,
    /// The number of the newest change that the page shows.
    pub(super) since: i64,
}

fn head(prefix: &str, title: &str) -> Markup {
    html! {
        head {
            meta charset="utf-8";
            meta name="viewport" content="width=device-width, initial-scale=1";
            meta name="color-scheme" content="light dark";
            title { (title) " · Sandtill" }
            link rel="icon" type="image/svg+xml" href={ (prefix) "/_admin/ui/icon.svg" };
            link rel="stylesheet" href={ (prefix) "/_admin/ui/app.css" };
            script src={ (prefix) "/_admin/ui/app.js" } defer {}
        }
    }
}

fn navigation(prefix: &str, current: Option<&View>) -> Markup {
    html! {
        nav aria-label="Views" {
            ul {
                @for view in VIEWS {
                    @let here = current.is_some_and(|it| it.path == view.path);
                    li {
                        a href={ (prefix) "/_admin/ui/" (view.path) }
                            aria-current=[here.then_some("page")] { (view.title) }
                    }
                }
            }
        }
    }
}

fn brand(prefix: &str) -> Markup {
    html! {
        a.brand href={ (prefix) "/_admin/ui/" } {
            img src={ (prefix) "/_admin/ui/icon.svg" } alt="" width="22" height="22";
            span { "Sandtill" }
        }
    }
}

/// A whole page.
pub(super) fn page(frame: &Frame<'_>, title: Head<'_>, content: &Markup) -> Markup {
    let prefix = frame.prefix.as_str();
    let mode = frame.clock.text("mode");
    let space = if frame.space.is_empty() { "default space" } else { &frame.space };
    html! {
        (DOCTYPE)
        html lang="en" {
            (head(prefix, title.title))
            body {
                a.skip href="#main" { "Skip to content" }
                header.side {
                    (brand(prefix))
                    div.where {
                        a.space href={ (prefix) "/_admin/ui/spaces" } { (space) }
                        a.now #now data-mode=(mode) href={ (prefix) "/_admin/ui/clock" } {
                            (Instant(frame.clock.text("now"))) " " (Chip(mode))
                        }
                    }
                    (navigation(prefix, Some(title.view)))
                    div.about {
                        span { (frame.health.text("scenario")) ", seed " (frame.health.whole("seed")) }
                        span { "Sandtill " (frame.health.text("version")) }
                        span.keyed { kbd { "?" } " keys" }
                    }
                }
                main #main tabindex="-1" data-since=(frame.since)
                    data-topics=(title.view.topics) data-changes={ (prefix) "/_admin/changes" } {
                    h1 { (title.title) }
                    (content)
                }
                p.hidden #news aria-live="polite" {}
                (keys())
            }
        }
    }
}

/// A page without the state of a space, for who is not let in and for what went wrong.
pub(super) fn bare(prefix: &str, title: &str, content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            (head(prefix, title))
            body {
                a.skip href="#main" { "Skip to content" }
                header.side { (brand(prefix)) (navigation(prefix, None)) }
                main #main tabindex="-1" { h1 { (title) } (content) }
            }
        }
    }
}

/// The keys that `app.js` adds.
fn keys() -> Markup {
    let keys = [
        ("j, k", "next and previous row or entry"),
        ("Enter", "open the row"),
        ("/", "to the filter"),
        ("g then j, l, c, f, s", "journal, ledger, clock, faults, start"),
        ("Esc", "back to the list"),
        ("?", "these keys"),
    ];
    html! {
        dialog #keys aria-labelledby="keys-title" {
            h2 #keys-title { "Keys" }
            dl.pairs {
                @for (key, does) in keys { dt { kbd { (key) } } dd { (does) } }
            }
            form method="dialog" { button { "Close" } }
        }
    }
}
