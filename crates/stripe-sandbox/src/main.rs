//! `stripe-sandbox`: a Stripe for offline use.

use std::{
    net::{SocketAddr, TcpListener},
    path::PathBuf,
};

use anyhow::Context as _;
use clap::Parser;
use stripe_sandbox::{API_VERSION, Sandbox, Settings};
use tokio::signal::unix::{SignalKind, signal};

/// A stateful Stripe for offline use: every sk_test_… key is an account of its own.
#[derive(Debug, Parser)]
#[command(version, after_help = "Knobs and clock are under /_sandbox; the README lists them.")]
struct Arguments {
    /// The address to listen on.
    #[arg(long, default_value = "127.0.0.1:12111", env = "STRIPE_SANDBOX_LISTEN")]
    listen: SocketAddr,
    /// The seed of ids and chaos, to make them repeatable; different at each start by default.
    #[arg(long, env = "STRIPE_SANDBOX_SEED")]
    seed: Option<u64>,
    /// The URL for browsers, if it differs from the URL that SDKs use.
    #[arg(long, env = "STRIPE_SANDBOX_PUBLIC_URL")]
    public_url: Option<String>,
    /// The file that stores all data; without it all data is lost when the program ends.
    #[arg(long, env = "STRIPE_SANDBOX_DATA", value_name = "FILE")]
    data: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let filter = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "info".into());
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let listener =
        TcpListener::bind(arguments.listen).with_context(|| format!("cannot listen on {}", arguments.listen))?;
    let mut settings = Settings { public_url: arguments.public_url, data: arguments.data, ..Settings::default() };
    settings.seed = arguments.seed.unwrap_or(settings.seed);
    let sandbox = Sandbox::start(listener, settings)?;
    // Before the program reports that it runs, because it may be asked to stop right after that.
    let mut terminate = signal(SignalKind::terminate())?;
    tracing::info!("a Stripe of version {API_VERSION} at {}; no real money", sandbox.url());
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted?,
        _ = terminate.recv() => {}
    }
    sandbox.stop().await;
    Ok(())
}
