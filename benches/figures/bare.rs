//! The servers that Sandtill is compared with: axum routes that have no other work than to
//! serialise.

use std::io::Write;

use axum::Router;
use axum::http::header::{CONTENT_TYPE, HeaderName};
use axum::response::IntoResponse;
use axum::routing::any;
use bytes::Bytes;
use serde::Serialize;

use crate::plain;

/// The cells of the rows, and the names of their columns.
struct Prepared {
    names: Vec<String>,
    rows: Vec<Vec<String>>,
}

/// Number of rows that the bare loops print into one chunk.
pub const PIECE: usize = 500;

impl Prepared {
    fn of_json(file: &str) -> &'static Self {
        let text = std::fs::read(file).unwrap();
        let (_, rows): (serde_json::Value, Vec<serde_json::Map<String, serde_json::Value>>) =
            serde_json::from_slice(&text).unwrap();
        let names = rows[0].keys().cloned().collect();
        let cells = |row: &serde_json::Map<_, serde_json::Value>| {
            row.values().map(|cell| cell.as_str().unwrap().to_owned()).collect()
        };
        Box::leak(Box::new(Self { names, rows: rows.iter().map(cells).collect() }))
    }

    fn of_csv(file: &str) -> &'static Self {
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_path(file).unwrap();
        let rows = reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect());
        Box::leak(Box::new(Self { names: Vec::new(), rows: rows.collect() }))
    }

    fn print_json(&self, rows: &[Vec<String>]) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(PIECE * 400);
        for row in rows {
            bytes.push(b'{');
            for (name, cell) in self.names.iter().zip(row) {
                if !bytes.ends_with(b"{") {
                    bytes.push(b',');
                }
                serde_json::to_writer(&mut bytes, name).unwrap();
                bytes.push(b':');
                serde_json::to_writer(&mut bytes, cell).unwrap();
            }
            bytes.extend_from_slice(b"},");
        }
        bytes
    }

    fn print_csv(_: &Self, rows: &[Vec<String>]) -> Vec<u8> {
        let bytes = Vec::with_capacity(PIECE * 200);
        let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(bytes);
        for row in rows {
            writer.write_record(row).unwrap();
        }
        writer.into_inner().unwrap()
    }

    fn router(&'static self, print: fn(&Self, &[Vec<String>]) -> Vec<u8>) -> Router {
        stream(&self.rows, move |rows| print(self, rows))
    }
}

/// A route that serialises the same value for each request.
fn serialise(answer: impl Serialize + Send + Sync + 'static) -> Router {
    let answer: &'static _ = Box::leak(Box::new(answer));
    Router::new().fallback(any(move |_body: Bytes| async move {
        (JSON, serde_json::to_vec(answer).unwrap()).into_response()
    }))
}

/// A route that streams rows, printed in chunks for each request.
fn stream<T: Send + Sync>(
    rows: &'static [T],
    print: impl Fn(&[T]) -> Vec<u8> + Copy + Send + Sync + 'static,
) -> Router {
    Router::new().fallback(any(move |_body: Bytes| async move {
        let pieces = rows.chunks(PIECE).map(print);
        let pieces = pieces.map(|piece| Ok::<_, std::convert::Infallible>(Bytes::from(piece)));
        axum::body::Body::from_stream(futures_util::stream::iter(pieces))
    }))
}

const JSON: [(HeaderName, &str); 1] = [(CONTENT_TYPE, "application/json")];

/// Serves until the process is killed. `begateway`, `flitt` and `epicpay` serialise as many plain
/// structs as `argument` says; `payfort` and `wepay` serialise the rows of the file `argument`;
/// `json` and `csv` print the cells of that file; `bytes` sends it unchanged.
pub fn serve(kind: &str, argument: &str) {
    let rows = argument.parse::<i64>().unwrap_or_default();
    let router = match kind {
        "begateway" => serialise((0..rows).map(plain::begateway).collect::<Vec<_>>()),
        "flitt" => serialise(plain::Flitt::new(rows)),
        "epicpay" => serialise(plain::EpicPay::new(rows)),
        "payfort" => stream(plain::PayFort::read(argument), plain::PayFort::print),
        "wepay" => stream(plain::WePay::read(argument), plain::WePay::print),
        "json" => Prepared::of_json(argument).router(Prepared::print_json),
        "csv" => Prepared::of_csv(argument).router(Prepared::print_csv),
        _ => {
            let page = Bytes::from(std::fs::read(argument).unwrap_or_else(|_| b"{}".to_vec()));
            Router::new().fallback(any(move |_body: Bytes| async move { (JSON, page.clone()) }))
        }
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        println!("ready on http://{}", listener.local_addr().unwrap());
        std::io::stdout().flush().unwrap();
        axum::serve(listener, router).await.unwrap();
    });
}
