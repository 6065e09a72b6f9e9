//! The effects of faults on the rows of an answer, and payments that come in before it.

use axum::body::Body;
use axum::http::{StatusCode, header};
use axum::response::Response;

use super::fault_effects::beginning;
use crate::providers::Provider;
use crate::sandbox::actions;
use crate::sandbox::faults::RowFault;
use crate::sandbox::generate::stream::Draw;
use crate::sandbox::journal::{Note, RowMarks};
use crate::sandbox::scenario::TransactionFile;
use crate::wire::call::Call;
use crate::wire::rows::{Document, Layout, alter, repeat};

/// The longest answer whose rows are altered, in bytes: the whole of it has to be held. A longer one leaves as
/// it is, and its journal entry says so.
const MAX_ALTERED: usize = 32 * 1024 * 1024;

/// The answer with other rows; its marks say which of them leave. An answer that cannot be altered leaves as
/// it is, and its note says why.
pub(super) async fn altered(
    response: Response,
    layouts: &[Layout],
    (fault, seed): (&RowFault, u64),
    sign_again: impl Fn(&str) -> Option<String>,
) -> Response {
    let (mut parts, body) = response.into_parts();
    let mut note = parts.extensions.remove::<Note>().unwrap_or_default();
    let (bytes, rest) = beginning(body, MAX_ALTERED).await;
    let done = match (&rest, parts.status, std::str::from_utf8(&bytes)) {
        (Some(_), _, _) => {
            Err(format!("nothing was altered: the answer is longer than {MAX_ALTERED} bytes"))
        }
        (None, StatusCode::OK, Ok(text)) => alter(text, layouts, fault, seed),
        (None, _, _) => Err("nothing was altered: the answer is a refusal".to_owned()),
    };
    let body = match (done, rest) {
        (Ok(altered), _) => {
            note.remark = Some(altered.how);
            parts.headers.remove(header::CONTENT_LENGTH);
            let text = sign_again(&altered.text).unwrap_or(altered.text);
            if let Some(marks) = parts.extensions.remove::<RowMarks>() {
                let ends = |text: &str| Document::of(text, layouts).map(|it| it.ends());
                let before = std::str::from_utf8(&bytes).ok().and_then(ends).unwrap_or_default();
                let after = ends(&text).unwrap_or_default();
                let rows = altered.order.positions().iter().copied().zip(after);
                parts.extensions.insert(marks.moved(&before, rows));
            }
            Body::from(text)
        }
        (Err(why), rest) => {
            note.remark = Some(why);
            match rest {
                None => Body::from(bytes),
                Some(rest) => super::fault_effects::joined(bytes, rest),
            }
        }
    };
    parts.extensions.insert(note);
    Response::from_parts(parts, body)
}

/// The answer as it is told by reports that repeat some rows of a merchant under one id. A long answer leaves as
/// it is, and its note says so.
pub(super) async fn with_repeated(
    response: Response,
    layouts: &[Layout],
    sign_again: impl Fn(&str) -> Option<String>,
) -> Response {
    let Some(marks) = response.extensions().get::<RowMarks>().cloned() else { return response };
    if response.status() != StatusCode::OK || marks.requested().is_none() {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let (bytes, rest) = beginning(body, MAX_ALTERED).await;
    if let Some(rest) = rest {
        let mut note = parts.extensions.remove::<Note>().unwrap_or_default();
        note.remark =
            Some(format!("no row is repeated: the answer is longer than {MAX_ALTERED} bytes"));
        parts.extensions.insert(note);
        return Response::from_parts(parts, super::fault_effects::joined(bytes, rest));
    }
    let ends = |text: &str| Document::of(text, layouts).map(|it| it.ends()).unwrap_or_default();
    let text = std::str::from_utf8(&bytes).unwrap_or_default();
    let before = ends(text);
    let chosen = marks.repeated(&before);
    let repeated = (!chosen.is_empty()).then(|| repeat(text, layouts, &chosen)).flatten();
    let Some((text, order)) = repeated else {
        return Response::from_parts(parts, Body::from(bytes));
    };
    parts.headers.remove(header::CONTENT_LENGTH);
    let text = sign_again(&text).unwrap_or(text);
    let rows = order.positions().iter().copied().zip(ends(&text));
    parts.extensions.insert(marks.moved(&before, rows));
    Response::from_parts(parts, Body::from(text))
}

/// Adds new payments inside of the range that the request asks for; the call then has the moment after that.
/// The answer is a sentence for the journal.
pub(super) fn insert(provider: &Provider, call: &mut Call, (count, seed): (u64, u64)) -> String {
    let scope = (provider.request_scope)(call);
    let (Some(name), Some(span)) = (scope.merchant, scope.span) else {
        return "nothing came in: the request names no merchant and no range".to_owned();
    };
    let scenario = call.moment.scenario().clone();
    let Some(merchant) = scenario.merchant(&name) else {
        return "nothing came in: the merchant is unknown".to_owned();
    };
    let view = call.view(merchant.id);
    let first = view
        .as_ref()
        .map_or(i64::MIN, |view| crate::sandbox::generate::calendar::start_of(view.first));
    let (from, to) = (span.start.max(first), span.end.min(call.now.as_second() + 1));
    if from >= to {
        return "nothing came in: the range lies outside of the ledger".to_owned();
    }
    let mut draw = Draw::new(seed, 3);
    let length = u32::try_from(to - from).unwrap_or(u32::MAX);
    let mut instants: Vec<i64> = (0..count).map(|_| from + i64::from(draw.below(length))).collect();
    instants.sort_unstable();
    let amounts: Vec<i64> = instants.iter().map(|_| 1000 + i64::from(draw.below(9000))).collect();
    let added = call.moment.change(|draft| {
        for (at, amount) in instants.iter().zip(&amounts) {
            let file = TransactionFile::payment(&name, *amount, *at);
            let row = file.to_row(merchant, draft.now).map_err(|errors| {
                let texts: Vec<String> = errors.iter().map(ToString::to_string).collect();
                texts.join("; ")
            })?;
            actions::add(draft, merchant.id, row).map_err(|err| err.to_string())?;
        }
        Ok::<_, String>(())
    });
    match added {
        Ok(((), moment)) => {
            call.moment = moment;
            format!("payments that came in before the answer: {count}")
        }
        Err(why) => format!("nothing came in: {why}"),
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use bytes::Bytes;
    use http_body_util::BodyExt;

    use super::*;

    #[tokio::test]
    async fn an_answer_that_is_too_long_leaves_as_it_is_and_says_so() {
        const PIECE: usize = 1 << 20;
        for (pieces, is_altered) in [(2, true), (40, false)] {
            let rows = (0..pieces).map(|_| Ok::<_, Infallible>(Bytes::from(vec![b'\n'; PIECE])));
            let response = Response::new(Body::from_stream(futures_util::stream::iter(rows)));
            let fault =
                RowFault::Short { kept: crate::sandbox::faults::Kept::Rows(9), is_honest: false };
            let response = altered(response, &[Layout::Csv], (&fault, 1), |_| None).await;
            let note = response.extensions().get::<Note>().unwrap().remark.clone().unwrap();
            assert_eq!(note.contains("longer than 33554432 bytes"), !is_altered, "{note}");
            let body = response.into_body().collect().await.unwrap().to_bytes();
            assert_eq!(body.len(), if is_altered { 10 } else { pieces * PIECE });
        }
    }
}
