//! Parsing of requests: version header, parameters and cursors, with every check of their values.

use axum::http::HeaderMap;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};
use url::form_urlencoded;

use super::error::{BeGatewayError, Errors};
use crate::sandbox::ledger::Axis;
use crate::sandbox::money::Currency;
use crate::wire::call::Call;
use crate::wire::wall_clock::{WallSpan, WallTime};

/// The version of the API; both share one path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    /// 2: all transactions of one day.
    Days,
    /// 3: pages with cursors.
    Pages,
}

impl Version {
    /// The version that the headers ask for; else what is wrong with them.
    pub(super) fn of(headers: &HeaderMap) -> Result<Self, &'static str> {
        match headers.get("x-api-version").map(|it| it.as_bytes().trim_ascii()) {
            Some(b"3") => Ok(Self::Pages),
            Some(b"2") => Ok(Self::Days),
            None | Some(b"") => Err(MISSING),
            Some(_) => Err(INVALID),
        }
    }

    pub(super) fn parse(call: &Call) -> Result<Self, BeGatewayError> {
        let complaint = match Self::of(&call.headers) {
            Ok(version) => return Ok(version),
            Err(complaint) => complaint,
        };
        let errors = Map::from_iter([("X-Api-Version".to_owned(), json!([complaint]))]);
        Err(BeGatewayError::Invalid(errors))
    }

    pub(super) fn parse_pages(call: &Call) -> Result<(), BeGatewayError> {
        if Self::parse(call)? == Self::Pages {
            return Ok(());
        }
        let errors = Map::from_iter([("X-Api-Version".to_owned(), json!([INVALID]))]);
        Err(BeGatewayError::Invalid(errors))
    }
}

const MISSING: &str = "is missing";
const INVALID: &str = "is invalid";

/// The filter by status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StatusFilter {
    All,
    Successful,
    Failed,
    Pending,
    Incomplete,
}

/// The filter by payment method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Methods {
    /// Cards.
    Cards,
    /// Everything else, ERIP included.
    Alternative,
    /// The payments of the Belarusian settlement system.
    Erip,
}

/// The filters of a request, without its cursors.
#[derive(Clone, Debug)]
pub(super) struct Selection {
    pub(super) axis: Axis,
    /// The instants on the axis.
    pub(super) span: WallSpan,
    pub(super) status: StatusFilter,
    pub(super) methods: Methods,
    pub(super) zone: TimeZone,
    /// The instants of the manual correction; `None` accepts every row.
    pub(super) corrected: Option<WallSpan>,
}

/// `X-Api-Version: 3`.
#[derive(Clone, Debug)]
pub(super) struct PageRequest {
    pub(super) selection: Selection,
    pub(super) starting_after: Option<i64>,
    pub(super) ending_before: Option<i64>,
}

impl PageRequest {
    /// Whether the page is the last one before a cursor.
    pub(super) fn is_backwards(&self) -> bool {
        self.ending_before.is_some() && self.starting_after.is_none()
    }
}

/// `POST /api/reports/count`.
#[derive(Clone, Debug)]
pub(super) struct CountRequest {
    pub(super) selection: Selection,
}

/// `X-Api-Version: 2`.
#[derive(Clone, Debug)]
pub(super) struct DayRequest {
    pub(super) selection: Selection,
}

/// `GET /shop/channel_balances/`.
#[derive(Clone, Copy, Debug)]
pub(super) struct BalanceRequest {
    pub(super) gateway_id: i64,
    pub(super) currency: Option<Currency>,
}

impl PageRequest {
    pub(super) fn parse(call: &Call) -> Result<Self, BeGatewayError> {
        let mut params = Params::parse(call)?;
        let selection = params.span_selection();
        let starting_after = params.cursor("starting_after");
        let ending_before = params.cursor("ending_before");
        params.done(selection.map(|selection| Self { selection, starting_after, ending_before }))
    }
}

impl CountRequest {
    pub(super) fn parse(call: &Call) -> Result<Self, BeGatewayError> {
        let mut params = Params::parse(call)?;
        let selection = params.span_selection();
        params.done(selection.map(|selection| Self { selection }))
    }
}

impl DayRequest {
    pub(super) fn parse(call: &Call) -> Result<Self, BeGatewayError> {
        let mut params = Params::parse(call)?;
        let selection = params.day_selection();
        params.done(selection.map(|selection| Self { selection }))
    }
}

