//! Voice engines: programs of a customer, or of a vendor of theirs, that conduct calls. Freehold posts runs to them
//! over HTTP, and they send reports back. `docs/voice-engine.md` is the documentation for their authors.
//!
//! An [`Engine`] is one that a customer has created, and a [`call`] is a run that an engine conducts.

pub mod call;
mod secret;
mod store;

use freehold_app::App;
use freehold_core::{Caller, Error, Id, Kind, Money, OptionExt, Page, PageRequest, Result, Secret, codes};
use freehold_db::{
    Db, TenantTx,
    audit::{NewEntry, audit_append},
    row,
};
use freehold_outbound::{Allowed, address_check, origin_of};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

pub use secret::Sealing;
pub use store::STATEMENTS;

/// Most engines of one organization.
pub const ENGINES_MAX: i64 = 20;
/// The longest time during which two secrets are valid, in seconds: a week.
const OVERLAP_MAX_SECONDS: i64 = 7 * 24 * 3_600;

/// The id of an engine.
pub type EngineId = Id<EngineKind>;

/// The kind of [`EngineId`].
pub enum EngineKind {}
impl Kind for EngineKind {
    const NAME: &'static str = "engine";
}

row! {
    /// An engine that a customer has created.
    #[derive(Clone, Debug)]
    pub struct Engine {
        /// The engine's id.
        pub id: EngineId,
        /// The engine's name.
        pub name: String,
        /// The URL that runs are posted to.
        pub url: String,
        /// Whether the engine gets new runs.
        pub enabled: bool,
        /// The lease of a call: how long the engine may be silent about it, in seconds, 15 to 600.
        pub lease_seconds: i32,
        /// The longest duration of a call, in seconds: 60 to 86,400.
        pub longest_seconds: i32,
        /// Until when signatures with the secret before the last rotation are accepted, too; none: they are not.
        pub previous_until: Option<Timestamp>,
        /// When the engine was created, UTC.
        pub created_at: Timestamp,
        /// When the engine was last updated, UTC.
        pub updated_at: Timestamp,
    }
}

/// The terms of an engine, which members can change.
#[derive(Clone, Debug)]
pub struct EngineTerms {
    /// The engine's name.
    pub name: String,
    /// The URL that runs are posted to.
    pub url: String,
    /// Whether the engine gets new runs.
    pub enabled: bool,
    /// The lease of a call: how long the engine may be silent about it, in seconds.
    pub lease_seconds: i32,
    /// The longest duration of a call, in seconds.
    pub longest_seconds: i32,
}

impl Engine {
    /// The engine's terms.
    pub fn terms(&self) -> EngineTerms {
        EngineTerms {
            name: self.name.clone(),
            url: self.url.clone(),
            enabled: self.enabled,
            lease_seconds: self.lease_seconds,
            longest_seconds: self.longest_seconds,
        }
    }

    /// The terms, for the audit. Of the URL only scheme and host, because its path and query can hold a secret.
    fn facts(&self) -> Value {
        json!({
            "name": self.name,
            "url": origin_of(&self.url),
            "enabled": self.enabled,
            "lease_seconds": self.lease_seconds,
            "longest_seconds": self.longest_seconds,
        })
    }
}

impl EngineTerms {
    /// Returns the terms, with the name trimmed, or everything that is wrong with them.
    fn checked(mut self, allowed: &Allowed) -> Result<Self> {
        let mut wrong = Vec::new();
        let mut check = |holds: bool, pointer: &str, expected: &str| {
            if !holds {
                wrong.push(freehold_core::FieldError { pointer: pointer.to_owned(), message: expected.to_owned() });
            }
        };
        self.name = self.name.trim().into();
        let named = (1..=100).contains(&self.name.chars().count()) && !self.name.chars().any(char::is_control);
        check(named, "/name", "expected 1 to 100 characters, without control characters");
        check((15..=600).contains(&self.lease_seconds), "/lease_seconds", "expected 15 to 600");
        check((60..=86_400).contains(&self.longest_seconds), "/longest_seconds", "expected 60 to 86400");
        match address_check(&self.url, allowed) {
            Ok(url) => self.url = url.to_string(),
            Err(refusal) => check(false, "/url", &refusal.to_string()),
        }
        if wrong.is_empty() { Ok(self) } else { Err(Error::invalid_fields(wrong)) }
    }
}

