//! Calls: runs that an engine conducts.
//!
//! A call is created with its run and a job that [posts it to the engine](handover). The engine's [reports](report) and
//! the [watch](mod@watch) advance it; `state` decides how. A call ends only once. The transaction that ends it also
//! commits or releases the reservation of its usage, and publishes the events.

mod cancel;
pub mod handover;
mod message;
pub mod report;
mod state;
mod store;
pub mod watch;

use freehold_core::{Caller, Error, FieldError, Money, OptionExt, Result, codes};
use freehold_db::{Db, Json, TenantTx};
use freehold_jobs::{NewJob, QueueTerms, job_enqueue, outbox::event_publish_all};
use freehold_metering::usage::{Allowance, usage_commit, usage_release, usage_reserve};
use freehold_outbound::{HeaderMap, signature};
use freehold_vault::Vault;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use uuid::Uuid;

pub use cancel::{CANCEL, call_cancel};
use report::{Report, problems};
use state::{Call, Effects, Ending, Happening, Kept, view};
pub(crate) use state::{Status, View};
pub use store::STATEMENTS;
pub(crate) use store::{CallSeen, ReportRow};

use super::{EngineId, engine_choose, secret::keys, store::engine_secrets_of_run};
use crate::{
    CALLS_METER,
    execution::Execution,
    field_errors,
    graph::{Variables, destination::dialled, validate::validate_inputs},
    run::{Run, RunId, events::run_events},
    split::Choice,
};

/// How long a run may wait for an engine to accept it.
pub const TAKEN_WITHIN: SignedDuration = SignedDuration::from_hours(1);
/// Most reports that are stored for one run; after that only its result is accepted.
pub const REPORTS_KEPT: i64 = 5_000;
/// How much longer the reservation of a call is kept than the call can last. The watch ends the call long before.
const SLACK: SignedDuration = SignedDuration::from_hours(1);

/// A run to be conducted by an engine.
#[derive(Clone, Debug)]
pub struct NewCall {
    /// The run's id.
    pub id: RunId,
    /// The values of the graph's inputs.
    pub inputs: Variables,
    /// The engine; none: the organization's only engine.
    pub engine: Option<EngineId>,
    /// Who is called: a phone number with its country code or a `sip:` address. None: the engine knows it by itself.
    pub phone_number: Option<String>,
    /// The campaign that calls; none: the run belongs to no campaign.
    pub campaign: Option<Uuid>,
}

/// The result of a message from an engine.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    /// The run's status now.
    pub(crate) status: &'static str,
    /// The lease: when the engine has to send its next message, UTC; none: the run has ended.
    pub(crate) lease_until: Option<Timestamp>,
    /// How many of its reports were new.
    pub(crate) new: usize,
}

/// Creates a run for an engine: it waits in the queue, and one call of the plan is reserved for it. For handlers and
/// campaigns; `terms` are the plan's limits for the job queue.
pub async fn call_create(
    tx: &mut TenantTx,
    minute: Money,
    allowance: &Allowance,
    terms: &QueueTerms,
    Choice { workflow, split }: Choice,
    new: NewCall,
) -> Result<Run> {
    let now = tx.now();
    let graph = &workflow.graph.0;
    let mut problems = field_errors(validate_inputs(graph, &new.inputs), "");
    let phone_number = new.phone_number.as_deref().map(dialled);
    if let Some(Err(message)) = &phone_number {
        let message = if message.starts_with("expected") {
            "expected a number with its country code, such as +4930901820, or a sip: address".to_owned()
        } else {
            message.clone()
        };
        problems.push(FieldError { pointer: "/phone_number".to_owned(), message });
    }
    if !problems.is_empty() {
        return Err(Error::invalid_fields(problems));
    }
    let engine = engine_choose(tx, new.engine).await?;
    let (lease, longest) = (seconds(engine.lease_seconds), seconds(engine.longest_seconds));
    let call = Call::new(lease, longest, TAKEN_WITHIN, now);
    usage_reserve(tx, allowance, new.id.uuid(), 1, call.deadline + SLACK).await?;
    let tenant = tx.caller().tenant();
    let run = tx
        .fetch_one(store::run_insert(store::QueuedRun {
            tenant,
            id: new.id,
            workflow: workflow.id,
            version: workflow.version,
            split,
            campaign: new.campaign,
            execution: Json(Execution::conducted(graph, &new.inputs)),
            cost_currency: minute.currency.code(),
            usage_period: allowance.period_start,
        }))
        .await?;
    tx.execute(store::call_insert(store::NewCallRow {
        tenant,
        run: new.id,
        engine: engine.id,
        phone_number: phone_number.and_then(Result::ok),
        lease_seconds: engine.lease_seconds,
        longest_seconds: engine.longest_seconds,
        lease_until: call.lease_until,
        deadline: call.deadline,
    }))
    .await?;
    let job = NewJob::now(tx.id(), &handover::HANDOVER, json!({ "run_id": new.id }), now);
    job_enqueue(tx, terms, job).await?;
    Ok(run)
}

