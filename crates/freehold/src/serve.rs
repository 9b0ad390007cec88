//! `freehold serve`: the whole server.

use anyhow::Result;
use freehold_console::{Local, Part};
use freehold_core::Random;
use freehold_identity::signing::keys_watch;
use freehold_outbound::Outbound;
use freehold_vault::Vault;
use freehold_web::{Product, TrustedProxies};
use tokio::sync::watch;

use crate::{
    billing::Payments,
    compose::{self, Materials, Money},
    connections::{self, descriptors},
    database::{Database, Sources},
    listener::Listener,
    mail, products, running, secret_key,
    settings::Settings,
    shutdown::{End, Signals, supervise},
    start_screen,
    work::work,
};

/// Starts all parts, prints the start screen, and serves until a shutdown signal comes.
pub async fn serve(settings: Settings) -> Result<()> {
    // Before the local Postgres is started, because it inherits the limit.
    descriptors::raise();
    // First, so that an operator with a second server sees the error before a database is started.
    let listener = Listener::bind(&settings.listen).await?;
    let address = listener.address();
    if settings.site_url.is_some() {
        // With a site_url the start screen shows that URL, and not the address it listens on.
        tracing::info!("listening on {address}");
    }
    let site_url = settings.site_url.clone();
    let site_url = site_url.unwrap_or_else(|| settings.listen.clone().with_port(address.port()).site());
    let product = products::product(&settings.product)?;
    let vault = secret_key::vault(&settings, &Random::system())?;

    let database = Database::open(&settings).await?;
    let _mark = running::mark(&settings, address, &site_url);
    let startup = Startup { settings: &settings, database: &database, product: &product, listener, site_url, vault };
    let started = Box::pin(startup.run()).await;
    let closed = database.close().await;
    started.and(closed)
}

/// What a server is started with.
struct Startup<'a> {
    settings: &'a Settings,
    database: &'a Database,
    product: &'a Product,
    listener: Listener,
    /// The URL at which users reach it, without a slash at the end.
    site_url: String,
    vault: Vault,
}

impl Startup<'_> {
    /// Serves with Stripe, or with the sandbox in its place.
    async fn run(self) -> Result<()> {
        let Self { settings, database, product, .. } = self;
        database.prepare(&compose::migrations(product)).await?;
        database.pool()?.clock_follow().await?;
        let address = self.listener.address();
        let mut payments = Payments::start(settings, database, product, address).await?;
        let money = payments.money.take();
        let parts = start_screen::parts(settings, database, &payments.part);
        let served = Box::pin(run_with(self, parts, money)).await;
        payments.stop().await;
        served
    }
}

async fn run_with(startup: Startup<'_>, parts: Vec<Part>, money: Option<Money>) -> Result<()> {
    let Startup { settings, database, product, listener, site_url, vault } = startup;
    let outbound = Outbound::new(settings.outbound.allowed(database.is_local()))?;
    let (db, auth, supabase) = (database.pool()?, settings.auth.clone(), settings.supabase.clone());
    let trusted_proxies = TrustedProxies::new(settings.trusted_proxies.clone());
    let (module_settings, files) = (settings.module_settings.clone(), settings.files.open()?);
    let Sources { random, .. } = database.sources().clone();
    let materials = Materials { db, vault, random, site_url, auth, supabase, outbound, module_settings, files, money };
    let backbone = compose::backbone(materials, trusted_proxies, product).await?;
    let mailbox = settings.shows_mails(database.is_local());
    let sends_mails = settings.mail_server.is_some();
    let local = Local { mailbox, sends_mails, whole: database.is_local(), near: settings.site_is_near(), parts };
    let mut signals = Signals::listen();
    start_screen::print(settings, &backbone, &local).await;
    let mails = mail::sender(settings, &backbone, mailbox)?;
    let (router, _) = compose::router(backbone.clone(), product, local);
    let limits = settings.connections.limits(settings.pool.connections, &settings.trusted_proxies);
    let (stop, stopping) = watch::channel(false);
    let (shutdown, pace) = (backbone.server.shutdown.clone(), settings.shutdown.pace(database.is_local()));
    let keys = keys_watch(backbone.identity.tokens.clone(), stopping.clone());
    let db = backbone.db.clone();
    let server = tokio::spawn(connections::serve(listener, router, limits, shutdown.clone(), stopping.clone()));
    let (worked, mut working) = watch::channel(false);
    let serving = async {
        let served = match supervise(server, &mut signals, &shutdown, &stop, pace).await {
            Ok(End::AtOnce) => return Err(End::AtOnce),
            Ok(End::Orderly) => Ok(()),
            Err(error) => Err(error),
        };
        // What the last requests were counted as.
        backbone.key_uses_write().await;
        // Jobs may take longer than requests, and a second signal does not wait for them either.
        tokio::select! {
            _ = working.wait_for(|worked| *worked) => Ok(served),
            _ = signals.next() => Err(End::AtOnce),
        }
    };
    let later = async {
        let work = async {
            if settings.work.in_server {
                work(backbone.app.clone(), settings.work, mails, stopping.clone()).await;
            }
        };
        tokio::join!(work, keys, backbone.key_uses_keep(stopping.clone()));
        worked.send_replace(true);
        Ok(())
    };
    let clock = async {
        db.clock_keep(stopping.clone()).await;
        Ok(())
    };
    // After a second signal, running tasks are dropped.
    tokio::try_join!(serving, later, clock).map_or(Ok(()), |(served, (), ())| served)
}
