//! Stripe for this process: the real one, or a sandbox that stands in for it.
//!
//! The sandbox runs in the server. What runs beside the server (`freehold work`, commands) finds it by the address that the
//! server leaves in the data folder.

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
use freehold_core::{Clock, Ids, Random, Secret};
use freehold_db::Db;
use freehold_jobs::Nudge;
use freehold_metering::plan::Entitlements;
use freehold_web::Product;
use stripe_sandbox::Sandbox;

use crate::{
    compose::{self, Money},
    database::{Database, clock_of},
    running, secret_key,
    settings::{BillingSettings, Settings, StripeSettings},
};

/// Our account in a sandbox. Nothing secret: whoever reaches the sandbox may have any.
const SANDBOX_KEY: &str = "sk_test_freehold";
/// By which the sandbox knows the server's endpoint from start to start.
const ENDPOINT: &str = "freehold serve";
/// How long to wait for another server that is just starting a sandbox.
const PATIENCE: Duration = Duration::from_secs(10);

/// The path of the inbox for webhooks.
pub const INBOX: &str = "/webhooks/stripe";

/// The types of events that make the server look at Stripe anew; docs/billing.md lists them for whoever registers the
/// endpoint at Stripe.
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

/// How a server is paid.
pub struct Payments {
    /// For the backbone; none: billing is switched off.
    pub money: Option<Money>,
    /// For the start screen.
    pub part: Part,
    sandbox: Option<Sandbox>,
}

/// Chance and time, which everything here is made with.
pub type Sources = (Clock, Random);

impl Payments {
    /// Gets ready what the settings say, for a server that listens on `address`; starts the sandbox where no Stripe is named.
    pub async fn start(
        settings: &Settings,
        database: &Database,
        product: &Product,
        address: SocketAddr,
        sources: &Sources,
    ) -> Result<Self> {
        let billing = &settings.billing;
        if !billing.enabled {
            let now = "switched off; nothing is sold, and nothing is limited".to_owned();
            return Ok(Self { money: None, part: part(now, Standing::Missing, None), sandbox: None });
        }
        if billing.stripe.is_some() {
            return Ok(Self { money: Some(money(settings, sources)?), part: connected(billing), sandbox: None });
        }
        // Where nothing else is kept on this machine, this is not, either.
        let data = database.is_local() || settings.secret_key.is_none();
        let data = data.then(|| settings.data.join("stripe-sandbox.json"));
        let (sandbox, url) = own_or_neighbours(settings, data.as_ref(), &sources.0).await?;
        let webhook = format!("http://{}{INBOX}", near(address));
        // A neighbour's sandbox tells the neighbour, who writes it into the same database.
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

    /// Ends the sandbox, if there is one; what it has to remember is written down then.
    pub async fn stop(self) {
        if let Some(sandbox) = self.sandbox {
            sandbox.stop().await;
        }
    }
}

/// The Stripe of the settings, or the sandbox of the server beside which this runs; none: billing is switched off.
pub fn beside(settings: &Settings, sources: &Sources) -> Result<Option<Money>> {
    settings.billing.enabled.then(|| money(settings, sources)).transpose()
}

/// Billing for a command beside the server; none: it is switched off.
pub async fn of_command(settings: &Settings, db: &Db, product: &Product) -> Result<Option<Billing>> {
    let (clock, random) = (clock_of(db).await?, Random::system());
    let Some(money) = beside(settings, &(clock.clone(), random.clone()))? else { return Ok(None) };
    let spec = Arc::new(compose::specification(product)?);
    let entitlements = Entitlements::load(db, spec.clone(), clock.now()).await?;
    let vault = secret_key::vault(settings, &random)?;
    Ok(Some(Billing::new(freehold_billing::Parts {
        db: db.clone(),
        ids: Ids::new(clock.clone(), random.clone()),
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
        // The server believes what it knows of a caller for half a second, and there is nothing to forget here.
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

fn money_at(settings: &Settings, url: String, key: Secret, (clock, random): &Sources) -> Result<Money> {
    let (clock, random) = (clock.clone(), random.clone());
    Ok(Money {
        stripe: stripe::Client::new(stripe::Settings { url, key, clock, random })?,
        webhook_secrets: settings.billing.webhook_secrets.clone(),
        return_origins: settings.billing.return_urls.clone(),
        prices: settings.billing.prices.clone(),
        unpaid_organizations: Some(settings.billing.unpaid_organizations).filter(|most| *most > 0),
        checkout: settings.billing.checkout.clone(),
    })
}

/// The sandbox at the wanted address, or on any port where that is taken.
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

/// Brings the plans to our own sandbox. Where that fails there is nothing to buy, and everything else works.
async fn shelve(stripe: &stripe::Client, product: &Product) {
    let shelved = async {
        let spec = compose::specification(product)?;
        anyhow::Ok(catalog_sync::sync(stripe, &spec).await?)
    };
    if let Err(error) = shelved.await {
        tracing::warn!("the plans cannot be bought in the sandbox (freehold billing sync says more): {error:#}");
    }
}

/// A sandbox of our own, or where another server on this data folder has one. That server may just be starting, so what an
/// earlier one left behind is not believed before it answers; or just ending, and then the sandbox is ours.
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

/// What a server left in the data folder; where there is nothing, where it would listen first.
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

/// Where this machine reaches something that listens there.
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
