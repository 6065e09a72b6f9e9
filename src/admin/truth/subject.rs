//! Which provider, merchant and range a question about the truth is about.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::admin::request::{self, AdminRequest, Query};
use crate::admin::spec::{Parameter, Values, names, parameter, slugs};
use crate::admin::{journal, transactions};
use crate::providers::{self, Provider};
use crate::sandbox::generate::calendar::{self, DAY};
use crate::sandbox::ledger::Axis;
use crate::sandbox::scenario::suggestion;
use crate::sandbox::truth::{RowMapper, Scope};
use crate::wire::problem::Problem;

/// The parameters that name a subject.
pub(in crate::admin) const PROVIDER: Parameter = parameter("provider", Values::OneOf(slugs));
pub(in crate::admin) const MERCHANT: Parameter = parameter("merchant", Values::Merchant);
pub(in crate::admin) const FROM: Parameter = parameter("from", Values::Text);
pub(in crate::admin) const TO: Parameter = parameter("to", Values::Text);
pub(in crate::admin) const AXIS: Parameter = parameter("axis", Values::OneOf(names::<AxisName>));

/// The instants that a range can be about.
#[derive(Clone, Copy, Debug, strum::EnumString, strum::VariantNames)]
#[strum(serialize_all = "snake_case")]
pub(in crate::admin) enum AxisName {
    Created,
    Paid,
    Settled,
}

impl From<AxisName> for Axis {
    fn from(name: AxisName) -> Self {
        match name {
            AxisName::Created => Self::Created,
            AxisName::Paid => Self::Paid,
            AxisName::Settled => Self::Settled,
        }
    }
}

/// The rows that a call is about: a provider's reports on a merchant, in a range.
#[derive(Debug)]
pub(in crate::admin) struct Subject {
    pub(in crate::admin) provider: &'static Provider,
    pub(in crate::admin) mapper: RowMapper,
    /// The same as the reports show it, which can lag behind the truth.
    pub(in crate::admin) reported: RowMapper,
    pub(in crate::admin) scope: Scope,
}

/// The texts that name a subject, from the query or from a body.
#[derive(Clone, Debug, Default)]
pub(in crate::admin) struct SubjectText {
    pub(in crate::admin) provider: Option<String>,
    pub(in crate::admin) merchant: Option<String>,
    pub(in crate::admin) from: Option<String>,
    pub(in crate::admin) to: Option<String>,
    pub(in crate::admin) axis: Option<String>,
}

impl SubjectText {
    pub(in crate::admin) fn of(query: &Query) -> Self {
        let text = |name| query.get(name).map(str::to_owned);
        Self {
            provider: text("provider"),
            merchant: text("merchant"),
            from: text("from"),
            to: text("to"),
            axis: text("axis"),
        }
    }

    /// Adds the texts of a body to those of the query. What both say must be the same.
    pub(in crate::admin) fn or(&mut self, body: Self) -> Result<(), Problem> {
        let pairs = [
            ("provider", &mut self.provider, body.provider),
            ("merchant", &mut self.merchant, body.merchant),
            ("from", &mut self.from, body.from),
            ("to", &mut self.to, body.to),
            ("axis", &mut self.axis, body.axis),
        ];
        for (name, own, other) in pairs {
            let Some(other) = other else { continue };
            let own = own.get_or_insert_with(|| other.clone());
            if *own != other {
                let problem = format!("`{name}` is `{own}` in the query and `{other}` in the body");
                return Err(Problem::bad_request(problem));
            }
        }
        Ok(())
    }

    /// The rows that the texts name. Without `from` the range begins with the ledger, without `to` it ends
    /// now.
    pub(in crate::admin) fn subject(&self, request: &AdminRequest) -> Result<Subject, Problem> {
        let wanted = |value: &Option<String>, name: &str| {
            let missing = || Problem::bad_request(format!("`{name}` is missing"));
            value.clone().ok_or_else(missing)
        };
        let slug = wanted(&self.provider, "provider")?;
        journal::known_provider(&slug)?;
        let tells = |provider: &'static Provider| Some((provider, provider.row_mapping?));
        let (provider, row_mapping) = providers::find(&slug).and_then(tells).ok_or_else(|| {
            Problem::bad_request(format!("no report of `{slug}` lists transactions"))
        })?;
        let name = wanted(&self.merchant, "merchant")?;
        let id = transactions::merchant(request, &name)?;
        let Some(view) = request.view(id) else {
            return Err(Problem::not_found("no such merchant"));
        };
        if view.merchant.credential(&slug).is_none() {
            let known = view.merchant.credentials.keys();
            let near = suggestion(&slug, known.map(String::as_str));
            let problem = format!("`{name}` has no credentials at {}{near}", provider.name);
            return Err(Problem::bad_request(problem));
        }
        let axis = match &self.axis {
            Some(axis) => request::one_of::<AxisName>("axis", axis)?.into(),
            None => row_mapping.axis,
        };
        let from = self.from.as_deref().map(|text| bound("from", text, 0)).transpose()?;
        let to = self.to.as_deref().map(|text| bound("to", text, DAY)).transpose()?;
        let span = from.unwrap_or_else(|| calendar::start_of(view.first))
            ..to.unwrap_or(view.now.saturating_add(1));
        if span.is_empty() {
            return Err(Problem::bad_request("`to` must be after `from`"));
        }
        let seed = request.scenario().seed;
        let mapper = RowMapper::new(row_mapping, provider.slug, seed, view);
        let reported = request.world.reported_view(id, request.now, provider.slug);
        let reported = reported.map(|view| RowMapper::new(row_mapping, provider.slug, seed, view));
        let reported = reported.unwrap_or_else(|| mapper.clone());
        Ok(Subject { provider, mapper, reported, scope: Scope { axis, span } })
    }
}

/// An end of a range in Unix seconds: an instant, or a date, whose day is in the range as a whole.
fn bound(name: &str, text: &str, whole_day: i64) -> Result<i64, Problem> {
    if let Ok(date) = text.parse::<Date>()
        && text.len() == 10
    {
        let start = request::instant(name, &format!("{date}T00:00:00Z"))?;
        return Ok(start.as_second() + whole_day);
    }
    let parsed = text.parse::<Timestamp>().map_err(|_| {
        Problem::bad_request(format!(
            "`{name}` is `{text}`; it must be a date such as 2026-01-31, which is a whole UTC day, or an instant \
             such as 2026-01-31T12:00:00Z"
        ))
    })?;
    // Rows have whole seconds: a fraction of a second rounds up.
    let at = request::instant(name, text).map(|_| parsed)?;
    Ok(at.as_second() + i64::from(at.subsec_nanosecond() > 0))
}
