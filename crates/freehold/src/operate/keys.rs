//! `freehold keys`: the keys that sign access tokens, and what applications show in the place of Supabase's keys.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, Result, bail};
use clap::{Subcommand, ValueEnum};
use freehold_core::{Ids, Random, Secret};
use freehold_identity::{
    service_key::{ServiceKeySet, service_keys_end, service_keys_renew, service_keys_show},
    signing::{
        Keeper, KeyRecord, Rotated, key_delete, key_make, key_records, key_restore, key_revoke, key_rotate,
        keys_import, keys_parse,
    },
    signing_key::Algorithm,
};
use serde_json::{Value, json};

use super::minute;
use crate::{
    database::{Database, clock_of},
    running::{self, Running},
    secret_key,
    settings::Settings,
};

/// How long the server beside this command may take to see new keys.
const PATIENCE: Duration = Duration::from_secs(10);
/// How soon it is asked again.
const AGAIN: Duration = Duration::from_millis(50);

/// What can be done about keys. Every server sees it within seconds.
#[derive(Subcommand)]
pub enum Action {
    /// List the keys that sign access tokens, and those that are still checked
    List,
    /// Let the next key sign, and go on checking the old one; where none stands by, make and publish one first
    Rotate {
        /// This key, by its kid
        kid: Option<String>,
        /// At once, also when those who keep the published keys do not know it yet
        #[arg(long)]
        now: bool,
    },
    /// Make another key and publish it; it signs once you rotate to it
    Add {
        /// How it signs
        #[arg(long, default_value = "es256")]
        algorithm: Kind,
    },
    /// Take keys over: a JWK, a JWK set, or the JWT secret of an older Supabase project
    Import {
        /// Where they are; - is what comes in
        file: PathBuf,
    },
    /// Refuse what a key signed
    Revoke {
        /// Its kid
        kid: String,
        /// At once, also while tokens of it may be in use
        #[arg(long)]
        now: bool,
    },
    /// Take back that a key was revoked
    Restore {
        /// Its kid
        kid: String,
    },
    /// Forget a revoked key for good
    Delete {
        /// Its kid
        kid: String,
    },
    /// Show URL and keys for an application that knows Supabase; the same ones each time
    Supabase {
        /// As JSON
        #[arg(long)]
        json: bool,
        /// Make new ones; the old ones hold until they are ended
        #[arg(long)]
        renew: bool,
        /// End all older ones
        #[arg(long)]
        end_previous: bool,
    },
}

/// How a new key signs.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Kind {
    /// ECDSA on P-256
    Es256,
    /// RSA with 2048 bits
    Rs256,
    /// Ed25519
    Eddsa,
}

impl Kind {
    fn algorithm(self) -> Algorithm {
        match self {
            Self::Es256 => Algorithm::Es256,
            Self::Rs256 => Algorithm::Rs256,
            Self::Eddsa => Algorithm::EdDsa,
        }
    }
}

/// Does it.
pub async fn keys(settings: &Settings, action: Action) -> Result<()> {
    if let Some(project) = &settings.supabase.project {
        bail!("people sign in at {}, which has the keys; without SUPABASE_URL they sign in here", project.url);
    }
    let database = Database::open_beside(settings).await?;
    let done = async {
        let (clock, random) = (clock_of(&database.pool()?).await?, Random::system());
        let vault = secret_key::vault(settings, &random)?;
        let ids = Ids::new(clock.clone(), random.clone());
        let keeper = Keeper { db: database.pool()?, vault, clock, ids, random };
        act(settings, &keeper, action).await
    };
    let done = done.await;
    database.close().await?;
    done
}