/// Processes reports of an engine on a call. Reports that were received before have no effect.
pub(crate) async fn call_report(tx: &mut TenantTx, minute: Money, id: RunId, reports: &[Report]) -> Result<Received> {
    let wrong = problems(reports);
    if !wrong.is_empty() {
        return Err(Error::invalid_fields(wrong));
    }
    let row = tx.fetch_optional(store::call_lock(id)).await?.or_not_found("run")?;
    let call = row.call()?;
    room_check(&row, &call, reports)?;
    let new = reports_keep(tx, id, reports, call.is_deaf()).await?;
    let count = new.len();
    let (call, _) = call_advance(tx, minute, id, row, Happening::Reported(&new)).await?;
    let lease_until = (!call.status.is_final()).then_some(call.lease_until);
    Ok(Received { status: call.status.name(), lease_until, new: count })
}

/// Processes another event of a call. Returns the call, and its run if that changed.
async fn call_happens(tx: &mut TenantTx, minute: Money, id: RunId, happening: Happening<'_>) -> Result<Option<Run>> {
    match tx.fetch_optional(store::call_lock(id)).await? {
        Some(row) => Ok(call_advance(tx, minute, id, row, happening).await?.1),
        None => Err(Error::not_found("run")),
    }
}

/// Advances a locked call, and does everything that follows from it.
async fn call_advance(
    tx: &mut TenantTx,
    minute: Money,
    id: RunId,
    row: store::CallRow,
    happening: Happening<'_>,
) -> Result<(Call, Option<Run>)> {
    let now = tx.now();
    let before = row.call()?;
    let mut call = before.clone();
    let Effects { began, ended, stop_engine } = call.advance(happening, now)?;
    if call != before {
        let ended_at = ended.is_some().then_some(now);
        let Call { lease_until, deadline, accepted_at, result_sequence, .. } = call;
        tx.execute(store::call_update(id, lease_until, deadline, accepted_at, result_sequence, ended_at)).await?;
    }
    let mut run = None;
    if began {
        run = Some(tx.fetch_one(store::run_begin(id)).await?);
    }
    if let Some(ending) = ended {
        run = Some(run_end(tx, minute, id, row, ending).await?);
    }
    if let Some(run) = &run {
        event_publish_all(tx, run_events(run, began)?).await?;
    }
    if stop_engine {
        let key = Some(id.to_string());
        let job = NewJob::now(tx.id(), &CANCEL, json!({ "run_id": id }), now);
        // This job is the system's and not the customer's, so the plan's limit for the queue does not apply.
        job_enqueue(tx, &QueueTerms::OPEN, NewJob { key, ..job }).await?;
    }
    Ok((call, run))
}

