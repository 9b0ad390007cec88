//! What operators see of the queue of mails, and do about it.

mod store;

use freehold_core::{Error, OptionExt, Result, codes};
use freehold_db::{Db, SystemTx, row};
use jiff::Timestamp;
use uuid::Uuid;

pub use store::STATEMENTS;

use super::Template;

row! {
    /// A mail, as operators see it: not what it says, which may be a code that lets somebody in.
    #[derive(Clone, Debug)]
    pub struct MailRecord {
        /// Which.
        pub id: Uuid,
        /// The template's name.
        pub template: String,
        /// To whom.
        pub recipient: String,
        /// `queued`, `sent`, `suppressed`, `expired` or `failed`.
        pub state: String,
        /// How often somebody began to send it.
        pub attempts: i16,
        /// When it was asked for.
        pub created_at: Timestamp,
        /// While queued, when it is tried next.
        pub due_at: Timestamp,
        /// What the mail server last said, or why it was not asked.
        pub answer: Option<String>,
    }
}

/// How many mails are in which state, of those not yet forgotten.
pub async fn mail_count(db: &Db) -> Result<Vec<(String, i64)>> {
    db.system("count mails").fetch_all(store::mail_count()).await
}

/// The latest mails, 100 at most; in one state, where one is named.
pub async fn mail_list(db: &Db, state: Option<&str>) -> Result<Vec<MailRecord>> {
    db.system("list mails").fetch_all(store::mail_list(state.map(str::to_owned))).await
}

/// Sends a mail that failed or was suppressed again.
///
/// # Errors
/// `not_found` if no mail with this id failed or was suppressed, `conflict` if it carried a sign-in link, a code or an
/// invitation: these were deleted when it ended.
pub async fn mail_retry(tx: &mut SystemTx, id: Uuid, now: Timestamp) -> Result<()> {
    let (template,) = tx.fetch_optional(store::mail_lock_failed(id)).await?.or_not_found("mail that failed")?;
    if Template::find(&template).is_some_and(Template::has_secrets) {
        let message = format!(
            "The link or code of this {template} mail was deleted when the mail ended. Its recipient has to request a new \
             one, or be invited again."
        );
        return Err(Error::new(codes::CONFLICT, message));
    }
    tx.execute(store::mail_retry(id, now)).await.map(drop)
}

/// Sends every mail that failed again, but those whose link or code was deleted when they failed. Returns how many mails
/// are queued again, and how many of those that failed cannot be.
pub async fn mail_retry_all(tx: &mut SystemTx, now: Timestamp) -> Result<(u64, u64)> {
    let (left,) = tx.fetch_one(store::mail_count_failed(Template::with_secrets())).await?;
    let queued = tx.execute(store::mail_retry_all(now, Template::with_secrets())).await?;
    Ok((queued, left.unsigned_abs()))
}
