//! A space as one document: downloaded, and restored so that it goes on byte by byte as it would have.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::Response;
use jiff::{SignedDuration, Timestamp};
use schemars::{Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::ask::{self, Ask};
use super::problem::Problem;
use super::scenario;
use super::spec::{Answer, Body, Spec};
use crate::providers;
use crate::sandbox::clock::Mode;
use crate::sandbox::faults::Posted;
use crate::sandbox::generate::birth::Decline;
use crate::sandbox::jobs::{Job, Phase, Timeline};
use crate::sandbox::ledger::person::Card;
use crate::sandbox::ledger::{Added, Kind, Method, Outcome, Overlay, RowId};
use crate::sandbox::money::Currency;
use crate::sandbox::scenario::{FaultFile, Scenario};
use crate::sandbox::snapshot::Parts;
use crate::sandbox::tokens::Token;
use crate::sandbox::{Sandbox, digest};

/// Rises when a snapshot of before can no longer be restored.
const VERSION: u32 = 1;

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Document {
    sandtill_snapshot: u32,
    /// SHA-256 of the state as compact JSON.
    checksum: String,
    state: Value,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct State {
    scenario_name: String,
    scenario: Value,
    began: Timestamp,
    frozen: bool,
    now: Timestamp,
    merchants: Vec<MerchantState>,
    tokens: TokensState,
    reports: Vec<JobState>,
    faults: FaultsState,
    next_entry: u64,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct MerchantState {
    name: String,
    version: u64,
    rows: Vec<RowState>,
    patches: Vec<PatchState>,
}

/// Day, number in the day, place behind it.
type Id = (u32, u32, u16);

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct RowState {
    id: Id,
    kind: String,
    method: String,
    outcome: String,
    decline: String,
    created_at: i64,
    finished_at: i64,
    settled_at: i64,
    corrected_at: Option<i64>,
    amount: i64,
    currency: String,
    fee: i64,
    test: bool,
    of: Option<String>,
    root: Option<Id>,
    reason: u8,
    key: u64,
    /// BIN, last four, month and year of expiry.
    card: Option<(u32, u16, u8, u16)>,
    first_name: Option<String>,
    last_name: Option<String>,
    email: Option<String>,
    order: Option<String>,
    description: Option<String>,
    wire: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct PatchState {
    id: Id,
    cut_at: Option<i64>,
    settled_at: Option<i64>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct TokensState {
    key: u64,
    count: u64,
    tokens: BTreeMap<String, (String, Timestamp)>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct JobState {
    id: u64,
    provider: String,
    merchant: String,
    reference: String,
    request: String,
    requested_at: Timestamp,
    queued: SignedDuration,
    running: SignedDuration,
    kept: Option<SignedDuration>,
    fails: bool,
    forced: Option<(String, Timestamp)>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct FaultsState {
    key: u64,
    count: u64,
    rules: Vec<RuleState>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct RuleState {
    number: u64,
    rule: FaultFile,
    seen: u64,
    hits: u64,
}

pub(super) const READ: Spec = Spec { answers: &[Answer::as_sent(schema)], ..Spec::PLAIN };

pub(super) async fn read(ask: Ask) -> Result<Response, Problem> {
    ask.query(&[])?;
    let state = serde_json::to_value(state(ask.sandbox())?)
        .map_err(|err| Problem::conflict(err.to_string()))?;
    let checksum = digest::sha256(state.to_string().as_bytes());
    Ok(ask::json(&Document { sandtill_snapshot: VERSION, checksum, state }))
}

fn state(sandbox: &Sandbox) -> Result<State, Problem> {
    let merchants = sandbox.ledger.merchants().map(|merchant| {
        let overlay = sandbox.ledger.overlay(merchant.id).unwrap_or_default();
        MerchantState {
            name: merchant.name.clone(),
            version: overlay.version,
            rows: overlay.rows().map(|(id, added)| row_state(id, added)).collect(),
            patches: overlay
                .patches()
                .map(|(id, patch)| PatchState {
                    id: parts_of(id),
                    cut_at: patch.cut_at,
                    settled_at: patch.settled_at,
                })
                .collect(),
        }
    });
    let (count, tokens) = sandbox.tokens.all();
    let (faults_key, faults_count) = sandbox.faults.origin();
    let name_of = |job: &Job| sandbox.ledger.merchant(job.merchant).map(|it| it.name.clone());
    Ok(State {
        scenario_name: sandbox.scenario.name.clone(),
        scenario: scenario::file(&sandbox.scenario)?,
        began: sandbox.began,
        frozen: sandbox.clock.mode() == Mode::Frozen,
        now: sandbox.clock.now(),
        merchants: merchants.collect(),
        tokens: TokensState {
            key: sandbox.tokens.key(),
            count,
            tokens: tokens
                .into_iter()
                .map(|(text, it)| (text, (it.holder, it.expires_at)))
                .collect(),
        },
        reports: sandbox
            .jobs
            .all()
            .iter()
            .filter_map(|job| Some(job_state(job, name_of(job)?)))
            .collect(),
        faults: FaultsState {
            key: faults_key,
            count: faults_count,
            rules: sandbox
                .faults
                .all()
                .into_iter()
                .map(|it| RuleState {
                    number: it.number,
                    rule: it.file,
                    seen: it.seen,
                    hits: it.hits,
                })
                .collect(),
        },
        next_entry: sandbox.journal.next_id(),
    })
}

fn parts_of(id: RowId) -> Id {
    (id.day(), id.number(), id.sub())
}

fn id_of((day, number, sub): Id) -> RowId {
    RowId::new(day, number, sub)
}

const OUTCOMES: [(&str, Outcome); 4] = [
    ("approved", Outcome::Approved),
    ("declined", Outcome::Declined),
    ("abandoned", Outcome::Abandoned),
    ("expired", Outcome::Expired),
];

fn row_state(id: RowId, added: &Added) -> RowState {
    let outcome = OUTCOMES.iter().find(|it| it.1 == added.outcome).map_or("", |it| it.0);
    RowState {
        id: parts_of(id),
        kind: added.kind.word().to_owned(),
        method: added.method.word().to_owned(),
        outcome: outcome.to_owned(),
        decline: added.decline.word().to_owned(),
        created_at: added.created_at,
        finished_at: added.finished_at,
        settled_at: added.settled_at,
        corrected_at: added.corrected_at,
        amount: added.amount,
        currency: added.currency.code().to_owned(),
        fee: added.fee,
        test: added.test,
        of: added.of.map(|kind| kind.word().to_owned()),
        root: added.root.map(parts_of),
        reason: added.reason,
        key: added.key,
        card: added.card.map(|it| (it.bin, it.last4, it.exp_month, it.exp_year)),
        first_name: added.first_name.clone(),
        last_name: added.last_name.clone(),
        email: added.email.clone(),
        order: added.order.clone(),
        description: added.description.clone(),
        wire: added.wire.clone(),
    }
}

fn job_state(job: &Job, merchant: String) -> JobState {
    JobState {
        id: job.id,
        provider: job.provider.to_owned(),
        merchant,
        reference: job.reference.clone(),
        request: job.request.clone(),
        requested_at: job.requested_at,
        queued: job.timeline.queued,
        running: job.timeline.running,
        kept: job.timeline.kept,
        fails: job.timeline.fails,
        forced: job.forced.map(|(phase, since)| (phase.word().to_owned(), since)),
    }
}

pub(super) const WRITE: Spec = Spec {
    body: Some(Body::shaped(schema)),
    answers: &[Answer::json::<scenario::Replaced>(200)],
    problems: &[409],
    ..Spec::PLAIN
};

pub(super) async fn write(ask: Ask) -> Result<Response, Problem> {
    ask.query(&[])?;
    let document: Document = ask.document()?;
    if document.sandtill_snapshot != VERSION {
        return Err(Problem::new(StatusCode::CONFLICT, "Another version").detail(format!(
            "the snapshot is of version {}, this server restores version {VERSION}",
            document.sandtill_snapshot
        )));
    }
    if digest::sha256(document.state.to_string().as_bytes()) != document.checksum {
        return Err(Problem::bad_request(
            "the checksum does not fit: the snapshot was changed after it was taken",
        ));
    }
    let state: State = serde_json::from_value(document.state)
        .map_err(|err| Problem::bad_request(format!("the state is not a snapshot's: {err}")))?;
    // Everything is looked at before anything is replaced.
    let restored = ask.sandbox().restored(parts(state)?);
    Ok(scenario::replaced(&ask, restored))
}

fn wrong(what: &str, word: &str) -> Problem {
    Problem::bad_request(format!("the state has a {what} that does not exist: `{word}`"))
}

fn parts(state: State) -> Result<Parts, Problem> {
    let scenario =
        scenario::of_json_named(&state.scenario_name, state.scenario.to_string().as_bytes())?;
    let overlays = state
        .merchants
        .iter()
        .map(|it| overlay(&scenario, it))
        .collect::<Result<Vec<_>, Problem>>()?;
    let jobs = state
        .reports
        .into_iter()
        .map(|it| job(&scenario, it))
        .collect::<Result<Vec<_>, Problem>>()?;
    let rules = state
        .faults
        .rules
        .into_iter()
        .map(|it| {
            let rule = it.rule.to_rule().map_err(Problem::bad_request)?;
            let id = format!("{}-{}", rule.fault.word(), it.number);
            Ok(Posted { id, number: it.number, file: it.rule, rule, seen: it.seen, hits: it.hits })
        })
        .collect::<Result<Vec<_>, Problem>>()?;
    let token = |(text, (holder, expires_at))| (text, Token { holder, expires_at });
    let tokens = state.tokens.tokens.into_iter().map(token).collect();
    Ok(Parts {
        scenario: Arc::new(scenario),
        began: state.began,
        clock: (if state.frozen { Mode::Frozen } else { Mode::Running }, state.now),
        overlays,
        tokens: (state.tokens.key, state.tokens.count, tokens),
        jobs,
        faults: (state.faults.key, state.faults.count, rules),
        next_entry: state.next_entry,
    })
}

fn overlay(
    scenario: &Scenario,
    state: &MerchantState,
) -> Result<(crate::sandbox::merchant::MerchantId, Overlay), Problem> {
    let merchant = scenario.merchant(&state.name).ok_or_else(|| wrong("merchant", &state.name))?;
    let mut overlay = Overlay::default();
    for row in &state.rows {
        overlay.insert(id_of(row.id), added(row)?);
    }
    for patch in &state.patches {
        overlay.patch(id_of(patch.id), |it| {
            it.cut_at = patch.cut_at;
            it.settled_at = patch.settled_at;
        });
    }
    overlay.version = state.version;
    Ok((merchant.id, overlay))
}

fn added(row: &RowState) -> Result<Added, Problem> {
    let kind = |word: &str| {
        Kind::ALL.into_iter().find(|it| it.word() == word).ok_or_else(|| wrong("kind", word))
    };
    let methods = [Method::Card, Method::Bank, Method::Alternative];
    let method = methods.into_iter().find(|it| it.word() == row.method);
    let outcome = OUTCOMES.iter().find(|it| it.0 == row.outcome).map(|it| it.1);
    let decline = Decline::ALL.into_iter().find(|it| it.0.word() == row.decline).map(|it| it.0);
    Ok(Added {
        kind: kind(&row.kind)?,
        method: method.ok_or_else(|| wrong("method", &row.method))?,
        outcome: outcome.ok_or_else(|| wrong("outcome", &row.outcome))?,
        decline: decline.ok_or_else(|| wrong("decline", &row.decline))?,
        created_at: row.created_at,
        finished_at: row.finished_at,
        settled_at: row.settled_at,
        corrected_at: row.corrected_at,
        amount: row.amount,
        currency: Currency::parse(&row.currency).ok_or_else(|| wrong("currency", &row.currency))?,
        fee: row.fee,
        test: row.test,
        of: row.of.as_deref().map(kind).transpose()?,
        root: row.root.map(id_of),
        reason: row.reason,
        key: row.key,
        card: row.card.map(|(bin, last4, month, year)| Card::known(bin, last4, month, year)),
        first_name: row.first_name.clone(),
        last_name: row.last_name.clone(),
        email: row.email.clone(),
        order: row.order.clone(),
        description: row.description.clone(),
        wire: row.wire.clone(),
    })
}

fn job(scenario: &Scenario, state: JobState) -> Result<Job, Problem> {
    let provider =
        providers::find(&state.provider).ok_or_else(|| wrong("provider", &state.provider))?;
    let merchant =
        scenario.merchant(&state.merchant).ok_or_else(|| wrong("merchant", &state.merchant))?;
    let phase = |(word, since): (String, Timestamp)| {
        let phase = Phase::ALL.into_iter().find(|it| it.word() == word);
        Ok::<_, Problem>((phase.ok_or_else(|| wrong("phase", &word))?, since))
    };
    Ok(Job {
        id: state.id,
        provider: provider.slug,
        merchant: merchant.id,
        reference: state.reference,
        request: state.request,
        requested_at: state.requested_at,
        timeline: Timeline {
            queued: state.queued,
            running: state.running,
            kept: state.kept,
            fails: state.fails,
        },
        forced: state.forced.map(phase).transpose()?,
    })
}

/// What the OpenAPI description says of the document.
fn schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        "required": ["sandtill_snapshot", "checksum", "state"],
        "additionalProperties": false,
        "properties": {
            "sandtill_snapshot": {"const": VERSION},
            "checksum": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
            "state": {"type": "object"},
        },
    })
}
