//! Plots as SVG, drawn on the server with whole numbers, each with its table behind it.

use std::fmt::Write;

use jiff::Timestamp;
use maud::{Markup, PreEscaped, html};

/// A series of a plot: its name, the class of its colour, and a value for each label.
pub(super) struct Series {
    pub(super) name: String,
    pub(super) tone: &'static str,
    pub(super) values: Vec<i64>,
}

/// Stacked bars over labels.
pub(super) struct Bars<'a> {
    pub(super) title: &'a str,
    /// The heading of the labels in the table.
    pub(super) axis: &'a str,
    pub(super) labels: Vec<String>,
    pub(super) series: Vec<Series>,
    /// How a value is written.
    pub(super) format: &'a dyn Fn(i64) -> String,
}

/// Width and height of the drawing, in its own units.
const WIDTH: i64 = 600;
const HEIGHT: i64 = 96;

/// A plot with its table.
pub(super) fn bars(plot: &Bars<'_>) -> Markup {
    let names = plot.series.iter().map(|it| it.name.as_str()).collect::<Vec<_>>().join(", ");
    let value = |series: &Series, index: usize| series.values.get(index).copied().unwrap_or(0);
    html! {
        figure.plot {
            figcaption {
                span { (plot.title) }
                ul.legend {
                    @for series in &plot.series { li class=(series.tone) { (&series.name) } }
                }
            }
            svg.bars viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } preserveAspectRatio="none" role="img"
                aria-label={ (plot.title) ": " (names) "; the table below has the values" } {
                (PreEscaped(drawing(plot)))
            }
            div.scale aria-hidden="true" {
                span { (plot.labels.first().map_or("", String::as_str)) }
                span { (plot.labels.last().map_or("", String::as_str)) }
            }
            details {
                summary { "Table" }
                div.wide tabindex="0" role="region" aria-label={ (plot.title) ", table" } {
                    table {
                        thead {
                            tr {
                                th scope="col" { (plot.axis) }
                                @for series in &plot.series { th.right scope="col" { (&series.name) } }
                            }
                        }
                        tbody {
                            @for (index, label) in plot.labels.iter().enumerate() {
                                tr {
                                    th scope="row" { (label) }
                                    @for series in &plot.series {
                                        td.right { ((plot.format)(value(series, index))) }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The shapes of a plot. They have no text, and their classes are ours.
fn drawing(plot: &Bars<'_>) -> String {
    let mut svg = String::new();
    let count = i64::try_from(plot.labels.len()).unwrap_or(0).max(1);
    let total = |index: usize| -> i64 {
        let values = plot.series.iter().filter_map(|it| it.values.get(index));
        values.fold(0, |sum, value| sum.saturating_add(value.saturating_abs()))
    };
    let most = (0..plot.labels.len()).map(total).max().unwrap_or(0).max(1);
    let _ = write!(svg, r#"<line class="axis" x1="0" x2="{WIDTH}" y1="{HEIGHT}" y2="{HEIGHT}"/>"#);
    let gap = if count > 100 { 0 } else { 2 };
    for (position, index) in (0_i64..).zip(0..plot.labels.len()) {
        let (x, end) = (WIDTH * position / count, WIDTH * (position + 1) / count);
        let mut bottom = HEIGHT;
        for series in &plot.series {
            let value = series.values.get(index).copied().unwrap_or(0).saturating_abs();
            let height = scaled(value, most);
            if height == 0 {
                continue;
            }
            bottom -= height;
            let _ = write!(
                svg,
                r#"<rect class="{}" x="{x}" y="{bottom}" width="{}" height="{height}"/>"#,
                series.tone,
                (end - x - gap).max(1),
            );
        }
    }
    svg
}

/// The height of a value; one that is not zero is seen.
fn scaled(value: i64, most: i64) -> i64 {
    let wide = i128::from(value) * i128::from(HEIGHT - 4) / i128::from(most.max(1));
    let height = i64::try_from(wide).unwrap_or(HEIGHT);
    if value > 0 { height.max(2) } else { 0 }
}

/// A point of a life line.
pub(super) struct Point {
    pub(super) at: Timestamp,
    pub(super) name: String,
    pub(super) tone: &'static str,
    /// Whether it is still to come.
    pub(super) is_future: bool,
}

/// Room of a point on a life line, in units of the drawing.
const STEP: i64 = 120;

/// A life line: the points in their order with equal room, and where the clock stands among them.
pub(super) fn life(points: &[Point]) -> Markup {
    let count = i64::try_from(points.len()).unwrap_or(0).max(1);
    let width = STEP * count;
    let mut svg = String::new();
    let (left, right) = (STEP / 2, width - STEP / 2);
    let _ = write!(svg, r#"<line class="axis" x1="{left}" x2="{right}" y1="46" y2="46"/>"#);
    let past = points.iter().filter(|it| !it.is_future).count();
    let now = STEP * i64::try_from(past).unwrap_or(0);
    let (now, anchor) = match now {
        0 => (2, "start"),
        _ if now >= width => (width - 2, "end"),
        _ => (now, "middle"),
    };
    let _ = write!(svg, r#"<line class="now" x1="{now}" x2="{now}" y1="18" y2="86"/>"#);
    let _ = write!(svg, r#"<text class="at" x="{now}" y="12" text-anchor="{anchor}">now</text>"#);
    for (position, point) in (0_i64..).zip(points) {
        let x = STEP * position + STEP / 2;
        let hollow = if point.is_future { " hollow" } else { "" };
        let name = html! { (&point.name) }.into_string();
        let at = point.at.strftime("%b %-d %H:%M");
        let _ = write!(svg, r#"<circle class="{}{hollow}" cx="{x}" cy="46" r="7"/>"#, point.tone);
        let _ = write!(svg, r#"<text x="{x}" y="72" text-anchor="middle">{name}</text>"#);
        let _ = write!(svg, r#"<text class="at" x="{x}" y="86" text-anchor="middle">{at}</text>"#);
    }
    html! {
        figure.plot.life {
            div.wide.bare tabindex="0" role="region" aria-label="Life line" {
                svg viewBox={ "0 0 " (width) " 92" } width=(width) height="92" role="img"
                    aria-label="The life of this payment on a line; the table below has the instants" {
                    (PreEscaped(svg))
                }
            }
        }
    }
}
