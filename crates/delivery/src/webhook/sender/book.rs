//! The sender's cache: endpoints with their opened keys until they change, and bodies of events.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use freehold_core::{Context, Result};
use freehold_jobs::outbox::{EventId, events_read};
use freehold_outbound::{Bytes, Url, signature::Key};
use freehold_vault::Vault;
use futures_util::future::try_join;
use jiff::Timestamp;
use uuid::Uuid;

use super::{
    Claimed,
    store::{self, EndpointRow},
};
use crate::webhook::{EndpointId, Parts, secret};

/// Most endpoints in the cache.
const ENDPOINTS: usize = 10_000;
/// Most bodies in the cache, so that an event for a thousand endpoints is read and serialized once.
const BODIES: usize = 2_048;

/// What the sender needs to send to an endpoint.
pub(super) struct Known {
    revision: i32,
    /// The URL as it is stored.
    pub(super) url: String,
    /// The parsed URL and the keys; none when they cannot be read, which is an internal error.
    pub(super) means: Option<(Url, Keys)>,
}

/// The signing keys of an endpoint.
pub(super) struct Keys {
    current: Key,
    previous: Option<(Key, Timestamp)>,
}

impl Keys {
    /// The keys that sign at this time.
    pub(super) fn at(&self, now: Timestamp) -> Vec<Key> {
        let previous = self.previous.iter().filter(|(_, until)| *until > now).map(|(key, _)| key.clone());
        std::iter::once(self.current.clone()).chain(previous).collect()
    }
}

#[derive(Default)]
pub(super) struct Book {
    endpoints: HashMap<EndpointId, Arc<Known>>,
    bodies: HashMap<EventId, Bytes>,
}

impl Book {
    /// Reads the endpoints and bodies of these deliveries that the cache lacks.
    pub(super) async fn read(&mut self, parts: &Parts, claimed: &[Claimed]) -> Result<()> {
        if claimed.is_empty() {
            return Ok(());
        }
        if self.endpoints.len() > ENDPOINTS {
            self.endpoints.clear();
        }
        let endpoints: HashSet<(Uuid, EndpointId)> =
            claimed.iter().filter(|one| !self.knows(one)).map(|one| (one.tenant_id, one.endpoint_id)).collect();
        if self.bodies.len() > BODIES {
            self.bodies.clear();
        }
        let events: HashSet<(Uuid, EventId)> = claimed
            .iter()
            .filter(|one| !self.bodies.contains_key(&one.event_id))
            .map(|one| (one.tenant_id, one.event_id))
            .collect();
        let ((), ()) = try_join(
            read_endpoints(parts, &mut self.endpoints, endpoints),
            read_bodies(parts, &mut self.bodies, events),
        )
        .await?;
        Ok(())
    }

    /// Whether the cache holds the endpoint at the revision of the claim or a later one.
    fn knows(&self, claimed: &Claimed) -> bool {
        self.endpoints.get(&claimed.endpoint_id).is_some_and(|known| known.revision >= claimed.revision)
    }

    /// The endpoint, unless it has been deleted.
    pub(super) fn endpoint(&self, claimed: &Claimed) -> Option<Arc<Known>> {
        self.endpoints.get(&claimed.endpoint_id).filter(|_| self.knows(claimed)).cloned()
    }

    /// The body of the event; none when the event has been deleted.
    pub(super) fn body(&self, id: EventId) -> Option<Bytes> {
        self.bodies.get(&id).cloned()
    }
}

async fn read_endpoints(
    parts: &Parts,
    known: &mut HashMap<EndpointId, Arc<Known>>,
    wanted: HashSet<(Uuid, EndpointId)>,
) -> Result<()> {
    if wanted.is_empty() {
        return Ok(());
    }
    let (tenants, ids) = wanted.into_iter().map(|(tenant, id)| (tenant, id.uuid())).unzip();
    let rows = parts.db.system("read endpoints to send to").fetch_all(store::endpoints_read(tenants, ids)).await?;
    for row in rows {
        let means = means(&parts.vault, &row);
        if let Err(error) = &means {
            tracing::error!(?error, endpoint = %row.id, "a webhook's address or secret cannot be read");
        }
        known.insert(row.id, Arc::new(Known { revision: row.revision, url: row.url, means: means.ok() }));
    }
    Ok(())
}

fn means(vault: &Vault, row: &EndpointRow) -> Result<(Url, Keys)> {
    let url = Url::parse(&row.url).context("reading a webhook's address")?;
    let current = secret::open(vault, row.id, &row.sealed_secret)?;
    let previous = match (&row.previous_sealed_secret, row.previous_until) {
        (Some(sealed), Some(until)) => Some((secret::open(vault, row.id, sealed)?, until)),
        _ => None,
    };
    Ok((url, Keys { current, previous }))
}

async fn read_bodies(
    parts: &Parts,
    bodies: &mut HashMap<EventId, Bytes>,
    wanted: HashSet<(Uuid, EventId)>,
) -> Result<()> {
    if wanted.is_empty() {
        return Ok(());
    }
    for event in events_read(&parts.db, wanted).await? {
        let body = serde_json::to_vec(&event).context("writing an event")?;
        bodies.insert(event.id, body.into());
    }
    Ok(())
}
