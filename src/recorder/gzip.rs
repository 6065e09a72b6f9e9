//! Compresses the body of an answer piece by piece.

use std::io::Write;

use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http_body_util::BodyExt;

use crate::sandbox::journal::RowMarks;

/// A body that is being compressed.
struct Packing {
    body: Body,
    encoder: GzEncoder<Vec<u8>>,
    /// The rows of the answer. They are counted here, by the bytes of the body as it was.
    marks: Option<RowMarks>,
    /// Bytes of the body as it was.
    length: u64,
}

/// The answer with its body compressed. Memory does not grow with the body.
pub(super) fn compressed(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    parts.headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    let marks = parts.extensions.get::<RowMarks>().cloned();
    let encoder = GzEncoder::new(Vec::new(), Compression::fast());
    let packing = Packing { body, encoder, marks, length: 0 };
    let pieces = futures_util::stream::unfold(Some(packing), |packing| async move {
        let mut packing = packing?;
        match packing.next().await {
            Ok(Some(piece)) => Some((Ok(piece), Some(packing))),
            Ok(None) => {
                let last = packing.encoder.finish().map(Bytes::from).map_err(axum::Error::new);
                Some((last, None))
            }
            Err(err) => Some((Err(err), None)),
        }
    });
    Response::from_parts(parts, Body::from_stream(pieces))
}

impl Packing {
    /// The next compressed bytes; `None` behind the last frame of the body.
    async fn next(&mut self) -> Result<Option<Bytes>, axum::Error> {
        while let Some(frame) = self.body.frame().await {
            let Ok(data) = frame?.into_data() else { continue };
            self.encoder.write_all(&data).map_err(axum::Error::new)?;
            self.length += u64::try_from(data.len()).unwrap_or(0);
            if let Some(marks) = &self.marks {
                marks.left(self.length);
            }
            let made = std::mem::take(self.encoder.get_mut());
            if !made.is_empty() {
                return Ok(Some(made.into()));
            }
        }
        Ok(None)
    }
}
