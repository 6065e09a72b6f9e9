//! `sandtill sign`: prints the string to sign and the signature of a request from standard input.

use std::io::Read;

use clap::Args;

use super::{Failure, ScenarioArgs, say};
use crate::providers::{self, SignOptions};

#[derive(Clone, Debug, Args)]
pub(super) struct SignArgs {
    /// Provider that signs requests: `payfort` or `flitt`.
    provider: String,
    /// Phrase or key, instead of the one in the scenario for the merchant of the request.
    #[arg(long, visible_alias = "key", env = "SANDTILL_PHRASE")]
    phrase: Option<String>,
    /// Hash (`sha256`, `sha512`, `hmac-sha256` or `hmac-sha512`), instead of the merchant's.
    #[arg(long, env = "SANDTILL_HASH")]
    hash: Option<String>,
    #[command(flatten)]
    scenario: ScenarioArgs,
}

pub(super) fn run(args: &SignArgs) -> Result<(), Failure> {
    let signing = providers::ALL.iter().filter(|provider| provider.sign.is_some());
    let sign = signing
        .clone()
        .find(|provider| provider.slug == args.provider)
        .and_then(|provider| provider.sign)
        .ok_or_else(|| {
            let names: Vec<&str> = signing.map(|provider| provider.slug).collect();
            let known = names.join(" and ");
            Failure::usage(format!("`{}` signs no requests; {known} do", args.provider))
        })?;
    if args.scenario.scenario == "-" {
        return Err(Failure::usage("standard input has the request; give --scenario a file"));
    }
    let scenario = args.scenario.load()?;
    let mut request = Vec::new();
    std::io::stdin()
        .read_to_end(&mut request)
        .map_err(|err| Failure::failed(format!("standard input cannot be read: {err}")))?;
    let options = SignOptions { secret: args.phrase.clone(), hash: args.hash.clone() };
    let signed = sign(&scenario, &request, &options).map_err(Failure::usage)?;
    say(&format!("string:    {}\nsignature: {}", signed.string, signed.signature));
    Ok(())
}
