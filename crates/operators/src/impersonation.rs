//! Sessions of operators who work in an organization as one of its members.
//!
//! A session names its member, whose role it has at each use, and gives a reason. It lasts an hour at most, and ends
//! early when the operator is disabled or the member leaves. Its beginning and its end are in the audit of the
//! organization, which names the operator in every entry about a change in between.

mod store;

use freehold_core::{
    Error, ImpersonationId, Impersonator, OperatorId, OptionExt, Page, PageRequest, Result, Secret, TenantId, UserId,
    codes, reason_check,
};
use freehold_db::{
    Db, SystemTx,
    audit::{EntryActor, NewEntry, audit_append_system},
    row,
};
use freehold_identity::session::Client;
use freehold_vault::Vault;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

pub use store::STATEMENTS;

use crate::{
    entry::{NewOperatorEntry, entry_note},
    purposes,
    session::ActiveOperator,
    token::TokenForm,
};

/// The longest session, in minutes.
pub const LONGEST_MINUTES: i64 = 60;
/// Most sessions that a sweep ends at once.
const BATCH: i64 = 200;
/// The form of a session's token.
const TOKEN: TokenForm = TokenForm { prefix: PREFIX, purpose: purposes::IMPERSONATION };
/// The beginning of a session's token.
pub const PREFIX: &str = "fhi_";

/// A session to start.
#[derive(Clone, Debug)]
pub struct NewImpersonation {
    /// Id of the organization.
    pub tenant: TenantId,
    /// The member as whom the operator works; none: an owner of the organization.
    pub user: Option<UserId>,
    /// Whether the session may change the product's data.
    pub writes: bool,
    /// Length in minutes, 1 to 60; none: 60.
    pub minutes: Option<i64>,
    /// Why, for the organization to read.
    pub reason: String,
}

row! {
    /// A session.
    #[derive(Clone, Debug)]
    pub struct Impersonation {
        /// Id of the session.
        pub impersonation_id: ImpersonationId,
        /// Id of the organization.
        pub tenant_id: TenantId,
        /// Id of the operator.
        pub operator_id: OperatorId,
        /// Id of the member as whom the operator works.
        pub user_id: UserId,
        /// Whether the session may change the product's data.
        pub writes: bool,
        /// Why it was started.
        pub reason: String,
        /// When it was started, UTC.
        pub created_at: Timestamp,
        /// When it ends at the latest, UTC.
        pub expires_at: Timestamp,
        /// When its end was recorded, UTC; none: it runs, or has expired a moment ago.
        pub ended_at: Option<Timestamp>,
    }
}

impl Impersonation {
    /// Who acts in the session.
    pub fn impersonator(&self) -> Impersonator {
        Impersonator { operator: self.operator_id, session: self.impersonation_id, writes: self.writes }
    }
}

/// Starts a session; returns it with its token, which is shown once.
///
/// # Errors
/// `permission_denied` for a full session of an operator who is no admin; `validation_failed`; `not_found` for an
/// unknown organization or member.
pub async fn impersonation_start(
    tx: &mut SystemTx,
    vault: &Vault,
    operator: &ActiveOperator,
    new: NewImpersonation,
    client: &Client,
) -> Result<(Impersonation, Secret)> {
    let NewImpersonation { tenant, user, writes, minutes, reason } = new;
    if writes {
        operator.allow_admin()?;
    }
    let reason = reason_check(&reason)?;
    let minutes = minutes.unwrap_or(LONGEST_MINUTES);
    if !(1..=LONGEST_MINUTES).contains(&minutes) {
        return Err(Error::invalid("/minutes", format!("expected 1 to {LONGEST_MINUTES}, not {minutes}")));
    }
    let member = tx.fetch_optional(store::member_find(tenant, user)).await?;
    let (user,) = member.or_not_found("member of such an organization")?;
    let expires_at = tx.now().saturating_add(SignedDuration::from_mins(minutes)).unwrap_or(Timestamp::MAX);
    let id: ImpersonationId = tx.id();
    let insert = store::impersonation_insert(store::NewRow {
        tenant,
        id,
        operator: operator.id,
        user,
        writes,
        reason,
        expires_at,
    });
    let started = tx.fetch_one(insert).await?;
    let detail = json!({ "impersonation": id, "writes": writes, "reason": reason, "expires_at": expires_at });
    audit(tx, &started, "operator.impersonation_started", detail).await?;
    let detail = json!({ "tenant": tenant, "user": user, "writes": writes, "reason": reason });
    let entry = NewOperatorEntry::new("impersonation.started", id).detail(detail).by(operator.id, client);
    entry_note(tx, entry).await?;
    Ok((started, TOKEN.write(vault, id)))
}

