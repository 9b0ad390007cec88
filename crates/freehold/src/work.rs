//! Background workers: the worker of jobs and the other loops, in the server or in a process of their own
//! (`freehold work`).

use anyhow::Result;
use freehold_core::{Clock, Random};
use freehold_delivery::{mail::Sender, webhook};
use freehold_jobs::{Handler, Schedule, Worker, WorkerSettings};
use freehold_outbound::Outbound;
use freehold_web::{Backbone, Product, TrustedProxies};
use tokio::{sync::watch, task::JoinSet};

use crate::{
    billing, chores,
    compose::{self, Materials},
    database::Database,
    mail, running, secret_key,
    settings::{Settings, WorkSettings},
    shutdown::Signals,
};

/// The job handlers of the backbone and of the product.
pub fn handlers(backbone: &Backbone, product: &Product) -> Vec<Handler> {
    let billing = backbone.billing.iter().flat_map(freehold_billing::job::handlers);
    chores::handlers(backbone).into_iter().chain(billing).chain((product.jobs)(backbone)).collect()
}

/// The schedules of the backbone and of the product.
pub fn schedules(backbone: &Backbone, product: &Product) -> Vec<Schedule> {
    let billing = if backbone.billing.is_some() { freehold_billing::job::SCHEDULES } else { &[] };
    chores::SCHEDULES.iter().chain(billing).chain(product.schedules).copied().collect()
}

/// Creates the worker of this process.
pub fn worker(backbone: &Backbone, product: &Product, settings: WorkerSettings) -> Worker {
    let settings = WorkerSettings { nudge: backbone.nudge.clone(), ..settings };
    let (db, clock, random) = (backbone.db.clone(), backbone.clock.clone(), backbone.random.clone());
    Worker::new(
        db,
        clock,
        random,
        backbone.ids.clone(),
        handlers(backbone, product),
        schedules(backbone, product),
        settings,
    )
}

/// Creates the sender of webhooks of this process.
pub fn webhooks(backbone: &Backbone, settings: webhook::Settings) -> webhook::Parts {
    let settings = webhook::Settings { nudge: backbone.nudge.clone(), ..settings };
    let own = (backbone.db.clone(), backbone.clock.clone(), backbone.random.clone());
    let names = (backbone.product.name.as_str(), backbone.site_url.as_str());
    webhook::Parts::new(own, backbone.vault.clone(), backbone.outbound.clone(), names, settings)
}

/// Works until `stop` is true, then gives back the jobs that have not ended.
pub async fn work(
    backbone: Backbone,
    product: &Product,
    settings: WorkSettings,
    mails: Option<Sender>,
    stop: watch::Receiver<bool>,
) {
    let worker = worker(&backbone, product, settings.worker());
    let webhooks = webhooks(&backbone, webhook::Settings::default());
    let (dispatcher, sender) = (webhook::Dispatcher::new(webhooks.clone()), webhook::Sender::new(webhooks));
    // Each loop has a task of its own; dropping this future ends all of them.
    let mut loops = JoinSet::new();
    loops.spawn(worker.run(stop.clone()));
    loops.spawn(dispatcher.run(stop.clone()));
    loops.spawn(sender.run(stop.clone()));
    if let Some(mails) = mails {
        loops.spawn(mails.run(stop));
    }
    while let Some(ended) = loops.join_next().await {
        if let Err(error) = ended
            && let Ok(panic) = error.try_into_panic()
        {
            // The whole process must end, and not continue without one of its parts.
            std::panic::resume_unwind(panic);
        }
    }
}

/// `freehold work`: a worker outside the server. Any number may run.
pub async fn alone(settings: Settings) -> Result<()> {
    let product = compose::product(&settings.product)?;
    let random = Random::system();
    let vault = secret_key::vault(&settings, &random)?;
    let database = Database::open_beside(&settings).await?;
    let worked = run(&settings, &database, &product, (vault, random)).await;
    let closed = database.close().await;
    worked.and(closed)
}

async fn run(
    settings: &Settings,
    database: &Database,
    product: &Product,
    (vault, random): (freehold_vault::Vault, Random),
) -> Result<()> {
    database.prepare(&compose::migrations(product)).await?;
    let outbound = Outbound::new(settings.outbound.allowed(database.is_local()))?;
    // Mails and answers contain the server's URL, and the server is another process.
    let site_url = running::site_url(settings);
    let sources = (Clock::system(), random);
    database.pool()?.clock_follow(&sources.0).await?;
    let money = billing::beside(settings, &sources)?;
    let ((clock, random), db) = (sources, database.pool()?);
    let (auth, supabase) = (settings.auth.clone(), settings.supabase.clone());
    // This process answers no requests.
    let trusted_proxies = TrustedProxies::default();
    let materials = Materials { db, vault, clock, random, site_url, auth, supabase, outbound, money, trusted_proxies };
    let backbone = compose::backbone(materials, product).await?;
    let mails = mail::sender(settings, &backbone, settings.shows_mails(database.is_local()))?;
    let mut signals = Signals::listen();
    say(&backbone, product, settings.work);

    let (stop, stopping) = watch::channel(false);
    let (db, clock) = (backbone.db.clone(), backbone.clock.clone());
    let mut working = std::pin::pin!(async {
        tokio::join!(work(backbone, product, settings.work, mails, stopping.clone()), db.clock_keep(clock, stopping));
    });
    tokio::select! {
        () = &mut working => return Ok(()),
        _ = signals.next() => {
            tracing::info!("stopping: jobs under way have {} s to end", settings.work.worker().drain.as_secs());
        }
    }
    stop.send_replace(true);
    tokio::select! {
        () = &mut working => {}
        _ = signals.next() => tracing::warn!("stopping at once: a second signal came"),
    }
    Ok(())
}

/// Prints the start screen of a worker.
#[expect(clippy::print_stdout, reason = "this is what the command is for")]
fn say(backbone: &Backbone, product: &Product, settings: WorkSettings) {
    println!("\n  Freehold works for {}, up to {} jobs at once:\n", backbone.product.name, settings.slots);
    for handler in handlers(backbone, product) {
        println!("  job        {}", handler.kind.name);
    }
    for schedule in schedules(backbone, product) {
        println!("  every      {} s: {}", schedule.every.as_secs(), schedule.name);
    }
    println!("\n  Ctrl-C stops it.\n");
}
