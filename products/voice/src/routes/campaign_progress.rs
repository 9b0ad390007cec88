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

/// How often the numbers are looked at, for all who watch a campaign together.
const LOOKS: Duration = Duration::from_secs(1);
/// How long one answer goes on. A client connects again then, and shows again who it is.
const LONGEST: Duration = Duration::from_secs(15);
/// How long a line may be silent, so that nobody in between takes it for dead.
const SILENT: Duration = Duration::from_secs(5);
/// How soon a client connects again when the answer ends.
const CONNECTS_AGAIN: Duration = Duration::from_secs(1);
/// How soon, when nothing changes until somebody does something.
const CONNECTS_AGAIN_IDLE: Duration = Duration::from_secs(30);

/// The numbers that were looked at within the last second, so that a hundred who watch cost no more than one.
#[derive(Clone)]
pub(crate) struct Watched(Cache<(TenantId, CampaignId), Arc<CampaignProgress>>);

impl Default for Watched {
    fn default() -> Self {
        // A little less than a second: who looks once a second always sees something new.
        Self(Cache::builder().max_capacity(10_000).time_to_live(LOOKS * 9 / 10).build())
    }
}

/// Watch a campaign
///
/// How far a campaign is, as server-sent events: `progress` whenever a number has changed, looked at once a second, and
/// `end` when nothing changes any more until somebody does something: after that, close the connection. An answer goes on
/// for 15 seconds at most; clients connect again by themselves.
#[utoipa::path(get, path = "/campaigns/{id}/progress", tag = "Campaigns", params(("id" = uuid::Uuid, Path)),
    responses((status = 200, content_type = "text/event-stream", body = CampaignProgress,
        description = "The data of every event")))]
pub(crate) async fn campaign_watch(
    State(backbone): State<Backbone>,
    Extension(watched): Extension<Watched>,
    Authenticated(caller): Authenticated,
    Path(id): Path<CampaignId>,
) -> Answer<Sse<impl Stream<Item = Result<Event, Infallible>>>> {
    caller.allow(CAMPAIGNS_READ)?;
    let view = View { backbone, watched, caller, id };
    // Before the answer begins, so that what is not there is 404.
    let first = view.look().await?;
    let begun = Instant::now();
    let mut looks = interval_at(begun + LOOKS, LOOKS);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let watch = Watch { view, looks, until: begun + LONGEST, next: Some(first), shown: None, over: false };
    let events = stream::unfold(watch, Watch::event);
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(SILENT)))
}

/// Who looks at what.
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
        // Whoever hears that it is at an end goes away, so that has to be true at this moment.
        self.watched.0.invalidate(&self.key()).await;
        self.look_at().await
    }

    async fn look_at(&self) -> Result<Arc<CampaignProgress>> {
        let Self { backbone, watched, caller, id } = self;
        let look = async {
            let (cost, now) = (currency(backbone), backbone.clock.now());
            let (_, progress) = campaign_progress(&backbone.db, caller, *id, cost, now).await?;
            Ok(Arc::new(progress))
        };
        watched.0.try_get_with(self.key(), look).await.map_err(|error: Arc<Error>| error.shared())
    }

    fn key(&self) -> (TenantId, CampaignId) {
        (self.caller.tenant(), self.id)
    }
}

/// Somebody who watches.
struct Watch {
    view: View,
    looks: Interval,
    until: Instant,
    /// What was looked at and is not yet shown.
    next: Option<Arc<CampaignProgress>>,
    shown: Option<Arc<CampaignProgress>>,
    over: bool,
}

impl Watch {
    /// The next event. None: the answer ends.
    async fn event(mut self) -> Option<(Result<Event, Infallible>, Self)> {
        while !self.over {
            let progress = if let Some(progress) = self.next.take() {
                progress
            } else {
                let look = tokio::select! {
                    _ = self.looks.tick() => Instant::now() < self.until,
                    // The client connects again, to a server that stays.
                    () = self.view.backbone.shutdown.begun() => false,
                };
                if !look {
                    return None;
                }
                // Whatever is wrong is told when the client connects again.
                self.view.look().await.ok()?
            };
            self.over = !progress.is_moving();
            let (name, again) = if self.over { ("end", CONNECTS_AGAIN_IDLE) } else { ("progress", CONNECTS_AGAIN) };
            if self.over || self.shown.as_ref() != Some(&progress) {
                // A struct of texts and numbers always has a JSON form.
                let event = Event::default().event(name).retry(again).json_data(&*progress).ok()?;
                self.shown = Some(progress);
                return Some((Ok(event), self));
            }
        }
        None
    }
}