/// The id in a session's token; none: it is no token of ours.
pub fn impersonation_read(vault: &Vault, token: &str) -> Option<ImpersonationId> {
    TOKEN.read(vault, token)
}

/// The running session with this id, whose operator may still sign in.
///
/// # Errors
/// `unauthenticated` when it has ended.
pub async fn impersonation_find(db: &Db, id: ImpersonationId) -> Result<Impersonation> {
    let find = store::impersonation_find(id, db.clock().now());
    let found = db.system("authenticate an operator in an organization").fetch_optional(find).await?;
    found.ok_or_else(|| {
        let message = "The operator's session in the organization has ended. Start another one: POST \
                       /operator/v1/tenants/{id}/impersonations.";
        Error::new(codes::UNAUTHENTICATED, message)
    })
}

/// Records a request that may change something, before it is carried out: no change of an operator is without an entry
/// in the audit of the organization. `request` is its method and path.
pub async fn impersonation_note(db: &Db, tenant: TenantId, impersonator: Impersonator, request: &str) -> Result<()> {
    let mut tx = db.system("record a request of an operator in an organization").begin().await?;
    let entry = NewEntry::new(tx.id(), "operator.request", request);
    let entry = entry.detail(json!({ "impersonation": impersonator.session }));
    audit_append_system(&mut tx, tenant, EntryActor::operator(impersonator.operator), entry).await?;
    tx.commit().await
}

/// Ends a session now, by its own operator or by an admin. Ending it again changes nothing.
///
/// # Errors
/// `not_found`; `permission_denied`.
pub async fn impersonation_end(
    tx: &mut SystemTx,
    operator: &ActiveOperator,
    id: ImpersonationId,
    client: &Client,
) -> Result<Impersonation> {
    let found = tx.fetch_optional(store::impersonation_lock(id)).await?.or_not_found("impersonation")?;
    if found.operator_id != operator.id {
        operator.allow_admin()?;
    }
    if found.ended_at.is_some() {
        return Ok(found);
    }
    let ended = end(tx, &found, "an operator ended it").await?;
    entry_note(tx, NewOperatorEntry::new("impersonation.ended", id).by(operator.id, client)).await?;
    Ok(ended)
}

/// Ends a session by its own token, from a page.
pub async fn impersonation_leave(db: &Db, id: ImpersonationId) -> Result<()> {
    let mut tx = db.system("end an operator's session in an organization").begin().await?;
    if let Some(found) =
        tx.fetch_optional(store::impersonation_lock(id)).await?.filter(|found| found.ended_at.is_none())
    {
        end(&mut tx, &found, "an operator ended it").await?;
    }
    tx.commit().await
}

/// A page of the sessions, newest first; with `tenant`, only those in that organization.
pub async fn impersonation_list(db: &Db, tenant: Option<TenantId>, page: PageRequest) -> Result<Page<Impersonation>> {
    let list = store::impersonation_list(tenant, page.before(), page.rows());
    let rows = db.system("list operators' sessions in organizations").fetch_all(list).await?;
    Ok(page.page(rows, |each| each.impersonation_id))
}

/// Ends all sessions of an operator.
pub(crate) async fn impersonations_end_of(tx: &mut SystemTx, operator: OperatorId, why: &str) -> Result<()> {
    for found in tx.fetch_all(store::impersonations_of(operator)).await? {
        end(tx, &found, why).await?;
    }
    Ok(())
}

/// Records the ends of expired sessions; returns their number.
pub async fn impersonations_expire(db: &Db) -> Result<usize> {
    let mut ended = 0;
    loop {
        let mut tx = db.system("end operators' sessions in organizations").begin().await?;
        let now = tx.now();
        let expired = tx.fetch_all(store::impersonations_expired(now, BATCH)).await?;
        for found in &expired {
            end(&mut tx, found, "it expired").await?;
        }
        tx.commit().await?;
        ended += expired.len();
        if expired.is_empty() {
            return Ok(ended);
        }
    }
}

async fn end(tx: &mut SystemTx, found: &Impersonation, why: &str) -> Result<Impersonation> {
    let ended = tx.fetch_one(store::impersonation_end(found.tenant_id, found.impersonation_id)).await?;
    let detail = json!({ "impersonation": found.impersonation_id, "why": why });
    audit(tx, found, "operator.impersonation_ended", detail).await?;
    Ok(ended)
}

/// Records the beginning or the end of a session in the audit of the organization. Its subject is the member.
async fn audit(tx: &mut SystemTx, session: &Impersonation, action: &'static str, detail: Value) -> Result<()> {
    let entry = NewEntry::new(tx.id(), action, session.user_id).detail(detail);
    audit_append_system(tx, session.tenant_id, EntryActor::operator(session.operator_id), entry).await
}
