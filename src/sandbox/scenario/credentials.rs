//! The credentials of merchants in a scenario file: each provider says which fields there are and what they
//! may be.

use std::collections::BTreeMap;

use super::document::Path;
use super::error::suggestion;
use super::format::MerchantFile;
use super::mistakes::Mistakes;
use super::vocabulary::{Dialect, Vocabulary};
use crate::sandbox::merchant::Credential;

/// The merchant that has a value of a unique field, by provider, field and value.
#[derive(Debug, Default)]
pub(super) struct Holders(BTreeMap<(&'static str, &'static str, String), String>);

/// The credentials of a merchant by provider, without those that have a mistake.
pub(super) fn read(
    file: &MerchantFile,
    merchant: &Path,
    vocabulary: &Vocabulary,
    holders: &mut Holders,
    mistakes: &mut Mistakes<'_, '_>,
) -> BTreeMap<String, Vec<Credential>> {
    let mut all = BTreeMap::new();
    for (slug, list) in &file.credentials {
        let path = merchant.key("credentials").key(slug);
        let dialect = match vocabulary.provider(slug) {
            Ok(dialect) => dialect,
            Err(problem) => {
                mistakes.unknown_key(&path, problem);
                continue;
            }
        };
        for (number, credential) in list.iter().enumerate() {
            let path = path.index(number);
            check(dialect, credential, &path, mistakes);
            for (field, problem) in holders.give(&file.name, dialect, credential) {
                mistakes.add(&path.key(field), problem);
            }
        }
        all.insert(slug.clone(), list.clone());
    }
    all
}

fn check(dialect: &Dialect, given: &Credential, path: &Path, mistakes: &mut Mistakes<'_, '_>) {
    let slug = dialect.slug;
    let fields = dialect.credentials;
    let mut meant = Vec::new();
    for (name, value) in given {
        let Some(field) = fields.iter().find(|field| field.name == name) else {
            let near = suggestion(name, fields.iter().map(|field| field.name));
            meant.extend(
                fields.iter().map(|it| it.name).filter(|it| near.contains(&format!("`{it}`"))),
            );
            mistakes.unknown_key(
                &path.key(name),
                format!("unknown credential `{name}` of {slug}{near}"),
            );
            continue;
        };
        if value.trim().is_empty() {
            let why = if field.secret { ", so anybody would know it" } else { "" };
            let problem = format!("the `{name}` of {slug} is empty{why}; give it a value");
            mistakes.add(&path.key(name), problem);
        } else if let Err(wanted) = (field.check)(value) {
            mistakes.add(&path.key(name), format!("`{name}` {wanted}; it is \"{value}\""));
        }
    }
    for field in fields.iter().filter(|field| field.required) {
        if !given.contains_key(field.name) && !meant.contains(&field.name) {
            let problem = format!("credentials of {slug} lack `{}`", field.name);
            mistakes.add_missing(path, field.name, problem);
        }
    }
}

impl Holders {
    /// Gives the unique values of a credential to a merchant. Returns the fields whose value another merchant
    /// has, each with the problem: what a provider tells merchants apart by belongs to one of them.
    fn give(
        &mut self,
        merchant: &str,
        dialect: &Dialect,
        credential: &Credential,
    ) -> Vec<(&'static str, String)> {
        let mut taken = Vec::new();
        for field in dialect.credentials.iter().filter(|field| field.unique) {
            let Some(value) = credential.get(field.name) else { continue };
            let key = (dialect.slug, field.name, value.clone());
            let holder = self.0.entry(key).or_insert_with(|| merchant.to_owned());
            if holder != merchant {
                let (name, slug) = (field.name, dialect.slug);
                let problem = format!(
                    "`{name}` \"{value}\" of {slug} belongs to merchant `{holder}` already; each \
                     merchant has its own"
                );
                taken.push((name, problem));
            }
        }
        taken
    }
}
