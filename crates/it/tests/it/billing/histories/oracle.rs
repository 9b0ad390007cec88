//! Computes the expected state of a tenant, only from the sandbox's objects and `product.toml`. Written independently
//! of the code under test, and as simply as possible: it uses nothing of `freehold_billing`.

use serde_json::{Map, Value, json};

use super::lane::{Lane, Payer, text};

const DAY: i64 = 86_400;
/// For both products: days of grace, and days that data is kept.
const GRACE: i64 = 7 * DAY;
const KEEP: i64 = 30 * DAY;

/// The facts about the tenant that are not at Stripe. Times in seconds since 1970.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    pub(super) created: i64,
    /// When its own trial of Starter ends.
    pub(super) trial_end: Option<i64>,
    /// Whether the product has a free plan: voice has, the pharmacy has not.
    pub(super) free: bool,
    pub(super) now: i64,
}

/// The facts of one subscription that decide the state.
struct Fact {
    status: String,
    /// Whether its price is custom, with the plan in its metadata.
    deal: bool,
    plan: String,
    version: i64,
    ended: Option<i64>,
    canceled: Option<i64>,
    created: i64,
    trial_end: Option<i64>,
    unpaid_since: i64,
    id: String,
}

/// The expected state of the tenant in Freehold.
pub(super) async fn truth(lane: &Lane, payer: &Payer, known: Known) -> Value {
    let path = format!("/v1/subscriptions?customer={}&status=all&limit=100", payer.customer);
    let (mut rows, mut facts) = (Map::new(), Vec::new());
    for found in lane.get(&path).await["data"].as_array().unwrap() {
        let owed = owed_since(lane, found).await;
        let (row, fact) = read(found, owed);
        rows.insert(text(&found["id"]), row);
        facts.push(fact);
    }
    let mut whole = standing(&facts, known);
    whole["subscriptions"] = Value::Object(rows);
    whole
}

/// Since when the oldest unpaid invoice of a subscription has been open.
async fn owed_since(lane: &Lane, subscription: &Value) -> Option<i64> {
    if !["past_due", "unpaid"].contains(&subscription["status"].as_str().unwrap()) {
        return None;
    }
    let path = format!("/v1/invoices?subscription={}&status=open&limit=100", text(&subscription["id"]));
    let open = lane.get(&path).await;
    let times = open["data"].as_array().unwrap().iter().map(|invoice| &invoice["status_transitions"]["finalized_at"]);
    times.filter_map(Value::as_i64).min()
}

fn read(found: &Value, owed: Option<i64>) -> (Value, Fact) {
    let item = &found["items"]["data"][0];
    let deal = item["price"]["lookup_key"].is_null();
    // `freehold_voice_starter_v1_month`, or the same key made up for a deal.
    let key = if deal {
        format!(
            "{}_v1_{}",
            text(&item["price"]["metadata"]["freehold_plan"]),
            text(&item["price"]["recurring"]["interval"])
        )
    } else {
        text(&item["price"]["lookup_key"])
    };
    let [.., plan, version, interval] = key.split('_').collect::<Vec<_>>()[..] else { panic!("{key}") };
    let version: i64 = version.trim_start_matches('v').parse().unwrap();
    let row = json!({
        "status": found["status"], "plan": plan, "version": version, "interval": interval, "seats": item["quantity"],
        "item": item["id"], "price": item["price"]["id"],
        "period_start": item["current_period_start"], "period_end": item["current_period_end"],
        "cancel_at_period_end": found["cancel_at_period_end"], "cancel_at": found["cancel_at"],
        "canceled_at": found["canceled_at"], "ended_at": found["ended_at"], "trial_end": found["trial_end"],
        "created": found["created"], "unpaid_since": owed,
    });
    let fact = Fact {
        status: text(&found["status"]),
        deal,
        plan: plan.to_owned(),
        version,
        ended: found["ended_at"].as_i64(),
        canceled: found["canceled_at"].as_i64(),
        created: found["created"].as_i64().unwrap(),
        trial_end: found["trial_end"].as_i64(),
        unpaid_since: owed.unwrap_or_else(|| item["current_period_start"].as_i64().unwrap()),
        id: text(&found["id"]),
    };
    (row, fact)
}

fn is(state: &str, plan: &str, version: i64, standing: &str, since: Option<i64>) -> Value {
    json!({ "state": state, "plan": plan, "version": version, "standing": standing, "since": since })
}

