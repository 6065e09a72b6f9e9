//! Ready commands: each requests a token and then a report with it.

use super::{REPORT, SLUG, TOKEN, reports, token};
use crate::providers::Example;
use crate::providers::operation::Step;
use crate::sandbox::space::Moment;
use crate::wire::time::date_time_text;

/// One command per merchant and report; it shows the rows of the last seven days.
pub(super) fn all(moment: &Moment, base_url: &str) -> Vec<Example> {
    // The date is only a salt, so any text is valid; this one does not change while the clock is frozen.
    let date = date_time_text(moment.now.as_second(), &jiff::tz::TimeZone::UTC);
    let mut examples = Vec::new();
    for merchant in moment.scenario().merchants() {
        let field = |name| merchant.credential_field(SLUG, name);
        let (Some(application), Some(key), Some(id)) =
            (field("application_id"), field("key"), field("merchant_id"))
        else {
            continue;
        };
        let signature = token::signature(key, application, &date);
        let body = format!(
            "{{\"application_id\":\"{application}\",\"date\":\"{date}\",\
             \"signature\":\"{signature}\"}}"
        );
        let get = Step {
            gives: Some(("TOKEN", "/token")),
            ..Step::post(TOKEN, body).with("Content-Type", "application/json")
        };
        let digits = id.bytes().all(|byte| byte.is_ascii_digit());
        let id = if digits { id.to_owned() } else { format!("\"{id}\"") };
        for (report, field) in reports::EXAMPLES {
            let body = format!(
                "{{\"on_page\":10,\"page\":1,\"filters\":[{{\"s\":\"{field}\",\
                 \"m\":\"from\",\"v\":\"-7\"}}],\"merchant_id\":{id},\"report_id\":{report}}}"
            );
            let ask = Step {
                uses: Some("TOKEN"),
                ..Step::post(format!("{REPORT}/"), body).with("Authorization", "Token $TOKEN")
            };
            examples.push(Example {
                report: report.to_string(),
                merchant: merchant.name.clone(),
                command: format!(
                    "TOKEN=$({} | sed 's/.*\"token\": *\"\\([^\"]*\\)\".*/\\1/')\n{}",
                    get.curl(base_url),
                    ask.curl(base_url)
                ),
                steps: vec![get.clone(), ask],
            });
        }
    }
    examples
}
