//! Sends deliveries, and carries out what becomes due.

use std::{sync::Arc, time::Duration};

use tokio::sync::watch;

use crate::{
    delivery::Outgoing,
    world::{Shared, World, hold},
};

/// How often the time is checked if nothing else happens.
const TICK: Duration = Duration::from_millis(25);
/// How long an endpoint may take to respond, as at Stripe.
const TIME_LIMIT: Duration = Duration::from_secs(20);

/// Runs until `stop` turns true.
pub(crate) async fn run(world: Arc<World>, client: reqwest::Client, mut stop: watch::Receiver<bool>) {
    loop {
        for account in world.accounts() {
            for outgoing in ready(&world, &account) {
                tokio::spawn(send(Arc::clone(&world), Arc::clone(&account), client.clone(), outgoing));
            }
        }
        tokio::select! {
            () = world.wake.notified() => {}
            () = tokio::time::sleep(TICK) => {}
            changed = stop.changed() => if changed.is_err() || *stop.borrow() { return },
        }
    }
}

/// Brings an account up to date and takes the requests that are to be sent.
fn ready(world: &World, account: &Shared) -> Vec<Outgoing> {
    let mut account = hold(account);
    world.present(&mut account);
    match account.deliveries_next() {
        Some(due) if due <= account.sandbox_ms => account.deliveries_take(world.clock.source_seconds()),
        _ => Vec::new(),
    }
}

async fn send(world: Arc<World>, account: Shared, client: reqwest::Client, outgoing: Outgoing) {
    let answer = client
        .post(&outgoing.url)
        .timeout(TIME_LIMIT)
        .header("content-type", "application/json; charset=utf-8")
        .header("user-agent", "Stripe/1.0 (+https://stripe.com/docs/webhooks) stripe-sandbox")
        .header("stripe-signature", outgoing.signature)
        .body(outgoing.body)
        .send()
        .await;
    let answer = answer.map(|answer| answer.status().as_u16()).map_err(|error| error.without_url().to_string());
    hold(&account).delivery_end(outgoing.number, answer);
    world.sent.notify_waiters();
    world.wake.notify_one();
}