/// The tenant's state, by the plan's table: the first line that applies.
fn standing(facts: &[Fact], known: Known) -> Value {
    // Of running ones the oldest; of ended ones the last to end.
    let best = |status: &str| {
        let mut those: Vec<&Fact> = facts.iter().filter(|fact| fact.status == status).collect();
        those.sort_by_key(|fact| (fact.deal, fact.ended, fact.created, fact.id.clone()));
        if ["canceled", "incomplete_expired"].contains(&status) {
            return those.into_iter().max_by_key(|fact| (fact.ended, fact.created, fact.id.clone()));
        }
        let deal = those.iter().find(|fact| fact.deal).copied();
        deal.or(those.first().copied())
    };
    let (active, tried) = (best("active"), best("trialing"));
    let deal = [active, tried].into_iter().flatten().find(|fact| fact.deal);
    if let Some(paid) = deal.or(active).or(tried) {
        return is(&paid.status, &paid.plan, paid.version, "good", None);
    }
    if let Some(owing) = best("past_due").or_else(|| best("unpaid")) {
        let end = owing.unpaid_since + GRACE;
        return if known.now < end {
            is("past_due", &owing.plan, owing.version, "good", Some(owing.unpaid_since))
        } else {
            is("suspended", &owing.plan, owing.version, "suspended", Some(end))
        };
    }
    if known.trial_end.is_some_and(|end| known.now < end) {
        return is("trialing", "starter", 1, "good", None);
    }
    if known.free {
        return is("free", "free", 1, "good", None);
    }
    let (paused, canceled) = (best("paused"), best("canceled"));
    let over = match (paused, canceled) {
        (Some(paused), _) => paused.trial_end,
        (None, Some(canceled)) => canceled.ended.or(canceled.canceled),
        (None, None) => None,
    };
    let over = known.trial_end.into_iter().chain(over).max().unwrap_or(known.created);
    if known.now >= over + KEEP {
        return is("archived", "starter", 1, "archived", Some(over + KEEP));
    }
    let state = if paused.is_none() && canceled.is_some() { "cancelled" } else { "suspended" };
    is(state, "starter", 1, "suspended", Some(over))
}

/// Errors in a customer's payments, from Stripe's objects alone: more than one subscription runs, or one that was
/// cancelled because another ran beside it has kept money for time that was paid with the other one, too.
pub(super) async fn money(lane: &Lane, payer: &Payer) -> Vec<String> {
    let path = format!("/v1/subscriptions?customer={}&status=all&limit=100", payer.customer);
    let all = lane.get(&path).await["data"].as_array().unwrap().clone();
    let runs = ["trialing", "active", "past_due", "unpaid", "paused"];
    let running = all.iter().filter(|each| runs.contains(&each["status"].as_str().unwrap())).count();
    let mut wrong = Vec::new();
    if running > 1 {
        wrong.push(format!("{running} subscriptions run"));
    }
    for extra in &all {
        let Some(comment) = extra["cancellation_details"]["comment"].as_str() else { continue };
        let kept = comment.rsplit(' ').next().unwrap();
        let kept =
            all.iter().find(|each| each["id"] == kept).unwrap_or_else(|| panic!("{comment}: no such subscription"));
        let since = kept["created"].as_i64().unwrap();
        let path = format!("/v1/invoices?subscription={}&limit=100", text(&extra["id"]));
        for invoice in lane.get(&path).await["data"].as_array().unwrap() {
            wrong.extend(kept_twice(lane, invoice, since).await);
        }
    }
    wrong
}

/// Errors in an invoice of a subscription that should not have been paid after `since`.
async fn kept_twice(lane: &Lane, invoice: &Value, since: i64) -> Option<String> {
    let (id, paid) = (text(&invoice["id"]), invoice["amount_paid"].as_i64().unwrap());
    match invoice["status"].as_str().unwrap() {
        "paid" if paid > 0 => {}
        "open" => return Some(format!("{id} can still be paid")),
        _ => return None,
    }
    let number = |value: &Value| value.as_f64().unwrap();
    #[expect(clippy::cast_precision_loss, reason = "seconds since 1970 and cents are far below 2^52")]
    let (since, paid_for) = (since as f64, paid as f64);
    let (mut whole, mut twice) = (0.0, 0.0);
    for line in invoice["lines"]["data"].as_array().unwrap() {
        let (amount, start, end) =
            (number(&line["amount"]), number(&line["period"]["start"]), number(&line["period"]["end"]));
        let share =
            if end > start { (end - start.max(since)).max(0.0) / (end - start) } else { f64::from(start >= since) };
        (whole, twice) = (whole + amount, twice + amount * share);
    }
    let expected = if whole > 0.0 { (paid_for * twice / whole).clamp(0.0, paid_for) } else { 0.0 };
    let payments = lane.get(&format!("/v1/invoice_payments?invoice={id}")).await;
    let intent = text(&payments["data"][0]["payment"]["payment_intent"]);
    let refunds = lane.get(&format!("/v1/refunds?payment_intent={intent}&limit=100")).await;
    let refunds = refunds["data"].as_array().unwrap();
    let back: f64 = refunds.iter().map(|refund| number(&refund["amount"])).sum();
    // An operator may have refunded more by hand.
    let by_hand = refunds.iter().any(|refund| refund["reason"] != "duplicate");
    let right = back >= expected - 1.0 && (by_hand || back <= expected + 1.0);
    (!right).then(|| format!("{id}: {expected} of {paid} were paid twice, and {back} went back"))
}