/// Ends the run: the reservation of its usage is committed or released.
async fn run_end(tx: &mut TenantTx, minute: Money, id: RunId, row: store::CallRow, ending: Ending) -> Result<Run> {
    let Ending { status, ended, duration_ms, paid } = ending;
    if paid {
        usage_commit(tx, CALLS_METER, row.usage_period, id.uuid(), 1).await?;
    } else {
        usage_release(tx, CALLS_METER, row.usage_period, id.uuid()).await?;
    }
    let minutes = if paid { (duration_ms + 59_999) / 60_000 } else { 0 };
    let cost = minute.minor.saturating_mul(minutes);
    let mut execution = row.execution.0;
    let (outcome, success) = (ended.outcome.clone(), ended.success);
    execution.conducted_end(ended, u64::try_from(duration_ms).unwrap_or_default());
    let execution = Json(execution);
    tx.fetch_one(store::run_end(id, status.name(), &outcome, success, execution, duration_ms, cost)).await
}

/// Succeeds while more reports may be stored. A result is always accepted.
fn room_check(row: &store::CallRow, call: &Call, reports: &[Report]) -> Result<()> {
    let count = i64::try_from(reports.len()).unwrap_or(i64::MAX);
    let last_word = !call.status.is_final() && matches!(reports, [Report::Result { .. }]);
    if row.reports.saturating_add(count) <= REPORTS_KEPT || last_word {
        return Ok(());
    }
    let message =
        format!("A run stores at most {REPORTS_KEPT} reports. It now accepts only its result, alone in a message.");
    Err(Error::new(codes::CONFLICT, message))
}

/// Stores the reports and returns the new ones.
async fn reports_keep(tx: &mut TenantTx, id: RunId, reports: &[Report], late: bool) -> Result<Vec<Report>> {
    if reports.is_empty() {
        return Ok(Vec::new());
    }
    let ids = reports.iter().map(|report| report.id().to_owned()).collect();
    let insert = store::report_insert(tx.caller().tenant(), id, ids, json!(reports), late);
    let mut new: Vec<String> = tx.fetch_all(insert).await?.into_iter().map(|(id,)| id).collect();
    // If one message holds two reports with the same id, the first was stored.
    let kept = reports.iter().filter(|report| {
        let found = new.iter().position(|id| id == report.id());
        found.map(|index| new.swap_remove(index)).is_some()
    });
    Ok(kept.cloned().collect())
}

/// A call as readers see it, after the reports of its engine that count.
pub(crate) async fn call_see(tx: &mut TenantTx, id: RunId) -> Result<(CallSeen, View)> {
    let seen = tx.fetch_one(store::call_find(id)).await?;
    let rows = tx.fetch_all(store::report_list(id)).await?;
    let kept = rows.into_iter().map(|row| Kept { report: row.report.0, late: row.late }).collect();
    let view = view(kept, seen.result_sequence);
    Ok((seen, view))
}

/// Lists every report of a run's engine, in order.
pub(crate) async fn report_list(db: &Db, caller: &Caller, id: RunId) -> Result<Vec<ReportRow>> {
    db.tenant(caller).fetch_all(store::report_list(id)).await
}

/// Returns the tenant of a run; none: the run has no engine.
pub(crate) async fn call_tenant(db: &Db, id: RunId) -> Result<Option<freehold_core::TenantId>> {
    let found = db.system("find the tenant of an engine's run").fetch_optional(store::tenant_of(id)).await?;
    Ok(found.map(|(tenant,)| tenant))
}

/// Whether the engine of a run signed this message.
pub(crate) async fn call_signed(
    db: &Db,
    caller: &Caller,
    vault: &Vault,
    id: RunId,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<bool> {
    let now = db.clock().now();
    let found = db.tenant(caller).fetch_optional(engine_secrets_of_run(id)).await?;
    let Some(secrets) = found else { return Ok(false) };
    let verifiers: Vec<_> = keys(vault, &secrets, now)?.iter().map(signature::Key::verifier).collect();
    Ok(signature::verify(&verifiers, headers, body, now).is_ok())
}

impl store::CallRow {
    fn call(&self) -> Result<Call> {
        Ok(Call {
            status: Status::of(&self.status)?,
            lease: seconds(self.lease_seconds),
            longest: seconds(self.longest_seconds),
            lease_until: self.lease_until,
            deadline: self.deadline,
            accepted_at: self.accepted_at,
            result_sequence: self.result_sequence,
        })
    }
}

fn seconds(seconds: i32) -> SignedDuration {
    SignedDuration::from_secs(seconds.into())
}
