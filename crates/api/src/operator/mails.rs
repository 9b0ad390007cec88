//! Mails that were not sent, and addresses to which none are sent.

use axum::{extract::State, http::StatusCode};
use freehold_core::Id;
use freehold_delivery::mail::{
    MailRecord, Suppression, mail_list as list, mail_retry as retry, suppression_list as suppressions,
};
use freehold_operators::entry::NewOperatorEntry;
use freehold_web::{Answer, Backbone, Json, Path, Query, SignedInOperator};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// Id of a mail.
type MailId = Id<MailKind>;

/// The kind of [`MailId`].
pub(crate) enum MailKind {}
impl freehold_core::Kind for MailKind {
    const NAME: &'static str = "mail";
}

/// State of a mail.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum MailState {
    /// Waits to be sent, or is being sent.
    Queued,
    /// Accepted by the mail server.
    Sent,
    /// Not sent: mails to its address are stopped.
    Suppressed,
    /// Not sent: its link had expired.
    Expired,
    /// Refused for good, or failed too often.
    Failed,
}

impl MailState {
    const fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sent => "sent",
            Self::Suppressed => "suppressed",
            Self::Expired => "expired",
            Self::Failed => "failed",
        }
    }
}

/// A mail without its content, which may hold a sign-in code.
#[derive(Serialize, ToSchema)]
pub(crate) struct MailRecordBody {
    /// Id of the mail.
    id: Uuid,
    /// Name of the kind of mail, such as `payment_failed`.
    template: String,
    /// E-mail address of the recipient.
    recipient: String,
    /// State of the mail: queued, sent, suppressed, expired or failed.
    #[schema(value_type = MailState)]
    state: String,
    /// Number of attempts that have started.
    attempts: i16,
    /// When the mail was queued, UTC.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// Last answer of the mail server, or why no server was asked; null before the first attempt.
    answer: Option<String>,
}

impl From<MailRecord> for MailRecordBody {
    fn from(mail: MailRecord) -> Self {
        let MailRecord { id, template, recipient, state, attempts, created_at, answer, .. } = mail;
        Self { id, template, recipient, state, attempts, created_at, answer }
    }
}

/// The latest mails.
#[derive(Serialize, ToSchema)]
pub(crate) struct MailRecordList {
    /// The mails, newest first, at most 100.
    #[schema(max_items = 100)]
    data: Vec<MailRecordBody>,
}

/// An address to which no mails are sent.
#[derive(Serialize, ToSchema)]
pub(crate) struct SuppressionBody {
    /// The e-mail address.
    address: String,
    /// Why: `hard_bounce`, `complaint` or `manual`.
    reason: String,
    /// Answer of the mail server; null for other reasons than a bounce.
    answer: Option<String>,
    /// When mails to it were stopped, UTC.
    #[schema(value_type = String, format = DateTime)]
    since: Timestamp,
}

impl From<Suppression> for SuppressionBody {
    fn from(suppression: Suppression) -> Self {
        let Suppression { address, reason, answer, since } = suppression;
        Self { address, reason, answer, since }
    }
}

/// The addresses to which no mails are sent.
#[derive(Serialize, ToSchema)]
pub(crate) struct SuppressionList {
    /// The addresses, the latest first, at most 1,000.
    #[schema(max_items = 1_000)]
    data: Vec<SuppressionBody>,
}

/// Filter of mails.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MailQuery {
    state: Option<MailState>,
}

/// List mails
///
/// Returns the latest 100 mails without their content; with `state=failed` or `state=suppressed` those that were not
/// sent.
#[utoipa::path(
    get, path = "/mails", tag = "Background work", security(("operator" = [])),
    params(("state" = Option<MailState>, Query, description = "Return only mails in this state")),
    responses((status = 200, body = MailRecordList)),
)]
pub(crate) async fn mail_list(
    State(backbone): State<Backbone>,
    _: SignedInOperator,
    Query(query): Query<MailQuery>,
) -> Answer<Json<MailRecordList>> {
    let mails = list(&backbone.db, query.state.map(MailState::name)).await?;
    Ok(Json(MailRecordList { data: mails.into_iter().map(Into::into).collect() }))
}

/// Send a mail again
///
/// Queues a failed or suppressed mail again. Refused with 409 for a mail whose link or code was deleted when it failed.
#[utoipa::path(
    post, path = "/mails/{id}/retry", tag = "Background work", security(("operator" = [])),
    params(("id" = Uuid, Path)),
    responses((status = 204)),
)]
pub(crate) async fn mail_retry(
    State(backbone): State<Backbone>,
    by: SignedInOperator,
    Path(id): Path<MailId>,
) -> Answer<StatusCode> {
    let mut tx = backbone.db.system("operator sends a mail again").begin().await?;
    retry(&mut tx, &backbone.mails, id.uuid()).await?;
    by.note(&mut tx, NewOperatorEntry::new("mail.retried", id)).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// List suppressed addresses
///
/// Returns the addresses to which no mails are sent.
#[utoipa::path(
    get, path = "/suppressions", tag = "Background work", security(("operator" = [])),
    responses((status = 200, body = SuppressionList)),
)]
pub(crate) async fn suppression_list(
    State(backbone): State<Backbone>,
    _: SignedInOperator,
) -> Answer<Json<SuppressionList>> {
    let all = suppressions(&backbone.db).await?;
    Ok(Json(SuppressionList { data: all.into_iter().map(Into::into).collect() }))
}
