//! `freehold serve`: the whole server.

use std::{net::SocketAddr, time::Duration};

use anyhow::{Context, Result};
use freehold_console::{Local, Part};
use freehold_core::{Clock, Random};
use freehold_identity::signing::keys_watch;
use freehold_outbound::Outbound;
use freehold_web::{Product, TrustedProxies};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    sync::watch,
};

use crate::{
    billing::{Payments, Sources},
    compose::{self, Materials, Money},
    connections::{self, Limits, descriptors},
    database::Database,
    mail, secret_key,
    settings::Settings,
    start_screen,
    work::work,
};

/// How long requests that are under way may take to end when the server stops.
const DRAIN: Duration = Duration::from_secs(20);

/// Starts everything, says what runs, and works until it is told to stop.
pub async fn serve(settings: Settings) -> Result<()> {
    // Before the database is started, which inherits the limit.
    descriptors::raise();
    // First of all, so that somebody with a second server learns it before a database is started.
    let listener = listen(settings.listen).await?;
    let address = listener.local_addr().context("asking where the server listens")?;
    if settings.site_url.is_some() {
        // The start-up screen shows where people reach it, which is another place then.
        tracing::info!("listening on {address}");
    }
    let site_url = settings.site_url.clone().unwrap_or_else(|| site_of(address));
    let product = compose::product(&settings.product)?;
    let random = Random::system();
    let vault = secret_key::vault(&settings, &random)?;

    let database = Database::open(&settings).await?;
    let started = run(&settings, &database, &product, (listener, site_url), (vault, random)).await;
    let closed = database.close().await;
    started.and(closed)
}

async fn run(
    settings: &Settings,
    database: &Database,
    product: &Product,
    (listener, site_url): (TcpListener, String),
    (vault, random): (freehold_vault::Vault, Random),
) -> Result<()> {
    database.prepare(&compose::migrations(product)).await?;
    let sources = (Clock::system(), random);
    database.pool()?.clock_follow(&sources.0).await?;
    let address = listener.local_addr().context("asking where the server listens")?;
    let mut payments = Payments::start(settings, database, product, address, &sources).await?;
    let money = payments.money.take();
    let parts = (start_screen::parts(settings, database, &payments.part), money);
    let served = run_with(settings, database, product, (listener, site_url), (vault, sources), parts).await;
    payments.stop().await;
    served
}

/// With the Stripe there is, or what stands in for it.
async fn run_with(
    settings: &Settings,
    database: &Database,
    product: &Product,
    (listener, site_url): (TcpListener, String),
    (vault, (clock, random)): (freehold_vault::Vault, Sources),
    (parts, money): (Vec<Part>, Option<Money>),
) -> Result<()> {
    let outbound = Outbound::new(settings.outbound.allowed(database.is_local()))?;
    let (db, auth, supabase) = (database.pool()?, settings.auth.clone(), settings.supabase.clone());
    let trusted_proxies = TrustedProxies::new(settings.trusted_proxies.clone());
    let materials = Materials { db, vault, clock, random, site_url, auth, supabase, outbound, money, trusted_proxies };
    let backbone = compose::backbone(materials, product).await?;
    let mailbox = settings.shows_mails(database);
    let sends_mails = settings.mail_server.is_some();
    let local = Local { mailbox, sends_mails, whole: database.is_local(), parts };
    let told = told_to_stop();
    start_screen::print(&backbone, &local).await;
    let mails = mail::sender(settings, &backbone, mailbox)?;
    let (router, _) = compose::router(backbone.clone(), product, local);
    let limits = settings.connections.limits(settings.pool.connections, &settings.trusted_proxies);
    let (stop, stopping) = watch::channel(false);
    let keys = keys_watch(backbone.identity.clone(), stopping.clone());
    let (db, house_clock) = (backbone.db.clone(), backbone.clock.clone());
    let work = async {
        if settings.work.in_server {
            work(backbone, product, settings.work, mails, stopping.clone()).await;
        }
    };
    let clock = db.clock_keep(house_clock, stopping.clone());
    let (served, (), (), ()) =
        tokio::join!(answer((listener, router, limits), told, stop, stopping.clone()), work, keys, clock);
    served
}

/// Answers requests until the shutdown signal comes, and passes it on.
async fn answer(
    (listener, router, limits): (TcpListener, axum::Router, Limits),
    told: impl Future<Output = ()>,
    stop: watch::Sender<bool>,
    stopping: watch::Receiver<bool>,
) -> Result<()> {
    let mut server = tokio::spawn(connections::serve(listener, router, limits, stopping));
    tokio::select! {
        ended = &mut server => {
            stop.send_replace(true);
            ended.context("the server's task")?;
        }
        () = told => {
            tracing::info!("stopping: requests under way have {} s to end", DRAIN.as_secs());
            stop.send_replace(true);
            if tokio::time::timeout(DRAIN, &mut server).await.is_err() {
                tracing::warn!("some requests had not ended after {} s", DRAIN.as_secs());
                server.abort();
            }
        }
    }
    Ok(())
}

async fn listen(address: SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| {
        format!("listening on {address}; if another server runs there, stop it or choose another address with --listen")
    })
}

/// What people on this machine type for an address.
pub(crate) fn site_of(address: SocketAddr) -> String {
    if address.ip().is_unspecified() {
        format!("http://localhost:{}", address.port())
    } else {
        format!("http://{address}")
    }
}

/// Ctrl-C, or SIGTERM. Listens from the moment it is called, so that whoever has read that the program runs can stop it.
pub(crate) fn told_to_stop() -> impl Future<Output = ()> {
    let signals = [SignalKind::interrupt(), SignalKind::terminate()].map(signal);
    async move {
        match signals {
            [Ok(mut interrupt), Ok(mut terminate)] => tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            },
            [Err(error), _] | [_, Err(error)] => {
                tracing::warn!("signals will not stop the program in order: {error}");
                std::future::pending::<()>().await;
            }
        }
    }
}
