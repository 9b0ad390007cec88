//! The daily reconciliation: compares all tenants with Stripe, whatever webhooks arrived, and repairs differences.

use std::collections::BTreeSet;

use freehold_core::{Id, Result, TenantId};
use futures_util::{StreamExt, stream};
use uuid::Uuid;

use crate::{
    Billing,
    account::{account_of_customer, account_page},
    extra::{self, Ended},
    inbox::{self, Replay},
    refresh::Refreshed,
    trial,
};

/// Number of accounts read at once.
const PAGE: i64 = 500;
/// Number of accounts compared at once. Stripe allows 100 requests a second, 25 with test keys.
const AT_ONCE: usize = 8;
/// How often a tenant's extra subscriptions are settled in one reconciliation.
const ROUNDS: usize = 3;

/// The result of a reconciliation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Number of accounts compared.
    pub accounts: usize,
    /// What was repaired, one sentence each.
    pub repaired: Vec<String>,
    /// What only an operator can repair, one sentence each.
    pub strange: Vec<String>,
    /// Accounts for which Stripe did not answer, one sentence each.
    pub failed: Vec<String>,
}

impl Report {
    /// Writes the results to the log.
    pub fn log(&self) {
        for line in &self.repaired {
            tracing::warn!("reconcile: {line}");
        }
        for line in self.strange.iter().chain(&self.failed) {
            tracing::error!("reconcile: {line}");
        }
        tracing::info!(accounts = self.accounts, repaired = self.repaired.len(), "reconciled with Stripe");
    }
}

/// Compares all tenants with Stripe and repairs differences.
///
/// # Errors
/// When the database does not answer. Failures of Stripe are in the report.
pub async fn reconcile(billing: &Billing) -> Result<Report> {
    let mut report = Report::default();
    trial::trials_remember(billing).await?;
    find_strangers(billing, &mut report).await?;
    let mut after: TenantId = Id::new(Uuid::nil());
    loop {
        let page = account_page(billing, after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = *last;
        let mut asked = stream::iter(page)
            .map(|tenant| async move { (tenant, compare(billing, tenant).await) })
            .buffer_unordered(AT_ONCE);
        while let Some((tenant, compared)) = asked.next().await {
            report.accounts += 1;
            match compared {
                Ok(compared) => {
                    report.repaired.extend(compared.repaired);
                    report.strange.extend(compared.strange);
                }
                Err(error) => report.failed.push(format!("tenant {tenant}: {}", error.message())),
            }
        }
    }
    match extra::refunds_recheck(billing).await {
        Ok(failures) => report.strange.extend(failures),
        Err(error) => report.failed.push(format!("refunds of extra subscriptions: {}", error.message())),
    }
    let reopened = inbox::inbox_replay(billing, &Replay::Failed).await?;
    if reopened > 0 {
        report.repaired.push(format!("{reopened} events that had failed are processed again"));
    }
    Ok(report)
}

/// Finds subscriptions at Stripe whose customer belongs to no tenant here. A customer that names a tenant without one
/// is assigned to it.
async fn find_strangers(billing: &Billing, report: &mut Report) -> Result<()> {
    let (mut seen, mut after) = (BTreeSet::new(), None::<String>);
    loop {
        let page = match billing.stripe.subscription_page(after.as_deref()).await {
            Ok(page) => page,
            Err(error) => {
                let error = freehold_core::Error::from(error);
                report.failed.push(format!("the list of all subscriptions: {}", error.message()));
                return Ok(());
            }
        };
        for found in &page.data {
            if !seen.insert(found.customer.clone()) || account_of_customer(billing, &found.customer).await?.is_some() {
                continue;
            }
            match inbox::adopt(billing, &found.customer).await {
                Ok(Some(tenant)) => {
                    report
                        .repaired
                        .push(format!("tenant {tenant}: {} is its customer, which was not known", found.customer));
                }
                Ok(None) => report
                    .strange
                    .push(format!("{}: customer {} belongs to no organization here", found.id, found.customer)),
                Err(error) => report.failed.push(format!("customer {}: {}", found.customer, error.message())),
            }
        }
        after = page.data.last().map(|last| last.id.clone()).filter(|_| page.has_more);
        if after.is_none() {
            return Ok(());
        }
    }
}

/// Compares one tenant with Stripe, and cancels the subscriptions beside the one it keeps.
async fn compare(billing: &Billing, tenant: TenantId) -> Result<Ended> {
    let mut refreshed = billing.refresh(tenant).await?;
    let mut compared = Ended { repaired: repairs(tenant, &refreshed), ..Ended::default() };
    // A spared subscription may be extra beside a third one: two rounds settle that.
    for _ in 0..ROUNDS {
        let ended = extra::settle(billing, tenant).await?;
        // What a worker did meanwhile is not reported here.
        if ended == Ended::default() && running(&refreshed) < 2 {
            break;
        }
        compared.repaired.extend(ended.repaired);
        compared.strange.extend(ended.strange);
        refreshed = billing.refresh(tenant).await?;
    }
    compared.strange.extend(refreshed.unmapped.iter().map(|line| format!("tenant {tenant}: {line}")));
    if refreshed.settled.is_some() && running(&refreshed) > 1 {
        compared.strange.push(format!("tenant {tenant}: {} subscriptions run; one should", running(&refreshed)));
    }
    Ok(compared)
}

fn running(refreshed: &Refreshed) -> usize {
    refreshed.after.iter().filter(|each| each.is_running()).count()
}

/// The changes that asking Stripe made, in sentences.
fn repairs(tenant: TenantId, refreshed: &Refreshed) -> Vec<String> {
    let mut lines = Vec::new();
    for now in &refreshed.after {
        let id = &now.subscription_id;
        match refreshed.before.iter().find(|before| before.subscription_id == *id) {
            None => lines.push(format!("tenant {tenant}: {id} ({}) was not known", now.status)),
            Some(before) if before == now => {}
            Some(before) if before.status != now.status => {
                lines.push(format!("tenant {tenant}: {id} was {}, is {}", before.status, now.status));
            }
            Some(_) => lines.push(format!("tenant {tenant}: {id} had other terms, seats or dates")),
        }
    }
    for before in &refreshed.before {
        if !refreshed.after.iter().any(|now| now.subscription_id == before.subscription_id) {
            lines.push(format!("tenant {tenant}: {} is no longer at Stripe", before.subscription_id));
        }
    }
    if lines.is_empty() && refreshed.settled.as_ref().is_some_and(|settled| settled.changed) {
        lines.push(format!("tenant {tenant}: its plan or standing did not follow from what it pays"));
    }
    lines
}
