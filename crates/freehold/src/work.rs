//! Background workers: the worker of jobs and the other loops, in the server or in a process of their own
//! (`freehold work`).

use anyhow::Result;
use freehold_app::App;
use freehold_core::Random;
use freehold_delivery::{mail::Sender, webhook};
use freehold_outbound::Outbound;
use freehold_vault::Vault;
use freehold_web::{Product, TrustedProxies};
use tokio::{sync::watch, task::JoinSet};

use crate::{
    billing,
    compose::{self, Materials},
    database::Database,
    mail, products, running, secret_key,
    settings::{Settings, WorkSettings},
    shutdown::Signals,
};

/// Works until `stop` is true, then gives back the jobs that have not ended.
pub async fn work(app: App, settings: WorkSettings, mails: Option<Sender>, stop: watch::Receiver<bool>) {
    let worker = compose::worker(&app, settings.worker());
    let webhooks = compose::webhooks(&app, webhook::Settings::default());
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
    let product = products::product(&settings.product)?;
    let vault = secret_key::vault(&settings, &Random::system())?;
    let database = Database::open_beside(&settings).await?;
    let worked = run(&settings, &database, &product, vault).await;
    let closed = database.close().await;
    worked.and(closed)
}

async fn run(settings: &Settings, database: &Database, product: &Product, vault: Vault) -> Result<()> {
    let app = app_beside(settings, database, product, vault).await?;
    let mails = mail::sender(settings, &app, settings.shows_mails(database.is_local()))?;
    let mut signals = Signals::listen();
    say(&app, settings.work);
    run_until(settings, app, mails, &mut signals).await
}

/// The app of a process beside the server, which answers no requests.
pub async fn app_beside(settings: &Settings, database: &Database, product: &Product, vault: Vault) -> Result<App> {
    database.prepare(&compose::migrations(product)).await?;
    let outbound = Outbound::new(settings.outbound.allowed(database.is_local()))?;
    // Mails and answers contain the server's URL, and the server is another process.
    let site_url = running::site_url(settings);
    database.pool()?.clock_follow().await?;
    let money = billing::beside(settings, database.sources())?;
    let (db, random) = (database.pool()?, database.sources().random.clone());
    let (auth, supabase) = (settings.auth.clone(), settings.supabase.clone());
    let (module_settings, files) = (settings.module_settings.clone(), settings.files.open()?);
    let materials = Materials { db, vault, random, site_url, auth, supabase, outbound, module_settings, files, money };
    Ok(compose::backbone(materials, TrustedProxies::default(), product).await?.app.clone())
}

async fn run_until(settings: &Settings, app: App, mails: Option<Sender>, signals: &mut Signals) -> Result<()> {
    let (stop, stopping) = watch::channel(false);
    let db = app.db.clone();
    let mut working = std::pin::pin!(async {
        tokio::join!(work(app, settings.work, mails, stopping.clone()), db.clock_keep(stopping));
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
fn say(app: &App, settings: WorkSettings) {
    println!("\n  Freehold works for {}, up to {} jobs at once:\n", app.product.name, settings.slots);
    for handler in compose::handlers(app) {
        println!("  job        {}", handler.kind.name);
    }
    for schedule in compose::schedules(app) {
        println!("  every      {} s: {}", schedule.every.as_secs(), schedule.name);
    }
    println!("\n  Ctrl-C stops it.\n");
}
