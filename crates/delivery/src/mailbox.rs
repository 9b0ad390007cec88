//! The local mailbox: shows queued and sent mails to users at the server's machine.

mod store;

use freehold_core::{OptionExt, Result};
use freehold_db::{Db, row};
use freehold_module::Mails;
use freehold_vault::Vault;
use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

pub use store::STATEMENTS;

use crate::mail::{Mail, MailBrand, TenantBrand, brand_of, mail_data};

row! {
    struct MailRow {
        id: Uuid,
        template: String,
        recipient: String,
        data: Value,
        created_at: Timestamp,
        sender_name: Option<String>,
        reply_to: Option<String>,
        color: Option<String>,
        footer: Option<String>,
    }
}

/// A mail in the local mailbox.
#[derive(Clone, Debug)]
pub struct Received {
    /// Id of the mail.
    pub id: Uuid,
    /// E-mail address of the recipient.
    pub to: String,
    /// When the mail was queued, UTC.
    pub received_at: Timestamp,
    /// The mail with its data.
    pub mail: Mail,
    /// The tenant's brand; fields that are none are the product's.
    pub brand: TenantBrand,
}

/// The latest 100 mails, the newest first; with `to`, only those to that address. Leaves out mails whose link or code
/// was deleted, such as failed and expired ones.
pub async fn mailbox_list(db: &Db, vault: &Vault, mails: &Mails, to: Option<&str>) -> Result<Vec<Received>> {
    let list = store::mail_list(to.map(str::to_lowercase), mails.with_secrets());
    let rows = db.system("list local mails").fetch_all(list).await?;
    rows.into_iter().map(|row| received(vault, mails, row)).collect()
}

/// One mail.
///
/// # Errors
/// `not_found` if there is no such mail, or its link or code was deleted.
pub async fn mailbox_get(db: &Db, vault: &Vault, mails: &Mails, id: Uuid) -> Result<Received> {
    let find = store::mail_find(id, mails.with_secrets());
    let row = db.system("read a local mail").fetch_optional(find).await?;
    received(vault, mails, row.or_not_found("mail")?)
}

fn received(vault: &Vault, mails: &Mails, row: MailRow) -> Result<Received> {
    let MailRow { id, template, recipient: to, data, created_at: received_at, .. } = row;
    let MailRow { sender_name, reply_to, color, footer, .. } = row;
    let brand = brand_of(MailBrand { sender_name, reply_to, color, footer, updated_at: None });
    let mail = Mail::read(mails, &template, mail_data(vault, id, data)?)?;
    Ok(Received { id, to, received_at, mail, brand })
}
