//! Rows as plain structs that serde serialises, as a server without any optimisation would have
//! them. Amounts and times are text already, so that serialising is the only work.

use serde::{Deserialize, Serialize};

use crate::bare::PIECE;

/// A plain struct with as many fields and bytes as a beGateway transaction has: 110 and 2.7 KB.
#[derive(Serialize)]
pub struct BeGateway {
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

#[derive(Serialize)]
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

pub fn begateway(id: i64) -> BeGateway {
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
    BeGateway {
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
        pa_req: "eJxVUtFy2jAQ".repeat(22),
    }
}

fn text(text: &str) -> String {
    text.to_owned()
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

/// A page of Flitt's report 745.
#[derive(Serialize)]
pub struct Flitt {
    data: Vec<FlittOrder>,
    rows_count: u64,
    fields: [&'static str; 26],
    rows_page: u64,
    rows_on_page: usize,
}

/// The 26 columns of an order, which are sent as an array.
#[derive(Serialize)]
struct FlittOrder(
    i64,
    String,
    Option<String>,
    String,
    String,
    String,
    String,
    String,
    String,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    String,
    String,
    Option<String>,
    Option<String>,
    String,
    Option<String>,
    String,
    Option<String>,
    Option<String>,
    Option<String>,
    String,
    String,
);

impl Flitt {
    pub fn new(rows: i64) -> Self {
        let data: Vec<FlittOrder> = (0..rows).map(flitt_order).collect();
        let rows_on_page = data.len();
        Self { data, rows_count: 870_567, fields: FLITT_FIELDS, rows_page: 3, rows_on_page }
    }
}

fn flitt_order(id: i64) -> FlittOrder {
    FlittOrder(
        59_160_359_100_000 + id,
        text("2026-03-14 11:50:45"),
        some("2026-03-14 11:51:46"),
        text("approved"),
        text("19.99"),
        text("19.99"),
        text("USD"),
        text("USD"),
        text("purchase"),
        some("369797"),
        some("476173"),
        some("05"),
        None,
        some("476173******0731"),
        format!("ORD-{}", 59_160_359_100_000 + id),
        text("card"),
        None,
        None,
        text("0.00"),
        some("192918202481"),
        text("luella.kuhic415@mail.example.com"),
        some("19.11"),
        some("USD"),
        some("2026-03-17"),
        text("[]"),
        text("Coffee beans 1 kg"),
    )
}

const FLITT_FIELDS: [&str; 26] = [
    "payment_id",
    "order_timestart",
    "order_timeend",
    "order_status",
    "amount",
    "actual_amount",
    "currency",
    "actual_currency",
    "order_type",
    "approval_code",
    "card_bin",
    "eci",
    "fee",
    "masked_card",
    "order_id",
    "payment_system",
    "response_code",
    "response_description",
    "reversal_amount",
    "rrn",
    "sender_email",
    "settlement_amount",
    "settlement_currency",
    "settlement_date",
    "merchant_data",
    "order_desc",
];

/// An answer of EpicPay's `trxnactivity`.
#[derive(Serialize)]
pub struct EpicPay {
    result: EpicPayResult,
    status: EpicPayStatus,
}

#[derive(Serialize)]
struct EpicPayResult {
    filters: EpicPayFilters,
    record_count: usize,
    data: Vec<EpicPayTransaction>,
}

#[derive(Serialize)]
struct EpicPayFilters {
    start_date: String,
    end_date: String,
}

#[derive(Serialize)]
struct EpicPayStatus {
    response_code: String,
    reason_code: String,
    reason_text: String,
}

#[derive(Serialize)]
struct EpicPayTransaction {
    bin: String,
    account_suffix: String,
    client_trxn_id: String,
    client_order_id: String,
    client_customer_id: String,
    mid: String,
    deposited_date: String,
    batch_id: String,
    accountholder: String,
    amount: f64,
    secondary_amount: f64,
    account_number: String,
    settled_date: String,
    trxn_type: String,
    payment_type: String,
    reported_date: String,
    transaction_id: String,
    trxn_utc_date: String,
    reason_code: String,
    reason_text: String,
}

impl EpicPay {
    pub fn new(rows: i64) -> Self {
        let data: Vec<EpicPayTransaction> = (0..rows).map(epicpay_transaction).collect();
        let filters =
            EpicPayFilters { start_date: text("2026-03-01"), end_date: text("2026-03-01") };
        let status = EpicPayStatus {
            response_code: text("Received"),
            reason_code: String::new(),
            reason_text: String::new(),
        };
        Self { result: EpicPayResult { filters, record_count: data.len(), data }, status }
    }
}

fn epicpay_transaction(number: i64) -> EpicPayTransaction {
    let id = 59_030_010_700_000 + number;
    EpicPayTransaction {
        bin: text("455701"),
        account_suffix: text("3850"),
        client_trxn_id: format!("TRX-{id}"),
        client_order_id: format!("ORD-{id}"),
        client_customer_id: text("CUS-6263837C"),
        mid: text("88880000"),
        deposited_date: text("2026-03-03"),
        batch_id: text("151116800"),
        accountholder: text("Waylon Ullrich"),
        amount: 42.99,
        secondary_amount: 0.0,
        account_number: text("455701****3850"),
        settled_date: text("2026-03-03"),
        trxn_type: text("SALE"),
        payment_type: text("CARD"),
        reported_date: text("2026-03-01"),
        transaction_id: id.to_string(),
        trxn_utc_date: text("2026-03-01"),
        reason_code: text("000"),
        reason_text: text("Approved"),
    }
}

/// A row of a PayFort report with the columns of the request.
#[derive(Deserialize, Serialize)]
pub struct PayFort {
    fort_id: String,
    merchant_reference: String,
    customer_name: String,
    customer_email: String,
    payment_option: String,
    transaction_date: String,
    card_number: String,
    amount: String,
    currency: String,
    operation: String,
    status: String,
    response_message: String,
}

impl PayFort {
    pub fn read(file: &str) -> &'static [Self] {
        let text = std::fs::read(file).unwrap();
        let (_, rows): (serde_json::Value, Vec<Self>) = serde_json::from_slice(&text).unwrap();
        rows.leak()
    }

    pub fn print(rows: &[Self]) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(PIECE * 400);
        for row in rows {
            serde_json::to_writer(&mut bytes, row).unwrap();
            bytes.push(b',');
        }
        bytes
    }
}

/// A row of WePay's CSV file: its 17 columns.
#[derive(Deserialize, Serialize)]
pub struct WePay(
    String,
    String,
    String,
    String,
    String,
    String,
    String,
    String,
    String,
    String,
    String,
    String,
    String,
    String,
    String,
    String,
    String,
);

impl WePay {
    pub fn read(file: &str) -> &'static [Self] {
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_path(file).unwrap();
        reader.deserialize().map(Result::unwrap).collect::<Vec<Self>>().leak()
    }

    pub fn print(rows: &[Self]) -> Vec<u8> {
        let bytes = Vec::with_capacity(PIECE * 250);
        let mut writer = csv::WriterBuilder::new().has_headers(false).from_writer(bytes);
        for row in rows {
            writer.serialize(row).unwrap();
        }
        writer.into_inner().unwrap()
    }
}
