//! Signed requests for users: `sandtill sign`, and ready `curl` commands.
use strum::VariantNames;

use super::auth::{self, Keys};
use super::signing::signed_fields;
use super::{Example, PATH, SignOptions, Signed};
use crate::providers::operation::Step;
use crate::sandbox::digest::Algorithm;
use crate::sandbox::merchant::Credential;
use crate::sandbox::scenario::Scenario;
use crate::sandbox::space::Moment;
use crate::sandbox::state::jobs::{Job, Phase};
use crate::wire::proof::Recipe;
use crate::wire::raw_json::{self, JsonObject};
use crate::wire::time::{push_date_time, utc};
use crate::wire::unreadable;

/// Makes the string to sign and the signature of a JSON request. The request need not be one that this
/// server supports, so requests of the vendor's other APIs can be signed too.
pub(super) fn sign(
    scenario: &Scenario,
    request: &[u8],
    options: &SignOptions,
) -> Result<Signed, String> {
    let members = raw_json::parse(request, raw_json::DEEPEST)
        .map_err(|err| unreadable::problem(request, &err))
        .map_err(|problem| format!("the request is not a JSON object: {problem}"))?;
    if members.0.iter().any(|member| member.1.is_too_deep()) {
        return Err(format!("the request is nested deeper than {} levels", raw_json::DEEPEST));
    }
    let keys = keys(scenario, &members);
    let phrase = match (&options.secret, &keys) {
        (Some(phrase), _) => phrase.clone(),
        (None, Some(keys)) => keys.request_phrase.to_owned(),
        (None, None) => return Err(nobody(&members)),
    };
    let algorithm = match &options.hash {
        None => keys.map_or(Algorithm::Sha256, |keys| keys.algorithm),
        Some(word) => Algorithm::parse(word).ok_or_else(|| {
            let known = Algorithm::VARIANTS.join(", ");
            format!("unknown hash `{word}`; known are {known}")
        })?,
    };
    let string = Recipe::sorted_between(&phrase).string(&signed_fields(members));
    let signature = algorithm.hash(phrase.as_bytes(), string.as_bytes());
    Ok(Signed { string, signature })
}

/// The keys of the merchant that a request names. If the access code does not match, the identifier alone
/// decides.
fn keys<'a>(scenario: &'a Scenario, request: &JsonObject<'_>) -> Option<Keys<'a>> {
    let identifier = request.text("merchant_identifier")?;
    let access_code = request.text("access_code").unwrap_or("");
    if let Ok(caller) = auth::caller(scenario, identifier, access_code) {
        return Some(caller.keys);
    }
    let is = |it: &&Credential| it.get("merchant_identifier").is_some_and(|it| it == identifier);
    scenario
        .merchants()
        .find_map(|merchant| merchant.credentials.get("payfort")?.iter().find(is).map(Keys::of))
}

fn nobody(request: &JsonObject<'_>) -> String {
    let caller = match request.text("merchant_identifier") {
        Some(identifier) => format!("no merchant has the merchant_identifier `{identifier}`"),
        None => "the request has no merchant_identifier".to_owned(),
    };
    format!("{caller}, so the phrase has to be given")
}

/// Two commands per merchant, one for JSON and one for XML. Each requests the report of the last 24 hours,
/// waits until it is ready, and downloads it.
pub(super) fn examples(moment: &Moment, base_url: &str) -> Vec<Example> {
    let now = moment.now;
    let ready = moment.scenario().duration("payfort.report_ready").as_secs().max(0);
    let mut examples = Vec::new();
    for merchant in moment.scenario().merchants() {
        let Some(credential) = merchant.credential("payfort") else { continue };
        for (report, format) in [("report", "JSON"), ("xml", "XML")] {
            let reference = format!("{report}-{}", now.as_millisecond());
            let pair = pair(moment.scenario(), credential, &reference, (format, now.as_second()));
            let step = |body| Step::post(PATH, body).with("Content-Type", "application/json");
            let [generate, download] = pair.map(step);
            let download = Step { after: ready + 1, ..download };
            let (first, second) = (generate.curl(base_url), download.curl(base_url));
            examples.push(Example {
                report: report.to_owned(),
                merchant: merchant.name.clone(),
                command: format!("{first}; echo; sleep {}; {second}", ready + 1),
                steps: vec![generate, download],
            });
        }
    }
    examples
}

/// The signed request that downloads a report that is ready.
pub(super) fn fetch(moment: &Moment, job: &Job) -> Option<Step> {
    if job.phase(moment.now) != Phase::Ready {
        return None;
    }
    let scenario = moment.scenario();
    let merchant = scenario.merchants().find(|it| it.id == job.merchant)?;
    let credential = merchant.credential("payfort")?;
    let text = |text: &str| serde_json::Value::from(text);
    let field = |name: &str| text(credential.get(name).map_or("", |it| it));
    let fields = format!(
        "\"query_command\":\"DOWNLOAD_REPORT\",\"access_code\":{},\"merchant_identifier\":{},\
         \"merchant_reference\":{}",
        field("access_code"),
        field("merchant_identifier"),
        text(&job.reference),
    );
    let signed = sign(scenario, format!("{{{fields}}}").as_bytes(), &SignOptions::default());
    let body = format!("{{{fields},\"signature\":\"{}\"}}", signed.ok()?.signature);
    Some(Step::post(PATH, body).with("Content-Type", "application/json"))
}

/// The two signed requests (generate, download) for the 24 hours before `now` (Unix seconds).
fn pair(
    scenario: &Scenario,
    credential: &Credential,
    reference: &str,
    (format, now): (&str, i64),
) -> [String; 2] {
    let field = |name: &str| serde_json::Value::from(credential.get(name).map_or("", |it| it));
    let (identifier, access_code) = (field("merchant_identifier"), field("access_code"));
    let date = |second| {
        let mut text = Vec::with_capacity(25);
        push_date_time(&mut text, utc(second), b'T', "+00:00");
        String::from_utf8(text).unwrap_or_default()
    };
    let common = format!(
        "\"access_code\":{access_code},\"merchant_identifier\":{identifier},\
         \"merchant_reference\":\"{reference}\",\"response_format\":\"{format}\",\"language\":\"en\""
    );
    let generate = format!(
        "\"query_command\":\"GENERATE_REPORT\",{common},\"from_date\":\"{}\",\"to_date\":\"{}\",\
         \"columns\":[\"fort_id\",\"transaction_date\",\"operation\",\"amount\",\"currency\",\
         \"payment_option\",\"card_number\",\"status\",\"response_message\"],\
         \"filters\":[{{\"key\":\"operation\",\"value\":\"PURCHASE\"}}]",
        date(now - 86_400),
        date(now)
    );
    let download = format!("\"query_command\":\"DOWNLOAD_REPORT\",{common}");
    [generate, download].map(|fields| {
        let signed = sign(scenario, format!("{{{fields}}}").as_bytes(), &SignOptions::default());
        let signature = signed.map(|it| it.signature).unwrap_or_default();
        format!("{{{fields},\"signature\":\"{signature}\"}}")
    })
}
