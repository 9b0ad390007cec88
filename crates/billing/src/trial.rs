//! Trials: a user, a card and an organization get one each.
//!
//! An organization's trial begins when it is created, if its owner had none before: neither this user nor a user with
//! the same address, whatever `+tag` it has and whether or not the account was deleted since. Only keyed digests are
//! stored, never addresses. Members who were invited have not used a trial: they get one when they create an
//! organization of their own.
//!
//! The rest of a trial continues in a subscription only with a card that had no trial elsewhere. The card is known only
//! after it was entered on Stripe's page: if it had a trial, that of the subscription ends at once, and it is paid.

mod store;

use freehold_core::{Result, TenantId, UserId};
use freehold_db::{SystemTx, row};
use freehold_jobs::{Backoff, Done, Job, JobKind, NewJob, job_enqueue_system};
use freehold_vault::Purpose;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use store::STATEMENTS;

use crate::{
    Billing, lifecycle,
    stripe::{
        Kind,
        request::{SubscriptionUpdate, TRIAL},
    },
};

/// The pepper of the digests of users and cards that have had a trial.
pub const PEPPER: Purpose = Purpose::new("trial");

/// Job: ends the trial of a subscription whose card had one elsewhere.
pub const TRIAL_END: JobKind =
    JobKind { attempts: 15, at_once: Some(1), backoff: Backoff::USUAL, ..JobKind::named("billing.trial_end") };

/// Number of organizations that are recorded at once.
const PAGE: i64 = 100;

row! {
    struct Owner {
        user_id: UserId,
        email: Option<String>,
    }
}

impl Owner {
    /// The user, and their present address.
    fn holders(&self, billing: &Billing) -> Vec<Holder> {
        let person = Holder::of(billing, "person", &self.user_id.to_string());
        let address = self.email.as_deref().filter(|email| !email.is_empty());
        let address = address.map(|email| Holder::of(billing, "address", &untagged(email)));
        [person].into_iter().chain(address).collect()
    }
}

row! {
    struct Unnoted {
        tenant_id: TenantId,
        user_id: UserId,
        email: Option<String>,
    }
}

/// A user, address or card that gets one trial.
struct Holder {
    kind: &'static str,
    /// Digest under the current master key.
    digest: Vec<u8>,
    /// Digests under older master keys.
    older: Vec<Vec<u8>>,
}

impl Holder {
    fn of(billing: &Billing, kind: &'static str, what: &str) -> Self {
        let data = format!("{kind}/{what}");
        let mut macs = billing.vault.macs(PEPPER, data.as_bytes()).map(|mac| mac.to_vec());
        let digest = macs.next().unwrap_or_default();
        Self { kind, digest, older: macs.collect() }
    }
}

/// The payload of the job.
#[derive(Serialize, Deserialize)]
struct Payload {
    subscription: String,
}

/// When the trial of an organization created now ends; none: the product has none, or the owner had one before.
pub(crate) async fn trial_begin(tx: &mut SystemTx, billing: &Billing, tenant: TenantId) -> Result<Option<Timestamp>> {
    let now = tx.now();
    let Some(ends_at) = lifecycle::Terms::of(&billing.product).trial_ends_at(now) else { return Ok(None) };
    let Some(owner) = tx.fetch_optional(store::owner_find(tenant)).await? else { return Ok(None) };
    let holders = owner.holders(billing);
    let held = held_elsewhere(tx, tenant, &holders).await?;
    Ok((!held).then_some(ends_at))
}

/// Records who had the trials of organizations for which that is missing, because they are older than this record. The
/// daily reconciliation calls it.
pub(crate) async fn trials_remember(billing: &Billing) -> Result<()> {
    let mut after = Uuid::nil();
    loop {
        let mut tx = billing.db.system("record a trial").begin().await?;
        let page = tx.fetch_all(store::trials_unnoted(after, PAGE)).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = last.tenant_id.uuid();
        for Unnoted { tenant_id, user_id, email } in page {
            let owner = Owner { user_id, email };
            trial_note(&mut tx, tenant_id, &owner.holders(billing)).await?;
        }
        tx.commit().await?;
    }
}

/// Records that these had the trial.
async fn trial_note(tx: &mut SystemTx, tenant: TenantId, holders: &[Holder]) -> Result<()> {
    let digests: Vec<Vec<u8>> = holders.iter().map(|holder| holder.digest.clone()).collect();
    let kinds: Vec<String> = holders.iter().map(|holder| holder.kind.to_owned()).collect();
    tx.execute(store::trial_put(digests, kinds, tenant)).await.map(drop)
}

/// Records that these had the trial, and returns whether one of them had one at another tenant. Of two concurrent calls
/// the second waits for the first.
async fn held_elsewhere(tx: &mut SystemTx, tenant: TenantId, holders: &[Holder]) -> Result<bool> {
    trial_note(tx, tenant, holders).await?;
    let (held,) = tx.fetch_one(store::trial_elsewhere(all(holders), tenant)).await?;
    Ok(held)
}

