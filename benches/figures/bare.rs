//! What Sandtill is measured against: axum routes with nothing behind them.

use std::io::Write;

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::any;
use bytes::Bytes;
use serde::Serialize;

/// A plain struct with as many fields and bytes as a beGateway transaction has: 110 and 3.1 KB.
#[derive(Clone, Serialize)]
struct Plain {
    billing_address: Ten,
    customer: Ten,
    payment: Ten,
    credit_card: Ten,
    shop: Ten,
    times: Ten,
    browser: Ten,
    vendor: Ten,
    tdsecure: Ten,
    three_d_secure_verification: Ten,
    user_agent: String,
    pa_req: String,
}

#[derive(Clone, Serialize)]
struct Ten {
    gateway_id: i64,
    ref_id: Option<String>,
    message: Option<String>,
    status: String,
    gateway_name: String,
    auth_code: Option<String>,
    bank_code: Option<String>,
    rrn: String,
    billing_descriptor: Option<String>,
    test: bool,
}

fn plain(id: i64) -> Plain {
    let ten = || Ten {
        gateway_id: id,
        ref_id: Some(format!("{id:07}")),
        message: Some("Payment was approved".to_owned()),
        status: "successful".to_owned(),
        gateway_name: "Demo".to_owned(),
        auth_code: Some("654321".to_owned()),
        bank_code: None,
        rrn: format!("{id:012}"),
        billing_descriptor: Some("test descriptor".to_owned()),
        test: false,
    };
    Plain {
        billing_address: ten(),
        customer: ten(),
        payment: ten(),
        credit_card: ten(),
        shop: ten(),
        times: ten(),
        browser: ten(),
        vendor: ten(),
        tdsecure: ten(),
        three_d_secure_verification: ten(),
        user_agent: "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36".repeat(2),
        pa_req: "eJxVUtFy2jAQ".repeat(44),
    }
}

/// Cells of rows, and the names of their columns.
struct Prepared {
    names: Vec<String>,
    rows: Vec<Vec<String>>,
}

/// Rows that are printed at once by the bare loops.
const PIECE: usize = 500;

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

    /// A route that streams all rows, printed piece by piece on each request.
    fn router(&'static self, print: fn(&Self, &[Vec<String>]) -> Vec<u8>) -> Router {
        Router::new().fallback(any(move |_body: Bytes| async move {
            let pieces = self.rows.chunks(PIECE).map(move |rows| print(self, rows));
            let pieces = pieces.map(|piece| Ok::<_, std::convert::Infallible>(Bytes::from(piece)));
            axum::body::Body::from_stream(futures_util::stream::iter(pieces))
        }))
    }
}

/// Serves until it is killed: `serialise` prints 100 structs for each request, `json` and `csv` print
/// the cells that are in a file, `bytes` sends a file as it is.
pub fn serve(kind: &str, file: &str) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let json = [(CONTENT_TYPE, "application/json")];
        let router = if kind == "serialise" {
            let rows: &'static [Plain] = (0..100).map(plain).collect::<Vec<_>>().leak();
            Router::new().fallback(any(move |_body: Bytes| async move {
                (json, serde_json::to_vec(rows).unwrap()).into_response()
            }))
        } else if kind == "json" {
            Prepared::of_json(file).router(Prepared::print_json)
        } else if kind == "csv" {
            Prepared::of_csv(file).router(Prepared::print_csv)
        } else {
            let page = Bytes::from(std::fs::read(file).unwrap_or_else(|_| b"{}".to_vec()));
            Router::new().fallback(any(move |_body: Bytes| async move { (json, page.clone()) }))
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        println!("ready on http://{}", listener.local_addr().unwrap());
        std::io::stdout().flush().unwrap();
        axum::serve(listener, router).await.unwrap();
    });
}
