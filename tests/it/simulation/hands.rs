//! What testers do by hand to payments and deposits, and what the books say about it beforehand.

use serde_json::{Value, json};

use super::deed::{Action, FATES, MERCHANTS};
use super::model::{CHARGEBACK_FEE, Payment};
use super::team::{Checked, Team, ensure, instant};

impl Team {
    /// A payment or an authorization is added.
    pub(super) async fn pay(
        &mut self,
        (amount, fee): (i64, i64),
        method: &'static str,
        (held, minutes_ago): (bool, i64),
    ) -> Checked {
        let at = self.model.now - minutes_ago * 60;
        let status = if held { "authorized" } else { "captured" };
        let body = json!({"merchant": MERCHANTS[0], "amount": amount, "currency": "USD",
            "fee": fee.min(amount), "method": method, "status": status, "at": instant(at)});
        let row = self.ask(("POST", "/transactions"), &body, &[201]).await?.json();
        ensure(row["amount"] == amount && row["created_at"] == instant(at), || row.to_string())?;
        let payment = Payment::new((amount, fee.min(amount)), method, (held, at));
        let id = row["id"].as_i64().ok_or("a payment without an id")?;
        let other = self.model.payments.insert(id, payment);
        ensure(other.is_none(), || format!("id {id} was given out twice"))
    }

    /// An id of a payment of the model.
    fn pick(&self, pick: usize) -> Option<i64> {
        let count = self.model.payments.len();
        // Half of the time one of the newest.
        let at = match pick % 2 {
            0 => pick / 2 % count.max(1),
            _ => count.saturating_sub(1 + pick / 2 % 6),
        };
        self.model.payments.keys().nth(at).copied()
    }

    /// An action on a payment, which has to be refused when the books say so.
    pub(super) async fn act(&mut self, action: Action, pick: usize, share: i64) -> Checked {
        // Two of three actions are chosen among those that are possible.
        let possible = self.model.payments.iter().filter(|it| it.1.most(action).is_some());
        let possible: Vec<i64> = possible.map(|it| *it.0).collect();
        let chosen = match pick % 3 {
            0 => self.pick(pick / 3),
            _ => possible.get(pick / 3 % possible.len().max(1)).copied(),
        };
        let Some(id) = chosen else { return Ok(()) };
        let payment = &self.model.payments[&id];
        let most = payment.most(action);
        let is_bank = payment.method == "bank" && action == Action::Chargeback;
        let requested = match (action, most) {
            (Action::Capture | Action::Refund | Action::Chargeback, Some(most)) if share > 1000 => {
                Some(most + share - 1000)
            }
            (Action::Capture | Action::Refund | Action::Chargeback, Some(most))
                if share < 1000 && !is_bank =>
            {
                Some((most * share / 1000).max(1))
            }
            _ => None,
        };
        let is_possible =
            most.is_some_and(|most| requested.is_none_or(|requested| requested <= most));
        let statuses: &[u16] = match action {
            Action::Settle if is_possible => &[200, 201, 409],
            _ if is_possible => &[200, 201],
            _ => &[409],
        };
        let answer =
            self.ask(("POST", &path(id, action)), &body(action, requested), statuses).await?;
        if answer.status == 409 {
            return Ok(());
        }
        let row = answer.json();
        if let Some(requested) = requested {
            ensure(row["amount"] == requested, || format!("{requested} was asked for: {row}"))?;
        }
        if action == Action::Chargeback && payment.method == "card" {
            ensure(row["fee"] == CHARGEBACK_FEE, || format!("fee of {row}"))?;
        }
        self.model.payments.get_mut(&id).unwrap().note(action, &row)
    }

    /// Other values of a payment, but not less than was given back.
    pub(super) async fn amend(&mut self, pick: usize, fee: i64, more: i64) -> Checked {
        let Some(id) = self.pick(pick) else { return Ok(()) };
        let path = format!("/transactions/{id}/amend");
        let payment = self.model.payments.get_mut(&id).unwrap();
        if payment.is_held {
            return Ok(());
        }
        let least = payment.given_back();
        // Less than what was given back is impossible.
        if least > 1 && more < 100 {
            let body = json!({"amount": least - 1, "fee": 0});
            return self.ask(("POST", &path), &body, &[400, 409]).await.map(drop);
        }
        (payment.amount, payment.fee) = (payment.amount + more, fee.min(payment.amount));
        let body = json!({"amount": payment.amount, "fee": payment.fee});
        let row = self.ask(("POST", &path), &body, &[200]).await?.json();
        self.model.is_amended |= !row["settled_at"].is_null();
        Ok(())
    }

    /// Something is tried on a payment that was generated.
    pub(super) async fn touch(&mut self, action: Action, pick: usize, share: i64) -> Checked {
        let list = format!("/transactions?merchant={}&limit=60", MERCHANTS[1]);
        let list = self.get(&list).await?;
        let rows = list["transactions"].as_array().ok_or("no list")?;
        let Some(row) = rows.get(pick % rows.len().max(1)) else { return Ok(()) };
        let id = row["id"].as_i64().ok_or("a row without an id")?;
        let amount = row["amount"].as_i64().unwrap_or_default();
        let takes = [Action::Capture, Action::Refund, Action::Chargeback].contains(&action);
        let requested = Some((amount * share / 1000).max(1)).filter(|_| takes && share != 1000);
        let requested = body(action, requested);
        self.ask(("POST", &path(id, action)), &requested, &[200, 201, 409]).await.map(drop)
    }

    /// A deposit fails, comes back or is late.
    pub(super) async fn befall(&mut self, pick: usize, fate: usize, merchant: usize) -> Checked {
        let list = format!("/deposits?merchant={}&limit=6", MERCHANTS[merchant]);
        let list = self.get(&list).await?;
        let Some(deposit) = list["deposits"].as_array().and_then(|it| it.get(pick)) else {
            return Ok(());
        };
        let (does, body) = FATES[fate];
        let path = format!("/deposits/{}/{does}", deposit["id"]);
        let can_be = match deposit["status"].as_str().unwrap_or_default() {
            "on_the_way" => true,
            "paid" => does != "delay",
            _ => false,
        };
        let body: Value = serde_json::from_str(body).unwrap();
        self.ask(("POST", &path), &body, if can_be { &[200] } else { &[409] }).await.map(drop)
    }
}

fn path(id: i64, action: Action) -> String {
    let word = match action {
        Action::Capture => "capture",
        Action::Refund => "refund",
        Action::Void => "void",
        Action::Chargeback => "chargeback",
        Action::Win | Action::Lose => "dispute",
        Action::Settle => "settle",
    };
    format!("/transactions/{id}/{word}")
}

fn body(action: Action, amount: Option<i64>) -> Value {
    match action {
        Action::Win => json!({"outcome": "won"}),
        Action::Lose => json!({"outcome": "lost"}),
        _ => amount.map_or_else(|| json!({}), |amount| json!({"amount": amount})),
    }
}
