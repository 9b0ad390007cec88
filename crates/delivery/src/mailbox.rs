//! The local mailbox: what was sent, or is about to be, for whoever sits at the machine.

mod store;

use freehold_core::{OptionExt, Result};
use freehold_db::{Db, row};
use freehold_vault::Vault;
use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

pub use store::STATEMENTS;

use crate::mail::{Mail, MailBrand, Template, TenantBrand, brand_of, mail_data};

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
    /// How it looks; what is none is the product's.
    pub brand: TenantBrand,
}

/// The latest mails, the newest first, 100 at most; to one address, where one is named. Mails whose link or code was
/// deleted, as when they failed or expired, are not among them.
pub async fn mailbox_list(db: &Db, vault: &Vault, to: Option<&str>) -> Result<Vec<Received>> {
    let list = store::mail_list(to.map(str::to_lowercase), Template::with_secrets());
    let rows = db.system("look into the local mailbox").fetch_all(list).await?;
    rows.into_iter().map(|row| received(vault, row)).collect()
}

/// One mail.
///
/// # Errors
/// `not_found` if there is no such mail, or its link or code was deleted.
pub async fn mailbox_get(db: &Db, vault: &Vault, id: Uuid) -> Result<Received> {
    let find = store::mail_find(id, Template::with_secrets());
    let row = db.system("read a local mail").fetch_optional(find).await?;
    received(vault, row.or_not_found("mail")?)
}

fn received(vault: &Vault, row: MailRow) -> Result<Received> {
    let MailRow { id, template, recipient: to, data, created_at: received_at, .. } = row;
    let MailRow { sender_name, reply_to, color, footer, .. } = row;
    let brand = brand_of(MailBrand { sender_name, reply_to, color, footer, updated_at: None });
    let mail = Template::parse(&template, mail_data(vault, id, data)?)?;
    Ok(Received { id, to, received_at, mail, brand })
}
