//! `freehold keys`: the keys that sign access tokens, and the keys that applications use in place of Supabase's.

pub mod check;

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, Result, bail};
use clap::{Subcommand, ValueEnum};
use freehold_core::Secret;
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

/// How long the command waits until the server beside it accepts new keys.
const PATIENCE: Duration = Duration::from_secs(10);
/// The pause between two requests to that server.
const AGAIN: Duration = Duration::from_millis(50);

/// The actions of `freehold keys`. Every server applies them within seconds.
#[derive(Subcommand)]
pub enum Action {
    /// List the keys that sign access tokens, and those that only verify them
    List,
    /// Sign with the next key, and keep verifying with the old one; creates and publishes a key if none is waiting
    Rotate {
        /// Key to sign with, by its kid
        kid: Option<String>,
        /// Rotate at once, even if caches of the public keys do not have the key yet
        #[arg(long)]
        now: bool,
    },
    /// Create a key and publish it; it signs after you rotate to it
    Add {
        /// Signature algorithm
        #[arg(long, default_value = "es256")]
        algorithm: Kind,
    },
    /// Import keys: a JWK, a JWK set, or the JWT secret of an older Supabase project
    Import {
        /// File with the keys; - reads standard input
        file: PathBuf,
    },
    /// Refuse all tokens that a key signed
    Revoke {
        /// Key to revoke, by its kid
        kid: String,
        /// Revoke at once, even while its tokens may be in use
        #[arg(long)]
        now: bool,
    },
    /// Undo the revocation of a key
    Restore {
        /// Key to restore, by its kid
        kid: String,
    },
    /// Delete a revoked key for good
    Delete {
        /// Key to delete, by its kid
        kid: String,
    },
    /// Check offline, by its checksum, whether standard input has an API key; exit code 1 if not
    Check,
    /// Show the URL and keys for Supabase clients; the same ones each time
    Supabase {
        /// Print JSON
        #[arg(long)]
        json: bool,
        /// Create new keys; the old ones stay valid until --end-previous
        #[arg(long)]
        renew: bool,
        /// Revoke all previous keys
        #[arg(long)]
        end_previous: bool,
    },
}

/// Signature algorithm of a new key.
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

/// Runs the action.
pub async fn keys(settings: &Settings, action: Action) -> Result<()> {
    if let Some(project) = &settings.supabase.project {
        bail!("people sign in at {}, which has the keys; without SUPABASE_URL they sign in here", project.url);
    }
    let database = Database::open_beside(settings).await?;
    let done = async {
        let (db, random) = (database.pool()?, database.sources().random.clone());
        let (clock, ids) = (clock_of(&db).await?, db.ids().clone());
        let keeper = Keeper { db, vault: secret_key::vault(settings, &random)?, clock, ids, random };
        act(settings, &keeper, action).await
    };
    let done = done.await;
    database.close().await?;
    done
}

#[expect(clippy::print_stdout, reason = "this is what the command is for")]
async fn act(settings: &Settings, keeper: &Keeper, action: Action) -> Result<()> {
    match action {
        Action::Check => check::check()?,
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

/// Waits until the server beside this command accepts these keys, so that they are valid when they are printed.
async fn known_beside(running: &Running, keys: &ServiceKeySet) {
    let Ok(client) = reqwest::Client::builder().timeout(PATIENCE).no_proxy().build() else { return };
    let port = running.listen.port();
    let near =
        if running.listen.ip().is_unspecified() { SocketAddr::from(([127, 0, 0, 1], port)) } else { running.listen };
    let url = format!("http://{near}/auth/v1/admin/users?per_page=1");
    let known = async |key: &Secret| {
        let asked = client.get(&url).bearer_auth(key.expose()).header("apikey", key.expose()).send().await;
        // Only a refusal means that it does not know them yet.
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

/// The values that an application uses in place of a Supabase project's.
fn supabase(site: &str, keys: &ServiceKeySet) -> Value {
    json!({
        "url": site,
        "anon_key": keys.anon_key.expose(),
        "service_role_key": keys.service_role_key.expose(),
        "publishable_key": keys.publishable_key.expose(),
        "secret_key": keys.secret_key.expose(),
        "jwks_url": format!("{site}/auth/v1/.well-known/jwks.json"),
    })
}

/// The same as environment variables, under the names in Supabase's guides.
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
    use freehold_core::Secret;

    use super::*;

    #[test]
    fn an_application_finds_its_values_under_their_usual_names() {
        let secret = |text: &str| Secret::new(text.to_owned());
        let keys = ServiceKeySet {
            anon_key: secret("a"),
            service_role_key: secret("b"),
            publishable_key: secret("sb_publishable_c"),
            secret_key: secret("sb_secret_d"),
        };
        let expected = json!({
            "url": "https://app.example.org",
            "anon_key": "a",
            "service_role_key": "b",
            "publishable_key": "sb_publishable_c",
            "secret_key": "sb_secret_d",
            "jwks_url": "https://app.example.org/auth/v1/.well-known/jwks.json",
        });
        assert_eq!(supabase("https://app.example.org", &keys), expected);
    }

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
