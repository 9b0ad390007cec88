//! Keys whose user left: a trigger on the members suspends them when the membership ends, and this job notifies the
//! owners.

use std::sync::Arc;

use freehold_core::{ApiKeyId, Result};
use freehold_db::audit::{EntryActor, audit_append_system};
use freehold_jobs::{Backoff, Done, Handler, Job, JobKind, outbox::event_publish_system};
use serde::Deserialize;
use serde_json::json;

use super::{audit_entry, store};
use crate::{Base, event::KeySuspended};

/// Announces suspended keys. A trigger on `freehold.members` enqueues the job under this name.
const SUSPENDED: JobKind =
    JobKind { attempts: 15, backoff: Backoff::USUAL, ..JobKind::named("identity.keys_suspended") };

/// Most keys that a mail lists.
const NAMED: usize = 20;

#[derive(Deserialize)]
struct Payload {
    keys: Vec<ApiKeyId>,
}

/// The handler of the job.
pub fn handler(base: &Arc<Base>) -> Handler {
    Handler::with(&SUSPENDED, base.clone(), |base, job| async move { announce(&base, &job).await })
}

/// Publishes an event for each key that is still suspended, and requests one mail to each owner.
async fn announce(base: &Base, job: &Job) -> Result<Done> {
    let Some(tenant) = job.tenant else { return Ok(Done::Done) };
    let ids = job.payload::<Payload>()?.keys.iter().map(|id| id.uuid()).collect();
    let mut tx = base.db.system("announce suspended keys").begin().await?;
    let keys = tx.fetch_all(store::keys_suspended(tenant, ids)).await?;
    for key in &keys {
        let event = event_publish_system(&mut tx, tenant, &KeySuspended::of(key)).await?;
        audit_append_system(&mut tx, tenant, EntryActor::SYSTEM, audit_entry(event, "key.suspended", key, None))
            .await?;
    }
    if !keys.is_empty() {
        let site_url = &base.settings.site_url;
        let names: Vec<&str> = keys.iter().take(NAMED).map(|key| key.name.as_str()).collect();
        let data = json!({
            "product_name": base.settings.product_name,
            "keys": names,
            "more": keys.len() - names.len(),
            "link": format!("{site_url}/docs"),
            "site_url": site_url,
        });
        tx.execute(store::owners_mail(tenant, &format!("keys_suspended/{}", job.id), data)).await?;
    }
    job.finish_system(&mut tx).await?;
    tx.commit().await?;
    Ok(Done::Done)
}
