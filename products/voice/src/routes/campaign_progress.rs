//! `/campaigns/{id}/progress`: server-sent events (WHATWG HTML, 9.2).

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    Extension,
    extract::State,
    response::sse::{Event, KeepAlive, Sse},
};
use freehold_core::{Caller, Error, Result, TenantId};
use freehold_web::{Answer, Authenticated, Backbone, Path};
use futures_util::{Stream, stream};
use moka::future::Cache;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};

use super::campaigns::currency;
use crate::{
    CAMPAIGNS_READ,
    campaign::{
        CampaignId,
        progress::{CampaignProgress, campaign_progress},
    },
};

/// Time between two readings of the progress, shared by all watchers of a campaign.
const LOOKS: Duration = Duration::from_secs(1);
/// Longest time for one response. The client then reconnects and authenticates again.
const LONGEST: Duration = Duration::from_secs(15);
/// Longest time without data, so that proxies keep the connection open.
const SILENT: Duration = Duration::from_secs(5);
/// Time after which a client reconnects when the response ends.
const CONNECTS_AGAIN: Duration = Duration::from_secs(1);
/// The same for a campaign that only a user's action can change.
const CONNECTS_AGAIN_IDLE: Duration = Duration::from_secs(30);

/// The progress read within the last second, so that many watchers cost one query.
#[derive(Clone)]
pub(crate) struct Watched(Cache<(TenantId, CampaignId), Arc<CampaignProgress>>);

impl Default for Watched {
    fn default() -> Self {
        // Slightly less than a second, so that a reading every second is never stale.
        Self(Cache::builder().max_capacity(10_000).time_to_live(LOOKS * 9 / 10).build())
    }
}

/// Watch a campaign
///
/// Streams the progress of a campaign as server-sent events. `progress` follows each change, checked once a second;
/// `end` says that nothing changes until a user acts, so close the connection. A response lasts at most 15 seconds;
/// clients reconnect by themselves.
#[utoipa::path(
    get, path = "/campaigns/{id}/progress", tag = "Campaigns",
    params(("id" = uuid::Uuid, Path)),
    responses(
        (status = 200, content_type = "text/event-stream", body = CampaignProgress,
         description = "The data of each event"),
    ),
)]
pub(crate) async fn campaign_progress_watch(
    State(backbone): State<Backbone>,
    Extension(watched): Extension<Watched>,
    Authenticated(caller): Authenticated,
    Path(id): Path<CampaignId>,
) -> Answer<Sse<impl Stream<Item = Result<Event, Infallible>>>> {
    caller.allow(CAMPAIGNS_READ)?;
    let view = View { backbone, watched, caller, id };
    // Read before the response begins, so that an unknown campaign is a 404.
    let first = view.look().await?;
    let begun = Instant::now();
    let mut looks = interval_at(begun + LOOKS, LOOKS);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let watch = Watch { view, looks, until: begun + LONGEST, next: Some(first), shown: None, over: false };
    let events = stream::unfold(watch, Watch::event);
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(SILENT)))
}

/// A caller's view of a campaign.
struct View {
    backbone: Backbone,
    watched: Watched,
    caller: Arc<Caller>,
    id: CampaignId,
}

impl View {
    async fn look(&self) -> Result<Arc<CampaignProgress>> {
        let seen = self.look_at().await?;
        if seen.is_moving() {
            return Ok(seen);
        }
        // A client that reads `end` leaves, so it must be true at this moment.
        self.watched.0.invalidate(&self.key()).await;
        self.look_at().await
    }

    async fn look_at(&self) -> Result<Arc<CampaignProgress>> {
        let Self { backbone, watched, caller, id } = self;
        let look = async {
            let cost = currency(backbone);
            let (_, progress) = campaign_progress(&backbone.db, caller, *id, cost).await?;
            Ok(Arc::new(progress))
        };
        watched.0.try_get_with(self.key(), look).await.map_err(|error: Arc<Error>| error.shared())
    }

    fn key(&self) -> (TenantId, CampaignId) {
        (self.caller.tenant(), self.id)
    }
}

/// A running watch of a campaign.
struct Watch {
    view: View,
    looks: Interval,
    until: Instant,
    /// A progress that is read and not yet sent.
    next: Option<Arc<CampaignProgress>>,
    shown: Option<Arc<CampaignProgress>>,
    over: bool,
}

impl Watch {
    /// The next event; none ends the response.
    async fn event(mut self) -> Option<(Result<Event, Infallible>, Self)> {
        while !self.over {
            let progress = if let Some(progress) = self.next.take() {
                progress
            } else {
                let look = tokio::select! {
                    _ = self.looks.tick() => Instant::now() < self.until,
                    // The client reconnects, to a server that keeps running.
                    () = self.view.backbone.server.shutdown.begun() => false,
                };
                if !look {
                    return None;
                }
                // Errors are reported when the client reconnects.
                self.view.look().await.ok()?
            };
            self.over = !progress.is_moving();
            let (name, again) = if self.over { ("end", CONNECTS_AGAIN_IDLE) } else { ("progress", CONNECTS_AGAIN) };
            if self.over || self.shown.as_ref() != Some(&progress) {
                // A struct of texts and numbers always serializes.
                let event = Event::default().event(name).retry(again).json_data(&*progress).ok()?;
                self.shown = Some(progress);
                return Some((Ok(event), self));
            }
        }
        None
    }
}