fn all(holders: &[Holder]) -> Vec<Vec<u8>> {
    holders.iter().flat_map(|holder| holder.older.iter().chain([&holder.digest])).cloned().collect()
}

/// An address without the parts that its owner can vary at will: upper case, `+tag`, and the dots that Gmail ignores.
fn untagged(email: &str) -> String {
    let email = email.trim().to_lowercase();
    let Some((local, domain)) = email.rsplit_once('@') else { return email };
    let domain = if domain == "googlemail.com" { "gmail.com" } else { domain };
    let bare = local.split('+').next().filter(|bare| !bare.is_empty()).unwrap_or(local);
    let bare = if domain == "gmail.com" { bare.replace('.', "") } else { bare.to_owned() };
    format!("{bare}@{domain}")
}

/// The cards of a customer, each by its digest under every master key, the current one's first.
pub(crate) async fn cards(billing: &Billing, customer: &str) -> Result<Vec<Card>> {
    let found = match billing.stripe.card_list(customer).await {
        // A deleted customer has no cards.
        Err(error) if error.kind() == Kind::NotFound => Vec::new(),
        found => found?,
    };
    let fingerprints = found.into_iter().filter_map(|method| method.card?.fingerprint);
    Ok(fingerprints.map(|fingerprint| Card(Holder::of(billing, "card", &fingerprint))).collect())
}

/// A card, by its digest.
pub(crate) struct Card(Holder);

/// Whether a card of this customer had a trial at another tenant.
pub(crate) async fn customer_tried_elsewhere(billing: &Billing, tenant: TenantId, customer: &str) -> Result<bool> {
    let holders: Vec<Holder> = cards(billing, customer).await?.into_iter().map(|card| card.0).collect();
    if holders.is_empty() {
        return Ok(false);
    }
    let query = store::trial_elsewhere(all(&holders), tenant);
    let found = billing.db.system("check whether a card had a trial").fetch_optional(query).await?;
    Ok(found.is_some_and(|(held,)| held))
}

/// Records which cards have the trial that continues in these subscriptions. If one had a trial at another tenant, a
/// job ends it.
pub(crate) async fn see_to_cards(
    tx: &mut SystemTx,
    billing: &Billing,
    tenant: TenantId,
    tried: Vec<String>,
    cards: Vec<Card>,
) -> Result<()> {
    let now = tx.now();
    let holders: Vec<Holder> = cards.into_iter().map(|card| card.0).collect();
    if tried.is_empty() || holders.is_empty() || !held_elsewhere(tx, tenant, &holders).await? {
        return Ok(());
    }
    for subscription in tried {
        let payload = serde_json::to_value(Payload { subscription }).unwrap_or_default();
        let job = NewJob::now(billing.ids.next(), &TRIAL_END, payload, now);
        job_enqueue_system(tx, Some(tenant), job).await?;
    }
    Ok(())
}

/// Runs [`TRIAL_END`].
pub(crate) async fn trial_end(billing: &Billing, job: &Job) -> Result<Done> {
    let Payload { subscription } = job.payload()?;
    let Some(tenant) = job.tenant else { return Ok(Done::Done) };
    let found = billing.stripe.subscription_get(&subscription).await?;
    if found.is_some_and(|found| found.status == "trialing" && found.metadata.contains_key(TRIAL)) {
        let update = SubscriptionUpdate { trial_ended: true, ..SubscriptionUpdate::default() };
        let key = format!("fh_trial_end_{subscription}");
        match billing.stripe.subscription_update(&subscription, &update, Some(&key)).await {
            // It ended meanwhile.
            Err(error) if error.kind() != Kind::NotFound => return Err(error.into()),
            _ => {}
        }
        tracing::warn!(%tenant, subscription, "a trial ended at once, because its card had a trial in another organization");
    }
    billing.refresh(tenant).await?;
    Ok(Done::Done)
}

#[cfg(test)]
mod tests {
    use super::untagged;

    #[test]
    fn addresses_of_one_person_are_one() {
        for (email, expected) in [
            ("Ada@Example.org", "ada@example.org"),
            (" ada+trial@example.org ", "ada@example.org"),
            ("ada+a+b@example.org", "ada@example.org"),
            // Dots are significant everywhere but at Gmail.
            ("a.da@example.org", "a.da@example.org"),
            ("a.d.a+x@gmail.com", "ada@gmail.com"),
            ("A.da@GoogleMail.com", "ada@gmail.com"),
            ("+x@example.org", "+x@example.org"),
            ("nobody", "nobody"),
        ] {
            assert_eq!(untagged(email), expected, "{email}");
        }
    }
}