#[expect(clippy::print_stdout, reason = "this is what the command is for")]
async fn act(settings: &Settings, keeper: &Keeper, action: Action) -> Result<()> {
    match action {
        Action::List => {
            for key in key_records(keeper).await? {
                println!("{}", line(&key));
            }
        }
        Action::Rotate { kid, now } => println!("{}", rotated(&key_rotate(keeper, kid.as_deref(), now).await?)),
        Action::Add { algorithm } => {
            let kid = key_make(keeper, algorithm.algorithm()).await?;
            println!("{kid} stands by; it signs once you rotate to it");
        }
        Action::Import { file } => {
            let keys = keys_parse(&read(&file)?).with_context(|| format!("reading {}", file.display()))?;
            for (key, new) in keys_import(keeper, &keys).await? {
                println!("{}{}", line(&key), if new { "" } else { ", was there before" });
            }
        }
        Action::Revoke { kid, now } => {
            key_revoke(keeper, &kid, settings.auth.access_token_seconds, now).await?;
            println!("{kid} is revoked; every server refuses within seconds what it signed");
        }
        Action::Restore { kid } => {
            key_restore(keeper, &kid).await?;
            println!("{kid} is checked again");
        }
        Action::Delete { kid } => {
            key_delete(keeper, &kid).await?;
            println!("{kid} is forgotten");
        }
        Action::Supabase { json, renew, end_previous } => {
            let site = running::site_url(settings);
            let issuer = format!("{site}/auth/v1");
            let keys = if renew {
                service_keys_renew(keeper, &issuer).await?
            } else {
                service_keys_show(keeper, &issuer).await?
            };
            if end_previous {
                service_keys_end(keeper).await?;
            }
            if let Some(running) = running::find(settings) {
                known_beside(&running, &keys).await;
            }
            println!("{}", if json { format!("{:#}", supabase(&site, &keys)) } else { variables(&site, &keys) });
        }
    }
    Ok(())
}

/// Waits until the server beside this command takes these keys, so that they are good when they are printed.
async fn known_beside(running: &Running, keys: &ServiceKeySet) {
    let Ok(client) = reqwest::Client::builder().timeout(PATIENCE).no_proxy().build() else { return };
    let port = running.listen.port();
    let near =
        if running.listen.ip().is_unspecified() { SocketAddr::from(([127, 0, 0, 1], port)) } else { running.listen };
    let url = format!("http://{near}/auth/v1/admin/users?per_page=1");
    let known = async |key: &Secret| {
        let asked = client.get(&url).bearer_auth(key.expose()).header("apikey", key.expose()).send().await;
        // Only a refusal says that it does not know them yet.
        asked.map_or(true, |answer| !matches!(answer.status().as_u16(), 401 | 403))
    };
    let all = async {
        for key in [&keys.service_role_key, &keys.secret_key] {
            while !known(key).await {
                tokio::time::sleep(AGAIN).await;
            }
        }
    };
    if tokio::time::timeout(PATIENCE, all).await.is_err() {
        tracing::warn!("the server at {near} does not take these keys yet");
    }
}

/// A key in one line.
fn line(key: &KeyRecord) -> String {
    let KeyRecord { kid, algorithm, state, changed_at, .. } = key;
    format!("{state:<9} {algorithm:<6} {kid}  since {}", minute(*changed_at))
}

fn rotated(rotated: &Rotated) -> String {
    match rotated {
        Rotated::Now { kid } => format!("{kid} signs from now on; tokens of the key before it hold until they end"),
        Rotated::Published { kid, from } => format!(
            "{kid} is published; rotate again after {}, when everybody who keeps the published keys knows it, or with \
             --now at once",
            minute(*from)
        ),
    }
}

fn read(file: &Path) -> Result<String> {
    let read =
        if file == Path::new("-") { std::io::read_to_string(std::io::stdin()) } else { std::fs::read_to_string(file) };
    read.with_context(|| format!("reading {}", file.display()))
}

/// What an application is told in the place of what Supabase shows.
pub fn supabase(site: &str, keys: &ServiceKeySet) -> Value {
    json!({
        "url": site,
        "anon_key": keys.anon_key.expose(),
        "service_role_key": keys.service_role_key.expose(),
        "publishable_key": keys.publishable_key.expose(),
        "secret_key": keys.secret_key.expose(),
        "jwks_url": format!("{site}/auth/v1/.well-known/jwks.json"),
    })
}

/// The same as variables of an environment, under the names that Supabase's guides use.
fn variables(site: &str, keys: &ServiceKeySet) -> String {
    [
        ("SUPABASE_URL", site),
        ("SUPABASE_ANON_KEY", keys.anon_key.expose()),
        ("SUPABASE_SERVICE_ROLE_KEY", keys.service_role_key.expose()),
        ("SUPABASE_PUBLISHABLE_KEY", keys.publishable_key.expose()),
        ("SUPABASE_SECRET_KEY", keys.secret_key.expose()),
    ]
    .map(|(name, value)| format!("{name}={value}"))
    .join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_one_line() {
        let at = "2026-03-15T12:00:00Z".parse().unwrap();
        let key = KeyRecord {
            kid: "abc".into(),
            algorithm: "ES256".into(),
            state: "current".into(),
            created_at: at,
            changed_at: at,
        };
        assert_eq!(line(&key), "current   ES256  abc  since 2026-03-15 12:00Z");
    }
}