impl BalanceRequest {
    pub(super) fn parse(query: &str) -> Result<Self, BeGatewayError> {
        let mut gateway_id = Err(MISSING);
        let mut currency = Ok(None);
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match (&*name, &*value) {
                ("gateway_id", value) => gateway_id = value.parse().map_err(|_| INVALID),
                ("currency", "") => {}
                ("currency", value) => {
                    currency = Currency::parse(value).map(Some).ok_or(INVALID);
                }
                _ => {}
            }
        }
        match (gateway_id, currency) {
            (Ok(gateway_id), Ok(currency)) => Ok(Self { gateway_id, currency }),
            (gateway_id, currency) => {
                let complaints = [("gateway_id", gateway_id.err()), ("currency", currency.err())];
                let errors = complaints
                    .into_iter()
                    .filter_map(|(name, complaint)| Some((name.to_owned(), json!([complaint?]))));
                Err(BeGatewayError::Invalid(errors.collect()))
            }
        }
    }
}

/// Refuses cursors that stand beside `report_params` or in the query.
fn no_cursor_outside(call: &Call, body: &Value) -> Result<(), BeGatewayError> {
    for name in ["starting_after", "ending_before"] {
        let query = call.uri.query().unwrap_or("");
        let in_query = form_urlencoded::parse(query.as_bytes()).any(|it| it.0 == name);
        let in_body = body.get(name).is_some_and(|it| !it.is_null());
        if in_query || in_body {
            let place = if in_body { "the body beside `report_params`" } else { "the query" };
            return Err(BeGatewayError::CursorOutside { name, place });
        }
    }
    Ok(())
}

/// `report_params` with the errors found so far, so that one response reports all of them.
struct Params {
    params: Map<String, Value>,
    errors: Errors,
}

impl Params {
    fn parse(call: &Call) -> Result<Self, BeGatewayError> {
        let body: Value = serde_json::from_slice(&call.body)
            .map_err(|err| BeGatewayError::NotJson(err.to_string()))?;
        no_cursor_outside(call, &body)?;
        let complaint = match body {
            Value::Object(mut body) => match body.remove("report_params") {
                Some(Value::Object(params)) => return Ok(Self { params, errors: Map::new() }),
                Some(Value::Null) | None => MISSING,
                Some(_) => INVALID,
            },
            _ => MISSING,
        };
        let errors = Map::from_iter([("report_params".to_owned(), json!([complaint]))]);
        Err(BeGatewayError::Invalid(errors))
    }

    fn done<T>(self, read: Option<T>) -> Result<T, BeGatewayError> {
        match read {
            Some(read) if self.errors.is_empty() => Ok(read),
            _ => {
                let errors = Value::Object(self.errors);
                let errors = Map::from_iter([("report_params".to_owned(), errors)]);
                Err(BeGatewayError::Invalid(errors))
            }
        }
    }

    fn complain(&mut self, name: &str, complaint: &str) {
        self.errors.insert(name.to_owned(), json!([complaint]));
    }

    /// A mandatory text parameter, parsed by `read`.
    fn text<T>(&mut self, name: &str, read: impl FnOnce(&str) -> Option<T>) -> Option<T> {
        let value = match self.params.get(name) {
            None | Some(Value::Null) => Err(MISSING),
            Some(Value::String(text)) if text.is_empty() => Err(MISSING),
            Some(Value::String(text)) => read(text).ok_or(INVALID),
            Some(_) => Err(INVALID),
        };
        value.map_err(|complaint| self.complain(name, complaint)).ok()
    }

    /// An optional text parameter, parsed by `read`.
    fn optional<T>(&mut self, name: &str, read: impl FnOnce(&str) -> Option<T>) -> Option<T> {
        match self.params.get(name) {
            None | Some(Value::Null) => None,
            Some(_) => self.text(name, read),
        }
    }

    /// A cursor: a number, or a string of digits.
    fn cursor(&mut self, name: &str) -> Option<i64> {
        let cursor = match self.params.get(name)? {
            Value::Null => return None,
            Value::Number(number) => number.as_i64(),
            Value::String(text) if text.bytes().all(|byte| byte.is_ascii_digit()) => {
                text.parse().ok()
            }
            Value::String(_) | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        };
        if cursor.is_none() {
            self.complain(name, INVALID);
        }
        cursor
    }

