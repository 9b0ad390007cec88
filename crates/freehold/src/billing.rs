//! Stripe for this process: the real one, or a sandbox in its place.
//!
//! The sandbox runs in the server. Processes beside the server (`freehold work`, commands) find it by the address that
//! the server writes into the data folder.

use std::{
    io::ErrorKind,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use anyhow::{Context, Result, bail};
use freehold_billing::{
    Billing,
    catalog_sync::{self, CustomPrices},
    stripe,
};
use freehold_console::{Part, Standing};
use freehold_core::{Clock, Random, Secret};
use freehold_db::Db;
use freehold_jobs::Nudge;
use freehold_metering::plan::Entitlements;
use freehold_web::Product;
use stripe_sandbox::Sandbox;

use crate::{
    compose::{self, Money},
    database::{Database, Sources, clock_of},
    running, secret_key,
    settings::{BillingSettings, Settings, StripeSettings},
};

/// Our key in a sandbox. It is not secret: every program that reaches the sandbox can use any key.
const SANDBOX_KEY: &str = "sk_test_freehold";
/// The name of the server's webhook endpoint in the sandbox, which keeps the endpoint's secret across restarts.
const ENDPOINT: &str = "freehold serve";
/// How long to wait for another server that is starting a sandbox.
const PATIENCE: Duration = Duration::from_secs(10);

/// The path of the inbox for webhooks.
pub const INBOX: &str = "/webhooks/stripe";

/// The types of events after which the server asks Stripe again; docs/billing.md lists them for the operator who
/// registers the endpoint at Stripe.
pub const EVENTS: &[&str] = &[
    "checkout.session.completed",
    "customer.deleted",
    "customer.subscription.created",
    "customer.subscription.deleted",
    "customer.subscription.paused",
    "customer.subscription.resumed",
    "customer.subscription.trial_will_end",
    "customer.subscription.updated",
    "customer.updated",
    "invoice.finalized",
    "invoice.marked_uncollectible",
    "invoice.paid",
    "invoice.payment_action_required",
    "invoice.payment_failed",
    "invoice.voided",
];

/// Billing of a server.
pub struct Payments {
    /// Billing for the backbone; none: billing is switched off.
    pub money: Option<Money>,
    /// The line on the start screen.
    pub part: Part,
    sandbox: Option<Sandbox>,
}

impl Payments {
    /// Prepares billing for a server that listens on `address`; starts the sandbox if no Stripe is set.
    pub async fn start(
        settings: &Settings,
        database: &Database,
        product: &Product,
        address: SocketAddr,
    ) -> Result<Self> {
        let (billing, sources) = (&settings.billing, database.sources());
        if !billing.enabled {
            let now = "switched off; nothing is sold, and nothing is limited".to_owned();
            return Ok(Self { money: None, part: part(now, Standing::Missing, None), sandbox: None });
        }
        if billing.stripe.is_some() {
            return Ok(Self { money: Some(money(settings, sources)?), part: connected(billing), sandbox: None });
        }
        // Without a data folder on this machine the sandbox keeps its data in memory.
        let data = database.is_local() || settings.secret_key.is_none();
        let data = data.then(|| settings.data.join("stripe-sandbox.json"));
        let (sandbox, url) = own_or_neighbours(settings, data.as_ref(), &sources.clock).await?;
        let webhook = format!("http://{}{INBOX}", near(address));
        // The sandbox of another server sends webhooks to that server, which writes them into the same database.
        let secret = sandbox.as_ref().map(|sandbox| sandbox.webhook(SANDBOX_KEY, ENDPOINT, &webhook, EVENTS));
        let mut money = money_at(settings, url.clone(), Secret::new(SANDBOX_KEY), sources)?;
        money.webhook_secrets = secret.into_iter().map(Secret::new).collect();
        if sandbox.is_some() {
            shelve(&money.stripe, product).await;
        }
        let kept = if data.is_none() { ", in memory only" } else { "" };
        let now = format!("a sandbox at {url}{kept}; no real money");
        let part = part(now, Standing::StandIn, Some("STRIPE_SECRET_KEY and STRIPE_WEBHOOK_SECRET"));
        Ok(Self { money: Some(money), part, sandbox })
    }

    /// Ends the sandbox, if there is one, after it has written its data.
    pub async fn stop(self) {
        if let Some(sandbox) = self.sandbox {
            sandbox.stop().await;
        }
    }
}

/// The Stripe of the settings, or the sandbox of the server beside this process; none: billing is switched off.
pub fn beside(settings: &Settings, sources: &Sources) -> Result<Option<Money>> {
    settings.billing.enabled.then(|| money(settings, sources)).transpose()
}

/// Billing for a command beside the server; none: billing is switched off.
pub async fn of_command(settings: &Settings, db: &Db, product: &Product) -> Result<Option<Billing>> {
    let sources = Sources { clock: clock_of(db).await?, random: Random::system() };
    let Some(money) = beside(settings, &sources)? else { return Ok(None) };
    let Sources { clock, random } = sources;
    let spec = Arc::new(compose::specification(product)?);
    let entitlements = Entitlements::load(db, spec.clone()).await?;
    let vault = secret_key::vault(settings, &random)?;
    Ok(Some(Billing::new(freehold_billing::Parts {
        db: db.clone(),
        ids: db.ids().clone(),
        clock,
        random,
        stripe: money.stripe,
        webhook_secrets: money.webhook_secrets,
        return_origins: money.return_origins,
        custom_prices: CustomPrices::of(&money.prices, &spec).map_err(anyhow::Error::msg)?,
        unpaid_organizations: money.unpaid_organizations,
        vault,
        checkout: money.checkout,
        product: spec,
        entitlements: Arc::new(entitlements),
        site_url: running::site_url(settings),
        nudge: Nudge::default(),
        // The server caches callers for half a second; this process has no cached callers to drop.
        changed: Arc::new(|| ()),
    })))
}

fn money(settings: &Settings, sources: &Sources) -> Result<Money> {
    let (url, key) = match &settings.billing.stripe {
        Some(stripe) => (stripe.url.clone(), stripe.key.clone()),
        None => (sandbox_url(settings), Secret::new(SANDBOX_KEY)),
    };
    money_at(settings, url, key, sources)
}

fn money_at(settings: &Settings, url: String, key: Secret, sources: &Sources) -> Result<Money> {
    let Sources { clock, random } = sources.clone();
    Ok(Money {
        stripe: stripe::Client::new(stripe::Settings { url, key, clock, random })?,
        webhook_secrets: settings.billing.webhook_secrets.clone(),
        return_origins: settings.billing.return_urls.clone(),
        prices: settings.billing.prices.clone(),
        unpaid_organizations: Some(settings.billing.unpaid_organizations).filter(|most| *most > 0),
        checkout: settings.billing.checkout.clone(),
    })
}

/// Starts the sandbox at the wanted address, or on any free port if that is in use.
fn sandbox(wanted: SocketAddr, data: Option<PathBuf>, clock: &Clock) -> std::io::Result<Sandbox> {
    let listener = match std::net::TcpListener::bind(wanted) {
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            std::net::TcpListener::bind(SocketAddr::new(wanted.ip(), 0))?
        }
        bound => bound?,
    };
    let public_url = wanted.ip().is_unspecified().then(|| listener.local_addr()).transpose()?;
    let public_url = public_url.map(|address| format!("http://{}", near(address)));
    let clock = clock.clone();
    let now = Arc::new(move || clock.now());
    let local_only = wanted.ip().is_loopback();
    Sandbox::start(
        listener,
        stripe_sandbox::Settings { now, public_url, local_only, data, ..stripe_sandbox::Settings::default() },
    )
}

