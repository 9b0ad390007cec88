//! Asking Stripe anew, and writing down what it answered.
//!
//! Several may ask at once: two events, a click and the daily round. Each takes a number before it asks, and an answer is
//! written only while none with a higher number was. So an old answer that comes late changes nothing; and what it may
//! have shown that the newer one did not is announced by an event of its own, which makes somebody ask again.

use freehold_core::{Error, Result, TenantId, codes};
use freehold_jobs::Job;

use crate::{
    Billing,
    account::{account_lock, refresh_begin, refresh_end},
    inbox,
    lifecycle::{self, Settled},
    seats,
    stripe::{Kind, object},
    subscription::{Subscription, counting, subscription_list_of, subscriptions_replace},
};

/// What asking brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refreshed {
    /// The subscriptions as we had them.
    pub before: Vec<Subscription>,
    /// As Stripe has them.
    pub after: Vec<Subscription>,
    /// What became of the tenant; none: a newer answer had been written already.
    pub settled: Option<Settled>,
}

impl Billing {
    /// Asks Stripe for the tenant's subscriptions and brings everything here in step with them.
    ///
    /// # Errors
    /// `unavailable` when Stripe is away; nothing was changed then. `not_found` when there is no such tenant.
    pub async fn refresh(&self, tenant: TenantId) -> Result<Refreshed> {
        self.refresh_for(tenant, None).await
    }

    /// The same, ending the job of an event about a customer in the transaction that writes. That customer may be one that the
    /// tenant had before: what it tells of is dealt with, too, when the tenant has been asked about.
    pub(crate) async fn refresh_for(&self, tenant: TenantId, job: Option<(&Job, &str)>) -> Result<Refreshed> {
        let (account, last_event) = refresh_begin(self, tenant).await?;
        let number = account.refresh_begun;
        let after = match &account.customer_id {
            Some(customer) => self.subscriptions_at_stripe(customer).await?,
            None => Vec::new(),
        };
        let now = self.clock.now();
        let mut tx = self.db.system("write down what Stripe answered").begin().await?;
        let account = account_lock(&mut tx, self, tenant, now).await?;
        let before = subscription_list_of(&mut tx, tenant).await?;
        let mut settled = None;
        if account.refresh_done < number {
            subscriptions_replace(&mut tx, tenant, &after).await?;
            refresh_end(&mut tx, tenant, number, now).await?;
            let counts = counting(&after);
            settled = Some(lifecycle::settle(&mut tx, self, &account, counts, now).await?);
            seats::see_to(&mut tx, self, tenant, counts, now).await?;
        }
        if let Some(customer) = &account.customer_id {
            inbox::events_done(&mut tx, customer, last_event, now).await?;
        }
        if let Some((job, customer)) = job {
            if account.customer_id.as_deref() != Some(customer) {
                inbox::events_done(&mut tx, customer, last_event, now).await?;
            }
            job.finish_system(&mut tx).await?;
        }
        tx.commit().await?;
        if settled.as_ref().is_some_and(|settled| settled.changed) {
            (self.changed)();
        }
        self.nudge.nudge();
        Ok(Refreshed { before, after, settled })
    }

    async fn subscriptions_at_stripe(&self, customer: &str) -> Result<Vec<Subscription>> {
        let found = match self.stripe.subscription_list_of(customer).await {
            Err(error) if error.kind() == Kind::NotFound => self.none_of_deleted(customer).await?,
            found => found?,
        };
        let mut all = Vec::new();
        for each in &found {
            let Some(ours) = Subscription::of(self, each) else {
                tracing::warn!(subscription = each.id, "a subscription is for no plan of this product");
                continue;
            };
            // The newest invoice, which came along, says nothing of those before it.
            let owes = ours.is_unpaid();
            all.push(if owes { ours.owing(&self.stripe.invoice_list_open(&each.id).await?) } else { ours });
        }
        Ok(all)
    }

    /// Nothing, of a customer that was deleted. One that Stripe never had is no reason to take anything from anybody: it is we
    /// who ask at the wrong door.
    async fn none_of_deleted(&self, customer: &str) -> Result<Vec<object::Subscription>> {
        match self.stripe.customer_get(customer).await? {
            Some(found) if found.deleted => Ok(Vec::new()),
            _ => Err(Error::new(
                codes::CONFLICT,
                format!(
                    "Stripe has no customer {customer}: the key is of another account or mode. Nothing was changed."
                ),
            )),
        }
    }
}
