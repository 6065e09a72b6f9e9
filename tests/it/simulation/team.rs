//! A team at work in its space: does its steps and knows afterwards what has to be there.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

use super::books;
use super::clients;
use super::deed::{Deed, Disturbance, LAGS, MERCHANTS, METHODS, PROVIDERS, RULES, Step};
use super::model::Model;
use super::post::LATE;
use super::watch::Watch;
use crate::drivers::wepay;
use crate::support::{Answer, Record, Server};

/// What a check says when it fails.
pub(super) type Checked = Result<(), String>;

/// Models of so many steps are kept for the way back.
const PAST: usize = 60;

/// The receiver of a team's callbacks: where it is, and whether it accepts them.
#[derive(Clone, Debug)]
pub(super) struct Receiving {
    pub(super) url: String,
    pub(super) is_up: Arc<AtomicBool>,
}

/// A team, its space, and what it knows about it.
pub(super) struct Team {
    pub(super) server: Server,
    pub(super) name: &'static str,
    pub(super) record: Arc<Record>,
    pub(super) model: Model,
    pub(super) watch: Watch,
    receiving: Receiving,
    /// The number of the last event behind a step, with what was known then.
    past: Vec<(u64, Model)>,
    snapshot: Option<(String, Model)>,
}

/// Fails with a message unless a condition holds.
pub(super) fn ensure(holds: bool, message: impl FnOnce() -> String) -> Checked {
    if holds { Ok(()) } else { Err(message()) }
}

/// Unix seconds of an instant in an answer.
pub(super) fn second(value: &Value) -> Result<i64, String> {
    let at = value.as_str().and_then(|at| at.parse::<jiff::Timestamp>().ok());
    at.map(jiff::Timestamp::as_second).ok_or_else(|| format!("{value} is no instant"))
}

pub(super) fn instant(second: i64) -> String {
    jiff::Timestamp::from_second(second).unwrap().to_string()
}

