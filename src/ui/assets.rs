//! The files of the pages: styles, script and icon, with an entity tag each.

use std::sync::LazyLock;

use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::admin::digest;
use crate::wire::call::response;

/// A file that is part of the binary.
struct Asset {
    content_type: &'static str,
    text: &'static str,
    tag: LazyLock<String>,
}

static CSS: Asset = Asset {
    content_type: "text/css; charset=utf-8",
    text: include_str!("app.css"),
    tag: LazyLock::new(|| tag(include_str!("app.css"))),
};

static JS: Asset = Asset {
    content_type: "text/javascript; charset=utf-8",
    text: include_str!("app.js"),
    tag: LazyLock::new(|| tag(include_str!("app.js"))),
};

static ICON: Asset = Asset {
    content_type: "image/svg+xml",
    text: include_str!("icon.svg"),
    tag: LazyLock::new(|| tag(include_str!("icon.svg"))),
};

/// The first 16 digits of the digest of a file, quoted.
fn tag(text: &str) -> String {
    let digest = digest(text.as_bytes());
    format!("\"{}\"", digest.get(..16).unwrap_or(&digest))
}

pub(super) fn css(request: &Request) -> Response {
    serve(&CSS, request)
}

pub(super) fn js(request: &Request) -> Response {
    serve(&JS, request)
}

pub(super) fn icon(request: &Request) -> Response {
    serve(&ICON, request)
}

/// The file, or 304 to a browser that has it.
fn serve(asset: &'static Asset, request: &Request) -> Response {
    let known = request.headers().get(header::IF_NONE_MATCH);
    let known = known.and_then(|it| it.to_str().ok()).unwrap_or("");
    let is_known = known.split(',').any(|it| {
        let it = it.trim();
        it == "*" || it.strip_prefix("W/").unwrap_or(it) == asset.tag.as_str()
    });
    let mut response = if is_known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        response(StatusCode::OK, asset.content_type, asset.text)
    };
    if let Ok(tag) = HeaderValue::from_str(&asset.tag) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    // The browser asks each time, so that a newer server is not shown with older styles.
    let fresh = HeaderValue::from_static("no-cache");
    response.headers_mut().insert(header::CACHE_CONTROL, fresh);
    response
}
