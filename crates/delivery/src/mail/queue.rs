//! What operators see of the queue of mails, and do about it.

mod store;

use freehold_core::{Error, Result};
use freehold_db::{Db, SystemTx, row};
use jiff::Timestamp;
use uuid::Uuid;

pub use store::STATEMENTS;

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

/// Sends a mail that failed or was suppressed once more. `not_found` if there is none such.
pub async fn mail_retry(tx: &mut SystemTx, id: Uuid, now: Timestamp) -> Result<()> {
    match tx.execute(store::mail_retry(id, now)).await? {
        0 => Err(Error::not_found("mail that failed")),
        _ => Ok(()),
    }
}

/// Sends every mail that failed once more; how many these are.
pub async fn mail_retry_all(tx: &mut SystemTx, now: Timestamp) -> Result<u64> {
    tx.execute(store::mail_retry_all(now)).await
}
