//! The local mailbox: where mails end while no mail server is connected.

mod store;

use freehold_core::{OptionExt, Result};
use freehold_db::{Db, row};
use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

pub use store::STATEMENTS;

use crate::mail::{Mail, Template};

row! {
    struct MailRow {
        id: Uuid,
        template: String,
        recipient: String,
        data: Value,
        created_at: Timestamp,
    }
}

/// A mail that has arrived.
#[derive(Clone, Debug)]
pub struct Received {
    /// Which.
    pub id: Uuid,
    /// To whom.
    pub to: String,
    /// When.
    pub received_at: Timestamp,
    /// What it says.
    pub mail: Mail,
}

/// The latest mails, the newest first, 100 at most; to one address, where one is named.
pub async fn mailbox_list(db: &Db, to: Option<&str>) -> Result<Vec<Received>> {
    let rows = db.system("look into the local mailbox").fetch_all(store::mail_list(to.map(str::to_lowercase))).await?;
    rows.into_iter().map(received).collect()
}

/// One mail.
pub async fn mailbox_get(db: &Db, id: Uuid) -> Result<Received> {
    let row = db.system("read a local mail").fetch_optional(store::mail_find(id)).await?;
    received(row.or_not_found("mail")?)
}

/// Takes what was queued into the mailbox; who gets what, for the log.
pub async fn mailbox_deliver(db: &Db, now: Timestamp) -> Result<Vec<Received>> {
    let rows = db.system("deliver to the local mailbox").fetch_all(store::mail_take(now)).await?;
    rows.into_iter().map(received).collect()
}

fn received(row: MailRow) -> Result<Received> {
    let mail = Template::parse(&row.template, row.data)?;
    Ok(Received { id: row.id, to: row.recipient, received_at: row.created_at, mail })
}
