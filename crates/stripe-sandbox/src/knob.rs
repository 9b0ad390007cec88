//! The sandbox's settings under `/_sandbox`: retries of payments, and faults of webhooks and of the API. Each account
//! has its own.

mod record;

use serde_json::{Value, json};

pub(crate) use record::{Billing, Chaos, Trouble};

use crate::{account::Account, delivery::schedule, error::Result, form::Params, random::Random};

/// `GET` and `POST /_sandbox/billing`
pub(crate) fn billing(account: &mut Account, mut params: Params) -> Result<Value> {
    let mut knobs = account.billing.clone();
    if let Some(days) = params.texts("retry_days")? {
        knobs.retry_days = schedule(&days)?;
    }
    if let Some(after) = params.one_of("after_retries", &["cancel", "unpaid", "past_due"])? {
        knobs.after_retries = after;
    }
    knobs.draft_seconds = params.int_from("draft_seconds", 0)?.unwrap_or(knobs.draft_seconds);
    knobs.upcoming_days = params.int_from("upcoming_days", 0)?.unwrap_or(knobs.upcoming_days);
    params.done()?;
    account.billing = knobs;
    let knobs = &account.billing;
    Ok(json!({
        "object": "sandbox.billing",
        "retry_days": knobs.retry_days,
        "after_retries": knobs.after_retries,
        "draft_seconds": knobs.draft_seconds,
        "upcoming_days": knobs.upcoming_days,
    }))
}

/// `GET` and `POST /_sandbox/chaos`: sets the parameters that are sent and leaves the others.
pub(crate) fn chaos(account: &mut Account, mut params: Params) -> Result<Value> {
    let (mut chaos, mut trouble) = (account.chaos.clone(), account.trouble.clone());
    let mut probability = |key: &str, target: &mut f64| -> Result<()> {
        *target = params.number(key)?.unwrap_or(*target).clamp(0.0, 1.0);
        Ok(())
    };
    probability("duplicate", &mut chaos.duplicate)?;
    probability("reorder", &mut chaos.reorder)?;
    probability("delay", &mut chaos.delay)?;
    probability("drop", &mut chaos.drop)?;
    probability("wrong_signature", &mut chaos.wrong_signature)?;
    probability("fail", &mut trouble.fail)?;
    probability("lose", &mut trouble.lose)?;
    let mut whole = |key: &str, target: &mut i64| -> Result<()> {
        *target = params.int_from(key, 0)?.unwrap_or(*target);
        Ok(())
    };
    whole("reorder_ms", &mut chaos.reorder_ms)?;
    whole("delay_ms", &mut chaos.delay_ms)?;
    whole("fail_next", &mut trouble.fail_next)?;
    whole("slow_ms", &mut trouble.slow_ms)?;
    whole("rate_limit", &mut trouble.rate_limit)?;
    if let Some(status) = params.one_of("fail_status", &["429", "500", "502", "503"])? {
        trouble.fail_status = status.parse().unwrap_or(500);
    }
    if let Some(count) = params.int_from("concurrency", 1)? {
        chaos.concurrency = usize::try_from(count).unwrap_or(1);
    }
    if let Some(seconds) = params.texts("retry_seconds")? {
        chaos.retry_seconds = schedule(&seconds)?;
    }
    let seed = params.int("seed")?;
    params.done()?;
    (account.chaos, account.trouble) = (chaos, trouble);
    if let Some(seed) = seed {
        account.dice = Random::named(seed.unsigned_abs(), &account.key);
    }
    Ok(chaos_json(account))
}

fn chaos_json(account: &Account) -> Value {
    let (chaos, trouble) = (&account.chaos, &account.trouble);
    json!({
        "object": "sandbox.chaos",
        "duplicate": chaos.duplicate,
        "reorder": chaos.reorder,
        "reorder_ms": chaos.reorder_ms,
        "delay": chaos.delay,
        "delay_ms": chaos.delay_ms,
        "drop": chaos.drop,
        "wrong_signature": chaos.wrong_signature,
        "retry_seconds": chaos.retry_seconds,
        "concurrency": chaos.concurrency,
        "fail": trouble.fail,
        "fail_next": trouble.fail_next,
        "fail_status": if trouble.fail_status == 0 { 500 } else { trouble.fail_status },
        "lose": trouble.lose,
        "slow_ms": trouble.slow_ms,
        "rate_limit": trouble.rate_limit,
    })
}