/// Creates the plans in our sandbox. If that fails no plan can be bought, but everything else works.
async fn shelve(stripe: &stripe::Client, product: &Product) {
    let shelved = async {
        let spec = compose::specification(product)?;
        anyhow::Ok(catalog_sync::sync(stripe, &spec).await?)
    };
    if let Err(error) = shelved.await {
        tracing::warn!("the plans cannot be bought in the sandbox (freehold billing sync says more): {error:#}");
    }
}

/// A sandbox of our own, or the one of another server on this data folder. That server may be starting, so an address
/// that an earlier server left behind is used only once it answers. Or it may be ending, and then this process starts
/// the sandbox.
async fn own_or_neighbours(
    settings: &Settings,
    data: Option<&PathBuf>,
    clock: &Clock,
) -> Result<(Option<Sandbox>, String)> {
    let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(1)).build()?;
    let until = tokio::time::Instant::now() + PATIENCE;
    loop {
        match sandbox(settings.billing.sandbox, data.cloned(), clock) {
            Ok(sandbox) => {
                let url = format!("http://{}", near(sandbox.address()));
                if data.is_some() {
                    let file = address_file(settings);
                    std::fs::write(&file, &url).with_context(|| format!("writing {}", file.display()))?;
                }
                return Ok((Some(sandbox), url));
            }
            Err(error) if error.kind() == ErrorKind::ResourceBusy => {}
            Err(error) => return Err(error).context("starting the sandbox that stands in for Stripe"),
        }
        if let Some(url) = left_address(settings)
            && client.get(format!("{url}/_sandbox/clock")).send().await.is_ok_and(|answer| answer.status().is_success())
        {
            return Ok((None, url));
        }
        if tokio::time::Instant::now() >= until {
            bail!("another server has the sandbox in {}, and it does not answer", settings.data.display());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// The address that a server wrote into the data folder, or else the address of the settings.
fn sandbox_url(settings: &Settings) -> String {
    left_address(settings).unwrap_or_else(|| format!("http://{}", near(settings.billing.sandbox)))
}

fn left_address(settings: &Settings) -> Option<String> {
    let left = std::fs::read_to_string(address_file(settings)).ok()?;
    Some(left.trim().to_owned()).filter(|left| left.starts_with("http://"))
}

fn address_file(settings: &Settings) -> PathBuf {
    settings.data.join("stripe-sandbox.address")
}

/// The address by which this machine reaches a program that listens there.
fn near(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

fn connected(billing: &BillingSettings) -> Part {
    let live = billing.stripe.as_ref().and_then(StripeSettings::is_live);
    let elsewhere = billing.stripe.as_ref().filter(|stripe| stripe.url != stripe::URL);
    let place = elsewhere.map(|stripe| format!(" at {}", stripe.url)).unwrap_or_default();
    let mode = match live {
        Some(true) => "Stripe, with real money",
        Some(false) => "Stripe's test mode, no real money",
        None => "Stripe",
    };
    if billing.webhook_secrets.is_empty() {
        let now = format!("{mode}{place}; its webhooks are refused until STRIPE_WEBHOOK_SECRET is set");
        return part(now, Standing::Missing, Some("STRIPE_WEBHOOK_SECRET"));
    }
    part(format!("{mode}{place}"), Standing::Connected, None)
}

fn part(now: String, standing: Standing, setting: Option<&str>) -> Part {
    Part { name: "Payments".to_owned(), now, standing, setting: setting.map(str::to_owned) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_listens_everywhere_is_reached_at_home() {
        for (address, expected) in [
            ("0.0.0.0:8080", "127.0.0.1:8080"),
            ("[::]:8080", "[::1]:8080"),
            ("127.0.0.1:1", "127.0.0.1:1"),
            ("10.0.0.7:80", "10.0.0.7:80"),
        ] {
            assert_eq!(near(address.parse().unwrap()).to_string(), expected);
        }
    }
}
