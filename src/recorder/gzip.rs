//! Compresses the body of an answer piece by piece.

use std::io::Write;

use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http_body_util::BodyExt;

/// The answer with its body compressed. Memory does not grow with the body.
pub(super) fn compressed(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    parts.headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    let encoder = GzEncoder::new(Vec::new(), Compression::fast());
    let pieces = futures_util::stream::unfold(Some((body, encoder)), |state| async move {
        let (mut body, mut encoder) = state?;
        loop {
            let frame = match body.frame().await {
                Some(Ok(frame)) => frame,
                Some(Err(err)) => return Some((Err(err), None)),
                None => {
                    let last = encoder.finish().map(Bytes::from).map_err(axum::Error::new);
                    return Some((last, None));
                }
            };
            let Ok(data) = frame.into_data() else { continue };
            if let Err(err) = encoder.write_all(&data) {
                return Some((Err(axum::Error::new(err)), None));
            }
            let made = std::mem::take(encoder.get_mut());
            if !made.is_empty() {
                return Some((Ok(Bytes::from(made)), Some((body, encoder))));
            }
        }
    });
    Response::from_parts(parts, Body::from_stream(pieces))
}
