//! `docs/emulated.md` says what each operation rests on, and is what the tables of the providers say.

use std::collections::BTreeSet;
use std::fmt::Write;

use sandtill::providers::fidelity::{Fidelity, Level};
use sandtill::providers::{self, Provider};

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/emulated.md");

const HEAD: &str = "# What is emulated\n\n\
    Each operation rests on the vendor's documents, on observation (published clients, recorded answers), or is our \
    choice where nobody says anything. Below each operation: the parts that rest on something else than the operation \
    as a whole. The same stands in [openapi.json](openapi.json) as `x-fidelity` of each operation. Behaviour that was \
    only observed is off by default where it contradicts a document; a [quirk](quirks.md) switches it on. All choices \
    of a provider stand in the README of its folder.\n\n\
    This page is made from `fidelity.rs` of each provider (`UPDATE_EMULATED=1 cargo test --test it emulated`).\n";

/// The page as the tables have it.
fn page() -> String {
    let mut page = HEAD.to_owned();
    for provider in providers::ALL {
        let Provider { name, slug, docs, .. } = provider;
        write!(page, "\n## {name}\n\n<{docs}>, [choices](../src/providers/{slug}/README.md)\n")
            .unwrap();
        for operation in provider.operations {
            let (method, path) = (operation.method, operation.path);
            writeln!(page, "\n### `{}`: {}\n", operation.name, operation.does).unwrap();
            let Fidelity { level, source, parts } = operation.fidelity;
            writeln!(page, "`{method} {path}` · **{}**: {source}", level.word()).unwrap();
            if !parts.is_empty() {
                page.push_str("\n| part | rests on | source |\n|---|---|---|\n");
            }
            for part in parts {
                writeln!(page, "| {} | {} | {} |", part.about, part.level.word(), part.source)
                    .unwrap();
            }
        }
    }
    page
}

#[test]
fn the_page_is_what_the_tables_say() {
    let page = page();
    if std::env::var_os("UPDATE_EMULATED").is_some() {
        std::fs::write(PATH, &page).unwrap();
    }
    let there = std::fs::read_to_string(PATH).unwrap();
    assert!(there == page, "run `UPDATE_EMULATED=1 cargo test --test it emulated`");
}

#[test]
fn what_is_documented_names_a_page_and_every_quirk_is_told() {
    for provider in providers::ALL {
        let mut explained = BTreeSet::new();
        for operation in provider.operations {
            let Fidelity { level, source, parts } = operation.fidelity;
            let name = format!("{} {}", provider.slug, operation.name);
            if level == Level::Documented {
                assert!(source.starts_with("https://"), "{name}: {source}");
            }
            assert!(!source.is_empty(), "{name}");
            let mut abouts = BTreeSet::new();
            for part in parts {
                assert!(abouts.insert(part.about), "{name}: `{}` is there twice", part.about);
                assert!(!part.source.is_empty(), "{name}: {}", part.about);
                assert!(!part.about.contains('|') && !part.source.contains('|'), "{name}");
                let quirks =
                    provider.quirks.iter().map(|it| format!("`{}.{}`", provider.slug, it.name));
                explained.extend(quirks.filter(|quirk| part.about.contains(quirk)));
            }
        }
        assert_eq!(explained.len(), provider.quirks.len(), "{}: {explained:?}", provider.slug);
    }
}