impl Team {
    pub(super) fn new(
        server: Server,
        (name, record): (&'static str, Arc<Record>),
        (now, receiving): (i64, Receiving),
    ) -> Self {
        let model = Model { now, ..Model::default() };
        let (watch, past) = (Watch::default(), Vec::new());
        Self { server, name, record, model, watch, receiving, past, snapshot: None }
    }

    /// A call of the admin API that has to be answered with one of these statuses.
    pub(super) async fn ask(
        &self,
        (method, path): (&str, &str),
        body: &Value,
        statuses: &[u16],
    ) -> Result<Answer, String> {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let answer = self.server.admin(method, path, &body).await;
        let is_wanted = statuses.contains(&answer.status);
        ensure(is_wanted, || {
            let text = answer.text();
            format!("{method} {path} {body}: {} instead of {statuses:?}: {text}", answer.status)
        })?;
        Ok(answer)
    }

    pub(super) async fn get(&self, path: &str) -> Result<Value, String> {
        Ok(self.ask(("GET", path), &Value::Null, &[200]).await?.json())
    }

    /// Does a step, lets everything that is due happen, and looks after what has to hold all the time.
    pub(super) async fn perform(&mut self, step: &Step) -> Checked {
        self.act_out(step).await?;
        self.advance(0).await?;
        let arrivals = self.model.post.deliver(self.model.now, self.is_up());
        self.watch.look(&self.server, &self.record, arrivals).await?;
        let clock = self.get("/clock").await?;
        ensure(second(&clock["now"])? == self.model.now, || {
            format!("the clock shows {clock} instead of {}", instant(self.model.now))
        })?;
        let last = self.watch.events();
        self.past.push((last, self.model.clone()));
        if self.past.len() > PAST {
            self.past.remove(0);
        }
        Ok(())
    }

    fn is_up(&self) -> bool {
        self.receiving.is_up.load(Ordering::SeqCst)
    }

    async fn act_out(&mut self, step: &Step) -> Checked {
        match step.deed {
            Deed::Pay { amount, fee, method, held, minutes_ago } => {
                self.pay((amount, fee), METHODS[method], (held, minutes_ago)).await
            }
            Deed::Act { action, pick, share } => self.act(action, pick, share).await,
            Deed::Amend { pick, fee, more } => self.amend(pick, fee, more).await,
            Deed::Touch { action, pick, share } => self.touch(action, pick, share).await,
            Deed::Deposit { pick, fate, merchant } => self.befall(pick, fate, merchant).await,
            Deed::Read { provider, merchant } => {
                clients::visit(self, PROVIDERS[provider], MERCHANTS[merchant]).await
            }
            Deed::Report { merchant } => self.report(step.number, MERCHANTS[merchant]).await,
            Deed::Receiver { is_up } => {
                self.receiving.is_up.store(is_up, Ordering::SeqCst);
                Ok(())
            }
            Deed::Lag { .. } | Deed::Fault(_) | Deed::Disturb(_) | Deed::Calm => {
                self.set(&step.deed).await
            }
            Deed::Advance { minutes } => self.advance(minutes * 60).await,
            Deed::Jump { minutes } => self.jump(self.model.now + minutes * 60).await,
            Deed::Look { minutes } => self.look(minutes * 60).await,
            Deed::Fork => books::fork_is_apart(self, step.number).await,
            Deed::Snapshot => {
                let text = self.ask(("GET", "/snapshot"), &Value::Null, &[200]).await?.text();
                self.snapshot = Some((text, self.model.clone()));
                Ok(())
            }
            Deed::Restore => self.restore().await,
            Deed::Rewind { back } => self.rewind(back).await,
            Deed::Night => self.night(step.number).await,
            Deed::Restart => Err("a restart is for all teams".to_owned()),
        }
    }

    /// Levers and faults.
    async fn set(&mut self, deed: &Deed) -> Checked {
        let (method, path, body) = match deed {
            Deed::Lag { provider, rules } => {
                self.model.lags[*provider] = *rules;
                ("PUT", format!("/reporting/{}", PROVIDERS[*provider]), LAGS[*rules].to_owned())
            }
            Deed::Fault(rule) => {
                self.model.has_faults = true;
                ("POST", "/faults".to_owned(), RULES[*rule].to_owned())
            }
            Deed::Disturb(disturbance) => {
                self.model.post.disturb(*disturbance);
                let fault = match disturbance {
                    Disturbance::Twice => r#""duplicate""#.to_owned(),
                    Disturbance::Drop => r#""drop""#.to_owned(),
                    Disturbance::Late => format!(r#""late","by":"{LATE}s""#),
                };
                let rule =
                    format!(r#"{{"provider":"wepay","times":1,"fault":{{"kind":{fault}}}}}"#);
                ("POST", "/faults".to_owned(), rule)
            }
            _ => {
                self.model.has_faults = false;
                self.model.post.calm();
                ("DELETE", "/faults".to_owned(), "null".to_owned())
            }
        };
        let body: Value = serde_json::from_str(&body).unwrap();
        self.ask((method, &path), &body, &[200, 201, 204]).await.map(drop)
    }

    /// A report of yesterday and before, with a callback address of its own.
    async fn report(&mut self, number: u32, merchant: &str) -> Checked {
        let before = self.callbacks().await?;
        let path = format!("/{}/{number}", self.name);
        let account = wepay::account(&self.server, merchant);
        let mut request =
            wepay::transactions(account, (self.model.now - 5 * 86_400, self.model.now));
        request["callback_uri"] = json!(format!("{}{path}", self.receiving.url));
        let answer = wepay::call(&self.server, merchant, "report/create", &request).await;
        // A fault may have struck before or after the report was made.
        let made = self.callbacks().await?.difference(&before).count();
        ensure(made == 2 || made == 0 && self.model.has_faults, || {
            format!("{made} callbacks behind {} {}", answer.status, answer.text())
        })?;
        if made == 2 {
            self.model.post.plan(&path, self.model.now);
        }
        Ok(())
    }

    /// The ids of all callbacks. Those of before a rewind are given to nobody again.
    async fn callbacks(&self) -> Result<BTreeSet<u64>, String> {
        let list = self.get("/callbacks?limit=1000").await?;
        let callbacks = list["callbacks"].as_array().ok_or("no callbacks")?;
        Ok(callbacks.iter().filter_map(|it| it["id"].as_u64()).collect())
    }

    pub(super) async fn advance(&mut self, seconds: i64) -> Checked {
        let body = json!({"by": format!("{seconds}s")});
        let advanced = self.ask(("POST", "/clock/advance"), &body, &[200]).await?.json();
        self.model.now += seconds;
        let happened = advanced["happened"].as_array().ok_or("nothing told")?;
        let times = happened.iter().map(|it| second(&it["at"]));
        let times = times.collect::<Result<Vec<_>, _>>()?;
        ensure(times.is_sorted() && times.iter().all(|at| *at <= self.model.now), || {
            format!("out of order: {advanced}")
        })
    }

    async fn jump(&mut self, to: i64) -> Checked {
        self.model.now = to;
        self.ask(("PUT", "/clock"), &json!({"now": instant(to)}), &[200]).await.map(drop)
    }

    /// At an earlier instant the rows of that instant are there, and no others.
    async fn look(&mut self, back: i64) -> Checked {
        let (now, then) = (self.model.now, self.model.now - back);
        self.jump(then).await?;
        let list = format!("/transactions?merchant={}&limit=1000", MERCHANTS[0]);
        let list = self.get(&list).await?;
        let count = list["transactions"].as_array().map_or(0, Vec::len);
        let expected = self.model.count_at(then);
        ensure(count == expected, || {
            format!("{count} rows at {} instead of {expected}", instant(then))
        })?;
        self.jump(now).await
    }

    async fn restore(&mut self) -> Checked {
        let Some((text, model)) = self.snapshot.take() else { return Ok(()) };
        let snapshot: Value = serde_json::from_str(&text).map_err(|err| err.to_string())?;
        self.ask(("PUT", "/snapshot"), &snapshot, &[200]).await?;
        self.model = model;
        Ok(())
    }

    async fn rewind(&mut self, back: usize) -> Checked {
        let Some(at) = self.past.len().checked_sub(back) else { return Ok(()) };
        let (event, model) = self.past[at].clone();
        let oldest = self.get("/history?since=0&limit=1").await?["events"][0]["id"].as_u64();
        let is_kept = oldest.is_some_and(|oldest| event >= oldest);
        let status = if is_kept { 200 } else { 409 };
        self.ask(("POST", "/history/rewind"), &json!({"to": event}), &[status]).await?;
        if is_kept {
            self.model = model;
        }
        Ok(())
    }

    /// The books are checked; then it is the next morning.
    async fn night(&mut self, number: u32) -> Checked {
        books::are_right(self, number).await?;
        let seconds = 86_400 - self.model.now.rem_euclid(86_400) + 9 * 3600;
        self.advance(seconds).await
    }

    /// The server was started again.
    pub(super) async fn resume(&mut self, server: &Server) -> Checked {
        self.server = server.in_space(self.name, Arc::clone(&self.record));
        self.watch.resume(&self.server).await
    }
}
