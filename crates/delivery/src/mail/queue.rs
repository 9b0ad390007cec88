//! The queue of mails, for operators.

mod store;

use freehold_core::{Error, OptionExt, Result, codes};
use freehold_db::{Db, SystemTx, row};
use freehold_module::Mails;
use jiff::Timestamp;
use uuid::Uuid;

pub use store::STATEMENTS;

row! {
    /// A mail without its content, which may hold a sign-in code.
    #[derive(Clone, Debug)]
    pub struct MailRecord {
        /// Id of the mail.
        pub id: Uuid,
        /// Name of the template.
        pub template: String,
        /// E-mail address of the recipient.
        pub recipient: String,
        /// `queued`, `sent`, `suppressed`, `expired` or `failed`.
        pub state: String,
        /// Number of attempts started.
        pub attempts: i16,
        /// When the mail was queued, UTC.
        pub created_at: Timestamp,
        /// Time of the next attempt while queued, UTC.
        pub due_at: Timestamp,
        /// Last answer of the mail server, or why no server was asked; none before the first attempt.
        pub answer: Option<String>,
    }
}

/// Number of mails in each state, without those already deleted.
pub async fn mail_count(db: &Db) -> Result<Vec<(String, i64)>> {
    db.system("count mails").fetch_all(store::mail_count()).await
}

/// The latest 100 mails; with `state`, only those in that state.
pub async fn mail_list(db: &Db, state: Option<&str>) -> Result<Vec<MailRecord>> {
    db.system("list mails").fetch_all(store::mail_list(state.map(str::to_owned))).await
}

/// Queues a failed or suppressed mail again.
///
/// # Errors
/// `not_found` if no mail with this id failed or was suppressed, `conflict` if it carried a sign-in link, a code or an
/// invitation: these were deleted when it ended.
pub async fn mail_retry(tx: &mut SystemTx, mails: &Mails, id: Uuid) -> Result<()> {
    let (template,) = tx.fetch_optional(store::mail_lock_failed(id)).await?.or_not_found("mail that failed")?;
    if mails.find(&template).is_some_and(|template| template.has_secrets()) {
        let message = format!(
            "The link or code of this {template} mail was deleted when the mail ended. Its recipient has to request a new \
             one, or be invited again."
        );
        return Err(Error::new(codes::CONFLICT, message));
    }
    tx.execute(store::mail_retry(id)).await.map(drop)
}

/// Queues every failed mail again, except those whose link or code was deleted when they failed. Returns how many mails
/// are queued again, and how many failed mails cannot be.
pub async fn mail_retry_all(tx: &mut SystemTx, mails: &Mails) -> Result<(u64, u64)> {
    let (left,) = tx.fetch_one(store::mail_count_failed(mails.with_secrets())).await?;
    let queued = tx.execute(store::mail_retry_all(mails.with_secrets())).await?;
    Ok((queued, left.unsigned_abs()))
}
