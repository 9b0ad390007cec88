//! The sandbox's front page: its accounts, and their waiting deliveries.

use askama::Template;

use crate::{
    page::{self, Answer},
    version::API_VERSION,
    world::{World, hold},
};

struct Row {
    key: String,
    customers: usize,
    subscriptions: usize,
    events: usize,
    waiting: String,
}

#[derive(Template)]
#[template(path = "home.html")]
struct Page {
    title: String,
    version: &'static str,
    now: String,
    rows: Vec<Row>,
}

/// `GET /`
pub(crate) fn show(world: &World) -> Answer {
    let row = |account: &crate::world::Shared| {
        let account = hold(account);
        let counts = account.deliveries_count();
        Row {
            key: account.key.clone(),
            customers: account.customers.len(),
            subscriptions: account.subscriptions.len(),
            events: account.events.len(),
            waiting: format!("{} waiting, {} failed", counts["waiting"], counts["failed"]),
        }
    };
    let rows = world.accounts().iter().map(row).collect();
    let clock = world.clock.json();
    let now = clock["now_rfc3339"].as_str().unwrap_or_default().to_owned();
    page::html(200, &Page { title: "Stripe sandbox".to_owned(), version: API_VERSION, now, rows })
}
