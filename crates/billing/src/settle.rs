//! Storing the state of an organization: its account, what requests see, the events, the audit log and the mails, all
//! in one transaction.

mod store;
pub mod sweep;

use freehold_core::{Context, Error, Id, Plan, Result, TenantId, codes, reason_check};
use freehold_db::{
    SystemTx,
    audit::{EntryActor, NewEntry, audit_append_system},
};
use freehold_jobs::outbox::{Event, event_publish_system};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

pub use store::STATEMENTS;

use crate::{
    Billing,
    account::{Account, account_lock, account_write_grant, account_write_trial},
    event::{PlanChanged, StateChanged},
    lifecycle::{Became, Before, Decision, Facts, Notice, State, Terms, decide, notices},
    subscription::{Subscription, counting, subscription_list_of},
};

/// The longest trial that an operator gives, from now.
const LONGEST_TRIAL: SignedDuration = SignedDuration::from_hours(366 * 24);

/// The result of settling an organization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// State before.
    pub from: State,
    /// Decision about the state now.
    pub decision: Decision,
    /// Whether requests see a new plan or a new standing.
    pub changed: bool,
}

/// Opens the account of a tenant that is created in this transaction.
pub async fn account_open(tx: &mut SystemTx, billing: &Billing, tenant: TenantId) -> Result<()> {
    let account = account_lock(tx, billing, tenant).await?;
    settle(tx, billing, &account, None).await.map(drop)
}

/// Grants the tenant a plan whatever Stripe says, or revokes the grant.
pub async fn account_grant(billing: &Billing, tenant: TenantId, plan: Option<&Plan>) -> Result<()> {
    account_grant_because(billing, tenant, plan, None).await
}

/// The same with the reason, which the organization reads in its audit.
///
/// # Errors
/// `not_found`; `validation_failed` for a reason without text.
pub async fn account_grant_because(
    billing: &Billing,
    tenant: TenantId,
    plan: Option<&Plan>,
    reason: Option<&str>,
) -> Result<()> {
    let reason = reason.map(reason_check).transpose()?;
    let mut tx = billing.db.system("operator grants a plan").begin().await?;
    let before = account_lock(&mut tx, billing, tenant).await?.granted();
    let account = account_write_grant(&mut tx, tenant, plan).await?;
    if let Some(reason) = reason {
        let name = |plan: Option<&Plan>| plan.map(|plan| plan.id.clone());
        let entry = NewEntry::of_organization(tx.id(), "billing.plan_granted")
            .detail(json!({ "reason": reason }))
            .changed(json!({ "granted_plan": name(before.as_ref()) }), json!({ "granted_plan": name(plan) }));
        audit_append_system(&mut tx, tenant, EntryActor::SYSTEM, entry).await?;
    }
    let subscriptions = subscription_list_of(&mut tx, tenant).await?;
    settle(&mut tx, billing, &account, counting(&subscriptions)).await?;
    tx.commit().await?;
    (billing.changed)();
    Ok(())
}

/// Extends the organization's trial without a card, also one that has ended, or gives it one.
///
/// # Errors
/// `not_found`; `conflict` when the product has no trial, or the organization has a granted plan or a subscription;
/// `validation_failed` for a time that has passed or is more than a year away, and without a reason.
pub async fn trial_extend(billing: &Billing, tenant: TenantId, ends_at: Timestamp, reason: &str) -> Result<Account> {
    let reason = reason_check(reason)?;
    let conflict = |message: &'static str| Err(Error::new(codes::CONFLICT, message));
    if billing.product.trial.is_none() {
        return conflict("The product has no trial. Grant a plan instead.");
    }
    let mut tx = billing.db.system("operator extends a trial").begin().await?;
    let latest = tx.now().saturating_add(LONGEST_TRIAL).unwrap_or(Timestamp::MAX);
    if ends_at <= tx.now() || ends_at > latest {
        return Err(Error::invalid("/ends_at", format!("expected a time after now and until {latest}")));
    }
    let before = account_lock(&mut tx, billing, tenant).await?;
    let subscriptions = subscription_list_of(&mut tx, tenant).await?;
    let counts = counting(&subscriptions);
    if before.granted().is_some() {
        return conflict("The organization has a granted plan, which no trial replaces. Revoke the grant first.");
    }
    if counts.is_some_and(|found| ["trialing", "active", "past_due", "unpaid"].contains(&found.status.as_str())) {
        return conflict("The organization has a subscription, which no trial replaces. Extend its trial at Stripe.");
    }
    let account = account_write_trial(&mut tx, tenant, ends_at).await?;
    let entry = NewEntry::of_organization(tx.id(), "billing.trial_extended")
        .detail(json!({ "reason": reason }))
        .changed(json!({ "trial_ends_at": before.trial_ends_at }), json!({ "trial_ends_at": ends_at }));
    audit_append_system(&mut tx, tenant, EntryActor::SYSTEM, entry).await?;
    settle(&mut tx, billing, &account, counts).await?;
    tx.commit().await?;
    (billing.changed)();
    Ok(account)
}

