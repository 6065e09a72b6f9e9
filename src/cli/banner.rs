//! The text that `serve` prints at start: providers, credentials, and one working command per provider.

use std::fmt::Write;

use crate::providers;
use crate::sandbox::space::Moment;

/// The text after the ready line: scenario, seed, time, and all providers.
pub(super) fn banner(moment: &Moment, url: &str) -> String {
    let scenario = moment.scenario();
    let mut text = format!(
        "\nscenario {}, seed {}, sandbox time {}\n",
        scenario.name,
        scenario.seed,
        moment.now.strftime("%Y-%m-%dT%H:%M:%SZ")
    );
    for provider in providers::ALL {
        let holders = scenario
            .merchants()
            .filter_map(|merchant| Some((&merchant.name, merchant.credential(provider.slug)?)));
        let _ = writeln!(text, "\n{}", provider.name);
        for (name, credential) in holders {
            let fields: Vec<String> =
                credential.iter().map(|(name, value)| format!("{name}={value}")).collect();
            let _ = writeln!(text, "  {name:<12} {}", fields.join("  "));
        }
        if let Some(example) = (provider.examples)(moment, url).first() {
            let _ = writeln!(text, "\n{}", example.command);
        }
    }
    let _ = write!(
        text,
        "\nthe page   {url}/_admin/ui/\nadmin API  {url}/_admin/health   why was a request refused?  {url}/_admin/journal\n\
         another world for a parallel test: put /@any-name in front of any path. Ctrl-C stops."
    );
    text
}