/// Creates an engine and returns it with its secret, which is shown only now.
pub async fn engine_create(tx: &mut TenantTx, sealing: &Sealing<'_>, terms: EngineTerms) -> Result<(Engine, Secret)> {
    let terms = terms.checked(sealing.allowed)?;
    // Two simultaneous requests may both pass this check. One engine too many does no harm, because the limit only
    // guards against mistakes.
    let (count,) = tx.fetch_one(store::engine_count()).await?;
    if count >= ENGINES_MAX {
        let message = format!("There are {ENGINES_MAX} engines, which is the most; delete one that is not used.");
        return Err(Error::new(codes::CONFLICT, message));
    }
    let (tenant, id) = (tx.caller().tenant(), tx.id());
    let (shown, sealed) = sealing.make(id);
    let EngineTerms { name, url, enabled, lease_seconds, longest_seconds } = terms;
    let insert = store::engine_insert(store::EngineRow {
        tenant,
        id,
        name: &name,
        url: &url,
        enabled,
        lease_seconds,
        longest_seconds,
        sealed_secret: sealed,
    });
    let engine = tx.fetch_one(insert).await?;
    audit_append(tx, NewEntry::new(tx.id(), "engine.created", id).detail(engine.facts())).await?;
    Ok((engine, shown))
}

/// Returns one engine.
pub async fn engine_get(db: &Db, caller: &Caller, id: EngineId) -> Result<Engine> {
    db.tenant(caller).fetch_optional(store::engine_find(id)).await?.or_not_found("engine")
}

/// Lists a page of engines, the newest first.
pub async fn engine_list(db: &Db, caller: &Caller, request: PageRequest) -> Result<Page<Engine>> {
    let rows = db.tenant(caller).fetch_all(store::engine_list(request.before(), request.rows())).await?;
    Ok(request.page(rows, |engine| engine.id))
}

/// Updates an engine with `change`, which may refuse.
pub async fn engine_change(
    tx: &mut TenantTx,
    allowed: &Allowed,
    id: EngineId,
    change: impl FnOnce(&Engine) -> Result<EngineTerms>,
) -> Result<Engine> {
    let current = tx.fetch_optional(store::engine_lock(id)).await?.or_not_found("engine")?;
    let terms = change(&current)?.checked(allowed)?;
    let EngineTerms { name, url, enabled, lease_seconds, longest_seconds } = terms;
    let update = store::engine_update(id, &name, &url, enabled, lease_seconds, longest_seconds);
    let changed = tx.fetch_one(update).await?;
    let entry = NewEntry::new(tx.id(), "engine.updated", id)
        .differing(current.facts(), changed.facts())
        .detail(json!({ "url_changed": current.url != changed.url }));
    audit_append(tx, entry).await?;
    Ok(changed)
}

/// Gives the engine a new secret and returns both; the secret is shown only now. For `overlap_seconds` (0 to 604,800)
/// we sign with both secrets and accept either.
pub async fn engine_rotate(
    tx: &mut TenantTx,
    sealing: &Sealing<'_>,
    id: EngineId,
    overlap_seconds: i64,
) -> Result<(Engine, Secret)> {
    let now = tx.now();
    if !(0..=OVERLAP_MAX_SECONDS).contains(&overlap_seconds) {
        return Err(Error::invalid("/overlap_seconds", format!("expected 0 to {OVERLAP_MAX_SECONDS}")));
    }
    let (shown, sealed) = sealing.make(id);
    let until = now + SignedDuration::from_secs(overlap_seconds);
    let rotated = tx.fetch_optional(store::engine_rotate(id, sealed, until)).await?.or_not_found("engine")?;
    let detail = json!({ "name": rotated.name, "previous_until": until });
    audit_append(tx, NewEntry::new(tx.id(), "engine.secret_rotated", id).detail(detail)).await?;
    Ok((rotated, shown))
}

/// Deletes an engine, so that it gets no more runs. It can still report on the calls in progress.
pub async fn engine_delete(tx: &mut TenantTx, id: EngineId) -> Result<()> {
    if tx.execute(store::engine_delete(id)).await? == 0 {
        return Err(Error::not_found("engine"));
    }
    audit_append(tx, NewEntry::new(tx.id(), "engine.deleted", id)).await
}

/// The engine for a run: the one that is named, or the only one.
pub(crate) async fn engine_choose(tx: &mut TenantTx, wanted: Option<EngineId>) -> Result<Engine> {
    let place = "/engine_id";
    if let Some(id) = wanted {
        let found = tx.fetch_optional(store::engine_find(id)).await?;
        let engine = found.ok_or_else(|| Error::invalid(place, "the engine does not exist"))?;
        let disabled = || Error::new(codes::CONFLICT, "The engine is disabled, so it gets no runs. Enable it first.");
        return engine.enabled.then_some(engine).ok_or_else(disabled);
    }
    let mut enabled = tx.fetch_all(store::engine_enabled_list()).await?;
    match (enabled.pop(), enabled.is_empty()) {
        (Some(engine), true) => Ok(engine),
        (Some(_), false) => Err(Error::invalid(place, "there are several engines: send the id of one")),
        (None, _) => Err(Error::invalid(place, "there is no engine yet: create one with POST /api/v1/engines")),
    }
}

/// The price of a started minute of a call by an engine.
pub(crate) fn http_minute(app: &App) -> Money {
    app.product.cost("http_minute").unwrap_or(Money::zero(app.product.currency))
}
