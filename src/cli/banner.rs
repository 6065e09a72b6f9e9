//! The text that `serve` prints at start: a line a provider, and where to go from there. It fits on a screen
//! of 24 lines and 100 columns.

use std::fmt::Write;

use crate::providers::{self, Provider};
use crate::sandbox::scenario::Scenario;
use crate::sandbox::space::Moment;

/// The width of a terminal for which the text is made, in characters.
const WIDTH: usize = 100;

/// The text after the ready line: scenario, seed, time, and all providers.
pub(super) fn banner(moment: &Moment, url: &str) -> String {
    let scenario = moment.scenario();
    let now = moment.now.strftime("%Y-%m-%dT%H:%M:%SZ");
    let name = cut(&scenario.name, 40);
    let mut text = format!("\nscenario {name}, seed {}, sandbox time {now}\n\n", scenario.seed);
    let addresses: Vec<String> = providers::ALL.iter().map(|it| address(it, url)).collect();
    let width = addresses.iter().map(String::len).max().unwrap_or(0);
    for (provider, address) in providers::ALL.iter().zip(&addresses) {
        let (name, holders) = (short(provider.name), holders(provider, scenario));
        let _ =
            writeln!(text, "{}", cut(&format!("{name:<9}  {address:<width$}  {holders}"), WIDTH));
    }
    let slug = providers::ALL.first().map_or("", |provider| provider.slug);
    let rows = [
        ("the page", format!("{url}/_admin/ui/")),
        ("credentials", format!("curl {url}/_admin/credentials")),
        ("a request that works", format!("sandtill curl {slug} | sh")),
        ("why was it refused?", "sandtill journal --follow".to_owned()),
        ("let time pass", "sandtill advance 36h".to_owned()),
    ];
    text.push('\n');
    let server = server_argument(url);
    for (label, how) in rows {
        let how = if how.starts_with("sandtill ") { with_server(&how, &server) } else { how };
        let _ = writeln!(text, "{}", cut(&format!("{label:<21} {how}"), WIDTH));
    }
    text.push_str(
        "\nAnother world for a parallel test: put /@any-name in front of any path. Ctrl-C stops.",
    );
    text
}

/// What a command needs to find this server; nothing at the default address.
fn server_argument(url: &str) -> String {
    let default = format!("http://{}", super::serve::LISTEN);
    if url == default { String::new() } else { format!(" --url {url}") }
}

/// A command with the argument behind its words and in front of a pipe.
fn with_server(command: &str, server: &str) -> String {
    match command.split_once(" |") {
        Some((command, rest)) => format!("{command}{server} |{rest}"),
        None => format!("{command}{server}"),
    }
}

/// The address of the first path of a provider.
fn address(provider: &Provider, url: &str) -> String {
    let path = provider.paths.first().map_or("", |path| path.split('{').next().unwrap_or(path));
    format!("{url}{path}")
}

/// The merchants that have credentials at a provider.
fn holders(provider: &Provider, scenario: &Scenario) -> String {
    let names: Vec<&str> = scenario
        .merchants()
        .filter(|merchant| merchant.credential(provider.slug).is_some())
        .map(|merchant| merchant.name.as_str())
        .collect();
    match names.as_slice() {
        [] => "no merchant".to_owned(),
        [one] => format!("merchant {one}"),
        [first, second] => format!("merchants {first}, {second}"),
        [first, second, rest @ ..] => {
            format!("merchants {first}, {second} and {} more", rest.len())
        }
    }
}

/// The first word of a name: `PayFort` of `PayFort / Amazon Payment Services`.
fn short(name: &str) -> &str {
    name.split(' ').next().unwrap_or(name)
}

/// The text, cut to so many characters.
fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}
