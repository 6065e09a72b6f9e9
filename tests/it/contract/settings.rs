//! Tests settings with a fixed set of words: reading a scenario with an unknown word fails.

use sandtill::providers;
use sandtill::sandbox::scenario::{Overrides, Scenario, duration};

fn parse(slug: &str, name: &str, value: &str) -> Result<(), String> {
    let text = format!("[[merchant]]\nname = \"m\"\n[settings.{slug}]\n{name} = \"{value}\"\n");
    let parsed = Scenario::parse("test", &text, &providers::vocabulary(), &Overrides::default());
    parsed.map(|_| ()).map_err(|err| {
        assert_eq!(err.mistakes.len(), 1, "{err}");
        let mistake = err.mistakes[0].clone();
        assert_eq!(mistake.line, Some(4), "{err}");
        assert_eq!(mistake.key, format!("settings.{slug}.{name}"));
        mistake.problem
    })
}

#[test]
fn every_word_of_every_provider_is_checked_when_it_is_read() {
    let mut text_settings = Vec::new();
    for dialect in providers::vocabulary().0 {
        for spec in dialect.settings {
            let is_text = spec.default.parse::<i64>().is_err() && duration(spec.default).is_none();
            if is_text {
                text_settings.push(format!("{}.{}", dialect.slug, spec.name));
                assert_eq!(parse(dialect.slug, spec.name, spec.default), Ok(()));
                let refused = parse(dialect.slug, spec.name, "no-such-word").unwrap_err();
                assert!(refused.starts_with(&format!("`{}` must be", spec.name)), "{refused}");
            }
        }
    }
    for known in ["flitt.timezone", "epicpay.chargeback_currency", "wepay.api_version"] {
        assert!(text_settings.iter().any(|it| it == known), "{known} in {text_settings:?}");
    }
}

#[test]
fn a_word_that_is_refused_is_told_with_those_that_are_known() {
    for (slug, name, wrong, expected_text) in [
        ("flitt", "timezone", "Nowhere/Land", "the IANA time zone database"),
        ("epicpay", "chargeback_currency", "lettres", "\"number\" or \"letters\""),
        ("wepay", "api_version", "banana", "2017-05-31"),
        ("wepay", "api_version", "2017-05-32", "2019-04-03"),
        // A version that there was, whose objects no document shows.
        ("wepay", "api_version", "2011-01-15", "2014-01-08"),
    ] {
        let refused = parse(slug, name, wrong).unwrap_err();
        assert!(refused.contains(expected_text), "{wrong}: {refused}");
    }
    for (slug, name, good) in [
        ("flitt", "timezone", "Asia/Tbilisi"),
        ("epicpay", "chargeback_currency", "letters"),
        ("wepay", "api_version", "2019-04-03"),
    ] {
        assert_eq!(parse(slug, name, good), Ok(()));
    }
}
