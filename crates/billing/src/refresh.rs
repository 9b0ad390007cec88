//! Asking Stripe for a tenant's subscriptions, and storing the answer.
//!
//! Several processes may ask at once: two events, a user's click and the daily reconciliation. An answer is stored when
//! no other one was stored since it was requested; otherwise either may be the older one, and Stripe is asked again. So
//! no answer replaces one that was requested later, even when the event that would make a server ask again is lost.
//! After a few attempts an answer is stored unless one with a higher number was: each process takes a number before it
//! asks.

use freehold_core::{Error, Result, TenantId, codes};
use freehold_db::SystemTx;
use freehold_jobs::Job;

use crate::{
    Billing,
    account::{Account, account_lock, refresh_begin, refresh_end},
    extra, inbox,
    running::{Read, Running},
    seats,
    settle::{Settled, settle},
    stripe::{Kind, object, request::TRIAL},
    subscription::{Subscription, counting, subscription_list_of, subscriptions_replace},
    trial,
};

/// Most attempts when other answers are stored meanwhile.
const TRIES: usize = 5;

/// The result of asking Stripe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refreshed {
    /// The subscriptions as stored before.
    pub before: Vec<Subscription>,
    /// The subscriptions at Stripe.
    pub after: Vec<Subscription>,
    /// Running subscriptions that stand for no plan of this product, one sentence each.
    pub unmapped: Vec<String>,
    /// The tenant's new state; none: a newer answer had been stored already.
    pub settled: Option<Settled>,
}

/// Stripe's answer.
#[derive(Default)]
struct AtStripe {
    all: Vec<Subscription>,
    unmapped: Vec<String>,
    /// Subscriptions on trial that continue the tenant's own trial.
    tried: Vec<String>,
    /// Digests of the cards that pay for these subscriptions.
    cards: Vec<trial::Card>,
}

/// An answer of Stripe that may be stored.
struct Asked {
    /// The number that was taken before Stripe was asked.
    number: i64,
    /// The newest event that had arrived when Stripe was asked.
    last_event: i64,
    found: AtStripe,
    /// The transaction, which has locked the account.
    tx: SystemTx,
    account: Account,
}

fn unmapped(found: &object::Subscription) -> String {
    let prices = found.items.iter().map(|item| match &item.price.lookup_key {
        Some(key) => format!("{} ({key})", item.price.id),
        None => item.price.id.clone(),
    });
    let prices = prices.collect::<Vec<_>>().join(", ");
    format!(
        "{} ({}) runs, and its price {prices} stands for no plan: name the plan in the price's metadata (freehold_plan), or in \
         [billing.prices]",
        found.id, found.status
    )
}

impl Billing {
    /// Asks Stripe for the tenant's subscriptions and updates everything that depends on them.
    ///
    /// # Errors
    /// `unavailable` when Stripe does not answer; nothing was changed then. `not_found` when there is no such tenant.
    pub async fn refresh(&self, tenant: TenantId) -> Result<Refreshed> {
        self.refresh_for(tenant, None).await
    }

    /// The same, finishing the job of a customer's event in the transaction that stores the answer. The customer may be
    /// a former one of the tenant: its events are done, too, once Stripe was asked about the tenant.
    pub(crate) async fn refresh_for(&self, tenant: TenantId, job: Option<(&Job, &str)>) -> Result<Refreshed> {
        let Asked { number, last_event, found, mut tx, account } = self.ask(tenant).await?;
        let AtStripe { all: after, unmapped, tried, cards } = found;
        let before = subscription_list_of(&mut tx, tenant).await?;
        let mut settled = None;
        if account.refresh_done < number {
            subscriptions_replace(&mut tx, tenant, &after).await?;
            refresh_end(&mut tx, tenant, number).await?;
            let counts = counting(&after);
            settled = Some(settle(&mut tx, self, &account, counts).await?);
            seats::see_to(&mut tx, self, tenant, counts).await?;
            extra::record(&mut tx, self, tenant, &after).await?;
            trial::see_to_cards(&mut tx, self, tenant, tried, cards).await?;
        }
        if let Some(customer) = &account.customer_id {
            inbox::events_done(&mut tx, customer, last_event).await?;
        }
        if let Some((job, customer)) = job {
            if account.customer_id.as_deref() != Some(customer) {
                inbox::events_done(&mut tx, customer, last_event).await?;
            }
            job.finish_system(&mut tx).await?;
        }
        tx.commit().await?;
        if settled.as_ref().is_some_and(|settled| settled.changed) {
            (self.changed)();
        }
        self.nudge.nudge();
        Ok(Refreshed { before, after, unmapped, settled })
    }

    /// Asks until no other answer is stored meanwhile, [`TRIES`] times at most. Returns with the account locked.
    async fn ask(&self, tenant: TenantId) -> Result<Asked> {
        let mut tries = 0;
        loop {
            tries += 1;
            let (begun, last_event) = refresh_begin(self, tenant).await?;
            let found = match &begun.customer_id {
                Some(customer) => self.subscriptions_at_stripe(customer).await?,
                None => AtStripe::default(),
            };
            let mut tx = self.db.system("record Stripe's answer").begin().await?;
            let account = account_lock(&mut tx, self, tenant).await?;
            if account.refresh_done == begun.refresh_done || tries == TRIES {
                return Ok(Asked { number: begun.refresh_begun, last_event, found, tx, account });
            }
        }
    }

    async fn subscriptions_at_stripe(&self, customer: &str) -> Result<AtStripe> {
        let found = match self.stripe.subscription_list_of(customer).await {
            Err(error) if error.kind() == Kind::NotFound => self.none_of_deleted(customer).await?,
            found => found?,
        };
        let read = Read::of(self, found).await?;
        let mut all = Vec::new();
        for Running { found, read: ours } in &read.ours {
            // The newest invoice, which is part of the answer, does not show whether older ones are open.
            let owes = ours.is_unpaid();
            let ours = ours.clone();
            all.push(if owes { ours.owing(&self.stripe.invoice_list_open(&found.id).await?) } else { ours });
        }
        let unmapped = read.unmapped.iter().filter(|found| found.is_running()).map(unmapped).collect();
        let tries = |each: &Running| each.read.status == "trialing" && each.found.metadata.contains_key(TRIAL);
        let tried: Vec<String> = read.ours.into_iter().filter(tries).map(|each| each.found.id).collect();
        let cards = if tried.is_empty() { Vec::new() } else { trial::cards(self, customer).await? };
        Ok(AtStripe { all, unmapped, tried, cards })
    }

    /// No subscriptions for a deleted customer. A customer that Stripe never had is an error instead: then the settings
    /// name another Stripe account, and no tenant must lose its plan.
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
