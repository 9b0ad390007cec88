//! Signed deliveries per second to a thousand webhook endpoints, and how long a message takes from the commit to its
//! arrival. Everything runs over HTTP, from the request that causes an event to the customer's server that receives it.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use futures_util::future::try_join_all;
use reqwest::Method;
use serde_json::json;

use crate::{
    home::Home,
    programs::Programs,
    report::Report,
    scene::{Owner, Scene, TEMPLATE, ask},
    server::Server,
    sink::Sink,
};

/// Organizations, each with as many webhook endpoints as the largest plan permits.
const ORGANIZATIONS: usize = 20;
const WEBHOOKS_EACH: usize = 50;
/// Ports that the webhook endpoints share, so that many connections are kept open.
const PORTS: usize = 50;
/// Events of each organization in one round, each delivered to all its webhook endpoints.
const EVENTS: usize = 50;
const ROUNDS: usize = 3;
/// Webhook endpoints of the scene's organization, whose messages are timed.
const QUIET: usize = 10;
/// Events that are timed, one after the other.
const TIMED: usize = 200;
const PAUSE: Duration = Duration::from_millis(20);
const PATIENCE: Duration = Duration::from_mins(2);

/// Measures both.
pub(crate) async fn measure(
    programs: &Programs,
    home: &Home,
    scene: &Scene,
    server: &Server<'_>,
    report: &mut Report,
) -> Result<()> {
    let sink = Sink::listen(PORTS).await?;
    let mut keys = Vec::new();
    for number in 0..ORGANIZATIONS {
        let Owner { key, .. } = Owner::sign_up(programs, home, server, &format!("told-{number}")).await?;
        for webhook in 0..WEBHOOKS_EACH {
            subscribe(server, &sink, &key, number * WEBHOOKS_EACH + webhook, "workflow.created").await?;
        }
        keys.push(key);
    }
    let mut best: f64 = 0.0;
    for _ in 0..ROUNDS {
        best = best.max(burst(&keys, server, &sink).await?);
    }
    report.goal(
        "signed deliveries to 1,000 webhooks, with the requests before",
        format!("{best:.0}/s"),
        ">= 5000/s",
        best >= 5000.0,
    );
    for number in 0..QUIET {
        subscribe(server, &sink, &scene.key, number, "workflow.created").await?;
    }
    let ways = ways(scene, server, &sink).await?;
    let at = |share: usize| ways[(ways.len() - 1) * share / 100];
    report.line("  from commit to arrival, 10 webhooks an event (p50, p99)", format!("{:.1?}, {:.1?}", at(50), at(99)));
    Ok(())
}

async fn subscribe(server: &Server<'_>, sink: &Sink, key: &str, number: usize, event: &str) -> Result<()> {
    let address = sink.addresses[number % sink.addresses.len()];
    let new = json!({ "url": format!("http://{address}/webhooks/{number}"), "events": [event] });
    ask(server, Method::POST, "/api/v1/webhooks", Some(key), Some(&new)).await.map(drop)
}

/// Measures deliveries per second, from the first request that causes one to the last arrival.
async fn burst(keys: &[String], server: &Server<'_>, sink: &Sink) -> Result<f64> {
    sink.forget();
    let begun = Instant::now();
    let requests = keys.iter().map(async |key| {
        for _ in 0..EVENTS {
            let new = json!({ "template": TEMPLATE });
            ask(server, Method::POST, "/api/v1/workflows", Some(key), Some(&new)).await?;
        }
        anyhow::Ok(())
    });
    try_join_all(requests).await?;
    let wanted = EVENTS * keys.len() * WEBHOOKS_EACH;
    while sink.count() < wanted {
        if begun.elapsed() > PATIENCE {
            bail!("{} of {wanted} deliveries arrived within {PATIENCE:?}", sink.count());
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    #[expect(clippy::cast_precision_loss, reason = "for people to read")]
    Ok(wanted as f64 / begun.elapsed().as_secs_f64())
}

/// Measures how long each message took after the response to the request that caused it. Returns the times, the
/// shortest first.
async fn ways(scene: &Scene, server: &Server<'_>, sink: &Sink) -> Result<Vec<Duration>> {
    let mut ways = Vec::new();
    for _ in 0..TIMED {
        sink.forget();
        let new = json!({ "template": TEMPLATE });
        ask(server, Method::POST, "/api/v1/workflows", Some(&scene.key), Some(&new)).await?;
        let answered = Instant::now();
        while sink.count() < QUIET {
            if answered.elapsed() > PATIENCE {
                bail!("{} of {} webhooks were told of an event within {PATIENCE:?}", sink.count(), QUIET);
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        ways.extend(sink.arrivals().into_iter().map(|arrival| arrival.saturating_duration_since(answered)));
        tokio::time::sleep(PAUSE).await;
    }
    ways.sort_unstable();
    Ok(ways)
}
