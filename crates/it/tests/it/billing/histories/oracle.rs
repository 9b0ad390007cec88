//! What has to be true of a tenant, from nothing but the sandbox's objects and the words of `product.toml`. Written apart from
//! the code that it judges, and as plainly as can be: no name of `freehold_billing` stands here.

use serde_json::{Map, Value, json};

use super::lane::{Lane, Payer, text};

const DAY: i64 = 86_400;
/// Of both products that are tried: days of grace, and days that data is kept.
const GRACE: i64 = 7 * DAY;
const KEEP: i64 = 30 * DAY;

/// What is known of the tenant apart from Stripe. Times in seconds since 1970.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    pub(super) created: i64,
    /// When its own trial of Starter ends.
    pub(super) trial_end: Option<i64>,
    /// Voice has a plan that costs nothing, the pharmacy has not.
    pub(super) free: bool,
    pub(super) now: i64,
}

/// One subscription, as far as it decides.
struct Fact {
    status: String,
    plan: String,
    version: i64,
    ended: Option<i64>,
    canceled: Option<i64>,
    created: i64,
    trial_end: Option<i64>,
    unpaid_since: i64,
    id: String,
}

/// All that Freehold should say of the tenant.
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

/// Since when the oldest invoice of a subscription is owed that nobody paid.
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
    // `freehold_voice_starter_v1_month`
    let key = text(&item["price"]["lookup_key"]);
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

/// Where the tenant stands, by the table of the plan: the first line that applies.
fn standing(facts: &[Fact], known: Known) -> Value {
    let best = |status: &str| {
        let those = facts.iter().filter(|fact| fact.status == status);
        those.max_by_key(|fact| (fact.ended, fact.created, fact.id.clone()))
    };
    for (status, state) in [("active", "active"), ("trialing", "trialing")] {
        if let Some(paid) = best(status) {
            return is(state, &paid.plan, paid.version, "good", None);
        }
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
