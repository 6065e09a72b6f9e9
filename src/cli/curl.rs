//! `sandtill curl`: prints a complete, signed command that works when it is pasted into a shell.

use clap::Args;

use super::{Failure, ScenarioArgs, ServerArgs, block_on, client, say, warn};
use crate::providers::{self, Example};
use crate::sandbox::clock::Mode;
use crate::sandbox::scenario::Scenario;
use crate::sandbox::space::{Moment, Space};

#[derive(Clone, Debug, Args)]
pub(super) struct CurlArgs {
    /// `payfort`, `flitt`, `begateway`, `epicpay` or `wepay`.
    provider: String,
    /// Name of the report; the provider's default report without it. `list` prints the names.
    report: Option<String>,
    /// Merchant whose credentials are used; the provider's home merchant without it.
    #[arg(long, env = "SANDTILL_MERCHANT")]
    merchant: Option<String>,
    #[command(flatten)]
    server: ServerArgs,
    #[command(flatten)]
    scenario: ScenarioArgs,
}

pub(super) fn run(args: &CurlArgs) -> Result<(), Failure> {
    let provider = providers::find(&args.provider).ok_or_else(|| {
        let names: Vec<&str> = providers::ALL.iter().map(|it| it.slug).collect();
        Failure::usage(format!("no provider `{}`; there are {}", args.provider, names.join(", ")))
    })?;
    let url = args.server.base_url();
    let moment = block_on(moment_like(&url, args))??;
    let examples: Vec<Example> = (provider.examples)(&moment, &url)
        .into_iter()
        .filter(|it| args.merchant.as_ref().is_none_or(|wanted| *wanted == it.merchant))
        .collect();
    let Some(first) = examples.first() else {
        return Err(Failure::usage("no such merchant has credentials there in this scenario"));
    };
    if args.report.as_deref() == Some("list") {
        let of_first = examples.iter().filter(|it| it.merchant == first.merchant);
        let names: Vec<&str> = of_first.map(|it| it.report.as_str()).collect();
        say(&names.join("\n"));
        return Ok(());
    }
    let example = match &args.report {
        None => first,
        Some(report) => examples.iter().find(|it| it.report == *report).ok_or_else(|| {
            let of_first = examples.iter().filter(|it| it.merchant == first.merchant);
            let names: Vec<&str> = of_first.map(|it| it.report.as_str()).collect();
            let known = names.join(", ");
            Failure::usage(format!("no report `{report}`; there are {known}"))
        })?,
    };
    say(&example.command);
    Ok(())
}

/// A moment with the scenario and the time of the server. If the server does not answer, the scenario comes
/// from the arguments and the time from the clock of that scenario.
async fn moment_like(url: &str, args: &CurlArgs) -> Result<Moment, Failure> {
    let vocabulary = providers::vocabulary();
    let overrides = args.scenario.overrides();
    let token = args.server.admin_token.as_deref();
    let served = client::get(url, "/_admin/scenario", token).await;
    let scenario = match served {
        Ok((200, body)) => {
            Scenario::parse_json("the server's scenario", body.as_bytes(), &vocabulary, &overrides)
                .map_err(|err| Failure::failed(err.to_string()))?
        }
        other => {
            let why = match other {
                Ok((status, _)) => format!("it answered {status}"),
                Err(why) => why,
            };
            let scenario = args.scenario.load()?;
            let time = match (scenario.clock.now, scenario.clock.mode) {
                (None, _) => "the real time".to_owned(),
                (Some(now), Mode::Frozen) => format!("its frozen time, {now}"),
                (Some(now), Mode::Running) => format!("the time at which it begins, {now}"),
            };
            warn(&format!(
                "{url} could not be asked ({why}); using scenario `{}` and {time}",
                scenario.name
            ));
            scenario
        }
    };
    let mut moment = Space::alone(scenario).moment();
    if let Ok((200, body)) = client::get(url, "/_admin/clock", token).await
        && let Ok(clock) = serde_json::from_str::<serde_json::Value>(&body)
        && let Some(now) = clock.get("now").and_then(|now| now.as_str()?.parse().ok())
    {
        moment.now = now;
    }
    Ok(moment)
}