    fn span_selection(&mut self) -> Option<Selection> {
        let axis = self.text("date_type", axis);
        let dates_only = axis == Some(Axis::Settled);
        let read = if dates_only { date_as_time } else { date_time };
        let from = self.text("from", read);
        let to = self.text("to", read);
        let common = self.common();
        let (from, to) = (from?, to?);
        let (status, methods, zone, corrected) = common?;
        // Settlement dates are dates in UTC, whatever the requested zone.
        let index = if dates_only { TimeZone::UTC } else { zone.clone() };
        let last = if dates_only {
            Time::constant(23, 59, 59, 0).on(to.year(), to.month(), to.day())
        } else {
            to
        };
        let span = span(Some(from), Some(last), &index);
        if last < from {
            self.complain("to", INVALID);
        }
        Some(Selection { axis: axis?, span, status, methods, zone, corrected })
    }

    fn day_selection(&mut self) -> Option<Selection> {
        let axis = self.text("date_type", axis);
        let date = self.text("date", date);
        let (status, methods, zone, corrected) = self.common()?;
        let (axis, date) = (axis?, date?);
        let index = if axis == Axis::Settled { TimeZone::UTC } else { zone.clone() };
        let first = date.to_datetime(Time::midnight());
        let last = date.to_datetime(Time::constant(23, 59, 59, 0));
        let span = span(Some(first), Some(last), &index);
        Some(Selection { axis, span, status, methods, zone, corrected })
    }

    fn common(&mut self) -> Option<(StatusFilter, Methods, TimeZone, Option<WallSpan>)> {
        let status = self.text("status", |text| {
            Some(match text {
                "all" => StatusFilter::All,
                "successful" => StatusFilter::Successful,
                "failed" => StatusFilter::Failed,
                "pending" => StatusFilter::Pending,
                "incomplete" => StatusFilter::Incomplete,
                _ => return None,
            })
        });
        let methods = self.text("payment_method_type", |text| match text {
            "credit_card" => Some(Methods::Cards),
            "alternative" => Some(Methods::Alternative),
            "erip" => Some(Methods::Erip),
            _ => None,
        });
        let zone = self.text("time_zone", zone);
        let from = self.optional("manual_correction_from", date_time);
        let to = self.optional("manual_correction_to", date_time);
        let zone = zone?;
        let corrected = (from.is_some() || to.is_some()).then(|| span(from, to, &zone));
        if from.zip(to).is_some_and(|(from, to)| to < from) {
            self.complain("manual_correction_to", INVALID);
        }
        Some((status?, methods?, zone, corrected))
    }
}

fn axis(text: &str) -> Option<Axis> {
    match text {
        "created_at" => Some(Axis::Created),
        "paid_at" => Some(Axis::Paid),
        "settled_at" => Some(Axis::Settled),
        _ => None,
    }
}

/// A zone by its name in the tz database; offsets such as `+03:00` are not accepted.
pub(super) fn zone(text: &str) -> Option<TimeZone> {
    let named = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/_+-".contains(&byte));
    let first = text.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic());
    TimeZone::get(text).ok().filter(|_| named && first)
}

/// `YYYY-MM-DD`, exactly.
fn date(text: &str) -> Option<Date> {
    let shape = text.len() == 10 && shaped(text, b"dddd-dd-dd");
    if shape { text.parse().ok() } else { None }
}

fn date_as_time(text: &str) -> Option<DateTime> {
    date(text).map(|date| date.to_datetime(Time::midnight()))
}

/// `YYYY-MM-DD hh:mm:ss`, exactly.
fn date_time(text: &str) -> Option<DateTime> {
    let shape = text.len() == 19 && shaped(text, b"dddd-dd-dd dd:dd:dd");
    // Leap seconds are invalid; jiff would read `:60` as `:59`.
    if shape && !text.ends_with(":60") { text.parse().ok() } else { None }
}

fn shaped(text: &str, shape: &[u8]) -> bool {
    text.bytes().zip(shape).all(|(byte, wanted)| match wanted {
        b'd' => byte.is_ascii_digit(),
        other => byte == *other,
    })
}

/// The instants at which clocks show a time from `from` to `to`, both inclusive; a missing end is unbounded.
fn span(from: Option<DateTime>, to: Option<DateTime>, zone: &TimeZone) -> WallSpan {
    let bound = |at: Option<DateTime>| at.and_then(|at| WallTime::of(at, zone));
    WallSpan::between(bound(from), bound(to))
}
