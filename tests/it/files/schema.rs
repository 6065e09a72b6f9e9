//! The JSON Schema for editors: the built-in scenarios fit it, and mistakes do not.

use std::process::Command;

use sandtill::sandbox::scenario::BUILT_IN;
use serde_json::Value;

fn schema() -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_sandtill"))
        .args(["scenarios", "schema"])
        .env_clear()
        .output()
        .unwrap();
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A TOML text as the JSON that an editor holds against the schema.
fn json(text: &str) -> Value {
    serde_json::to_value(toml::from_str::<toml::Table>(text).unwrap()).unwrap()
}

#[test]
fn the_built_in_scenarios_fit_the_schema() {
    let schema = schema();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    let validator = jsonschema::validator_for(&schema).unwrap();
    for built_in in BUILT_IN {
        let errors: Vec<String> =
            validator.iter_errors(&json(built_in.text)).map(|it| it.to_string()).collect();
        assert!(errors.is_empty(), "{}: {errors:?}", built_in.name);
    }
}

#[test]
fn what_a_file_may_say_fits_the_schema() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    for good in [
        "[clock]\nnow = \"2026-02-28T12:00:00+02:00\"\n",
        "[reporting.flitt]\nlag = \"1h 30m\"\ndaily = \"06:00 Europe/London\"\nmissing = [\"2026-03-30\"]\n",
        "quirks = \"observed\"\n",
        "[settings.flitt]\ntoken_life = \"3602s\"\n",
    ] {
        let errors: Vec<String> =
            validator.iter_errors(&json(good)).map(|it| it.to_string()).collect();
        assert!(errors.is_empty(), "{good}: {errors:?}");
        assert!(super::mistakes(good).is_empty(), "{good}");
    }
}

#[test]
fn mistakes_do_not_fit_the_schema() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    for wrong in [
        "dayz = 3\n",
        "days = 0\n",
        "[merchant]\nname = \"a\"\n",
        "[[merchant]]\n",
        "[[merchant]]\nname = \"a\"\n[[merchant.credentials.flit]]\n",
        "[[merchant]]\nname = \"a\"\n[[merchant.credentials.flitt]]\napplication = \"1\"\n",
        "[[merchant]]\nname = \"a\"\ntrade.currencies = { EURO = 1 }\n",
        "[[merchant]]\nname = \"a\"\ntrade.declined = 1001\n",
        "[[transaction]]\nmerchant = \"a\"\namount = -1\n",
        "[[transaction]]\nmerchant = \"a\"\namount = 1\nkind = \"paiment\"\n",
        "[reporting.flit]\n",
        "[reporting.flitt]\nlagg = \"1h\"\n",
        "[settings.payfort]\nreport_redy = \"2s\"\n",
        "quirks = [\"flitt.wide-754\"]\n",
        "[[fault]]\nfault = { kind = \"resett\" }\n",
        "[[fault]]\nprovider = \"flit\"\nfault = { kind = \"reset\" }\n",
    ] {
        assert!(!validator.is_valid(&json(wrong)), "{wrong}");
    }
}
