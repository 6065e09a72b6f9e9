//! Answers that a fault gives in place of the provider: its own refusals, and what stands in between.

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use jiff::{SignedDuration, Timestamp};

use crate::providers::{InjectedError, Provider};
use crate::sandbox::faults::{Fault, Page, RetryAfter, StatusAnswer, Work};
use crate::sandbox::space::Moment;
use crate::sandbox::state::faults::Strike;
use crate::wire::call::response;

/// What a replacement needs to know of the request.
#[derive(Clone, Copy, Debug)]
pub(super) struct RequestContext<'a> {
    pub(super) moment: &'a Moment,
    pub(super) provider: &'a Provider,
    pub(super) operation: &'a str,
    pub(super) headers: &'a HeaderMap,
    /// The absolute URL of the request.
    pub(super) url: &'a str,
}

/// The answer of a fault that replaces the provider's answer; `None` if the handler has to be called. With
/// [`Work::Done`] the handler is called as well.
pub(super) fn replacement(
    strike: &Strike,
    request: RequestContext<'_>,
) -> Option<(Response, Work)> {
    let RequestContext { moment, provider, operation, headers, url } = request;
    let own = |error, status| {
        let response = (provider.error_response)(moment, operation, headers, error);
        response.unwrap_or_else(|| plain(status))
    };
    Some(match strike.fault.as_ref()? {
        Fault::Error(code, work) => (own(InjectedError::Error(code), 500), *work),
        Fault::Throttle(retry_after) => {
            let mut response = own(InjectedError::Throttled, 429);
            let value = retry_after_value(*retry_after, (moment.now, strike.until));
            response.headers_mut().insert(header::RETRY_AFTER, value);
            (response, Work::NotDone)
        }
        Fault::ExpiredToken => (own(InjectedError::ExpiredToken, 401), Work::NotDone),
        Fault::Status(answer) => (spelled_out(answer), answer.work),
        Fault::Gateway(page, work) => (gateway(*page, url), *work),
        _ => return None,
    })
}

/// The value of `Retry-After`: the seconds of sandbox time until the rule lets a call pass. A rule that counts
/// calls lets the next one pass whenever it comes, so one second is enough; a rule that holds for a time lets
/// it pass behind its end.
fn retry_after_value(
    retry_after: RetryAfter,
    (now, until): (Timestamp, Option<Timestamp>),
) -> HeaderValue {
    let left = until.map_or(0, |until| until.as_second().saturating_sub(now.as_second()));
    let honest = u64::try_from(left).unwrap_or(0) + 1;
    let seconds = retry_after.seconds.unwrap_or(honest);
    if !retry_after.is_date {
        return HeaderValue::from(seconds);
    }
    let wait = SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(i64::MAX));
    let at = now.saturating_add(wait).unwrap_or(Timestamp::MAX);
    let date = at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    HeaderValue::try_from(date).unwrap_or(HeaderValue::from(seconds))
}

/// A `text/plain` answer with this status, as a proxy between client and provider sends it.
fn plain(status: u16) -> Response {
    spelled_out(&StatusAnswer {
        status,
        headers: Vec::new(),
        body: None,
        content_type: None,
        work: Work::NotDone,
    })
}

/// The answer of a `status` fault, with the headers that RFC 9110 wants for its status.
fn spelled_out(answer: &StatusAnswer) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
    let body = match (answer.status, &answer.body) {
        (204 | 205 | 304, _) => None,
        (_, Some(body)) => Some(body.clone()),
        (_, None) => Some(status.canonical_reason().unwrap_or("").to_owned()),
    };
    let length = body.as_ref().map_or(0, String::len);
    let mut response = response(status, "text/plain", body.clone().unwrap_or_default());
    let headers = response.headers_mut();
    if body.is_none() {
        headers.remove(header::CONTENT_TYPE);
    } else if let Some(media) =
        answer.content_type.as_ref().and_then(|it| HeaderValue::try_from(it).ok())
    {
        headers.insert(header::CONTENT_TYPE, media);
    }
    let wanted = match answer.status {
        206 if length > 0 => {
            Some((header::CONTENT_RANGE, format!("bytes 0-{}/{length}", length - 1)))
        }
        401 => Some((header::WWW_AUTHENTICATE, "Basic realm=\"gateway\"".to_owned())),
        405 => Some((header::ALLOW, "GET, HEAD, POST".to_owned())),
        407 => Some((header::PROXY_AUTHENTICATE, "Basic realm=\"proxy\"".to_owned())),
        429 | 503 => Some((header::RETRY_AFTER, "1".to_owned())),
        _ => None,
    };
    let given = answer
        .headers
        .iter()
        .filter_map(|(name, value)| Some((HeaderName::try_from(name).ok()?, value.clone())));
    for (name, value) in wanted.into_iter().chain(given) {
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(name, value);
        }
    }
    response
}

/// What stands between client and provider answers.
fn gateway(page: Page, url: &str) -> Response {
    let html = |status: u16, text: String| {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
        response(status, "text/html", text)
    };
    let named = |mut response: Response, server: &'static str| {
        response.headers_mut().insert(header::SERVER, HeaderValue::from_static(server));
        response
    };
    match page {
        Page::Nginx502 => {
            let title = "502 Bad Gateway";
            named(html(502, nginx(title)), "nginx")
        }
        Page::Cloudflare520 => {
            let text = "<!DOCTYPE html>\n<html lang=\"en-US\">\n<head>\n<title>Web server is returning an \
                        unknown error</title>\n</head>\n<body>\n<h1>Web server is returning an unknown \
                        error <span>Error code 520</span></h1>\n<p>There is an unknown connection issue \
                        between the CDN and the origin web server. As a result, the web page can not be \
                        displayed.</p>\n</body>\n</html>\n";
            named(html(520, text.to_owned()), "cloudflare")
        }
        Page::Login200 => {
            let text = "<!DOCTYPE html>\n<html>\n<head><title>Sign in</title></head>\n<body>\n<h1>Your \
                        session has expired</h1>\n<form method=\"post\" action=\"/login\">\n<input \
                        name=\"user\">\n<input name=\"password\" type=\"password\">\n<button>Sign \
                        in</button>\n</form>\n</body>\n</html>\n";
            html(200, text.to_owned())
        }
        Page::Redirect308 => {
            let mut response = named(html(308, nginx("308 Permanent Redirect")), "nginx");
            if let Ok(location) = HeaderValue::try_from(url) {
                response.headers_mut().insert(header::LOCATION, location);
            }
            response
        }
    }
}

/// The page of nginx for a status.
fn nginx(title: &str) -> String {
    format!(
        "<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n\
         <hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
    )
}