/// Decides the state of an organization and stores it with all consequences: once, however often it is called.
/// `account` must be locked by this transaction; `subscription` is the one that counts.
pub async fn settle(
    tx: &mut SystemTx,
    billing: &Billing,
    account: &Account,
    subscription: Option<&Subscription>,
) -> Result<Settled> {
    let now = tx.now();
    let tenant = account.tenant_id;
    let terms = Terms::of(&billing.product);
    let facts = Facts {
        created_at: account.created_at,
        trial_ends_at: account.trial_ends_at,
        granted: account.granted(),
        subscription: subscription.cloned(),
    };
    let before = Before { state: account.state.parse()?, since: account.state_since };
    let (id, version) = tx.fetch_one(store::tenant_plan(tenant)).await?;
    let plan_before = Plan { id, version };
    let decision = placed(decide(&facts, &terms, now), before, &plan_before);

    let Decision { state, plan, standing, since, next, .. } = &decision;
    tx.execute(store::account_settle(tenant, state.name(), *since, *next)).await?;
    let settled = store::tenant_settle(tenant, &plan.id, plan.version, standing.name());
    let (changed,) = tx.fetch_one(settled).await?;
    let mut told = Told { tx, billing, tenant };
    if *state != before.state {
        told.state_changed(before.state, &decision).await?;
    }
    if *plan != plan_before {
        told.plan_changed(&plan_before, &decision).await?;
    }
    for notice in notices(before, &decision, &facts, &terms, now) {
        told.notify(&notice).await?;
    }
    Ok(Settled { from: before.state, decision, changed })
}

/// Adjusts the decision to what was stored before: a default plan keeps its version, and a state that continues keeps
/// its beginning where the facts do not give it.
fn placed(mut decision: Decision, before: Before, plan_before: &Plan) -> Decision {
    if !decision.bought && decision.plan.id == plan_before.id {
        decision.plan.version = plan_before.version;
    }
    let paid = decision.bought && matches!(decision.state, State::Active | State::Trialing);
    if paid {
        // A subscription's period begins anew with every payment, and may have begun before a past-due time that is
        // over.
        decision.since = if decision.state == before.state { before.since } else { decision.since.max(before.since) };
    }
    decision
}

/// Announces a change, in the transaction that makes it.
struct Told<'a> {
    tx: &'a mut SystemTx,
    billing: &'a Billing,
    tenant: TenantId,
}

impl Told<'_> {
    async fn state_changed(&mut self, from: State, decision: &Decision) -> Result<()> {
        let event = StateChanged {
            from: from.name().to_owned(),
            to: decision.state.name().to_owned(),
            standing: decision.standing.name().to_owned(),
            plan: (&decision.plan).into(),
            since: decision.since,
            until: decision.until,
        };
        self.happened(&event, "state").await
    }

    async fn plan_changed(&mut self, from: &Plan, decision: &Decision) -> Result<()> {
        let event =
            PlanChanged { from: from.into(), to: (&decision.plan).into(), state: decision.state.name().to_owned() };
        self.happened(&event, "plan").await
    }

    /// Publishes an event, and appends an audit entry with the same name, id and content. The event's `from` and `to` are
    /// the values of `field` before and after the change.
    async fn happened<E: Event>(&mut self, event: &E, field: &str) -> Result<()> {
        let id = event_publish_system(self.tx, self.tenant, event).await?;
        let detail = serde_json::to_value(event).context("writing an audit entry")?;
        let (before, after) = (json!({ field: detail["from"] }), json!({ field: detail["to"] }));
        let entry = NewEntry::of_organization(Id::new(id.uuid()), E::TYPE).detail(detail).changed(before, after);
        audit_append_system(self.tx, self.tenant, EntryActor::SYSTEM, entry).await
    }

    async fn notify(&mut self, notice: &Notice) -> Result<()> {
        let data = self.mail_data(notice);
        let notify = store::notify(self.tenant, &notice.cause, notice.template.name(), data);
        self.tx.fetch_one(notify).await.map(drop)
    }

    /// Data of the mail. The database adds the organization's name.
    fn mail_data(&self, notice: &Notice) -> Value {
        let (product, site) = (&self.billing.product, &self.billing.site_url);
        let plan = product.plan(&notice.plan.id).map_or(notice.plan.id.as_str(), |plan| plan.name.as_str());
        let link = notice.pay_url.clone().unwrap_or_else(|| format!("{site}/billing"));
        json!({
            "product_name": product.name,
            "site_url": site,
            "link": link,
            "plan": plan,
            "until": notice.until,
            "became": notice.became.map(Became::name),
        })
    }
}
