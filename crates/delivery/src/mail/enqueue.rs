//! Queues a mail in the transaction that causes it.

use freehold_core::{Result, TenantId};
use freehold_db::{SystemTx, statements};
use freehold_module::{Infra, MailTemplate};
use freehold_vault::MAIL_SEALED;
use serde_json::{Map, Value};
use uuid::Uuid;

/// A mail to queue.
#[derive(Debug)]
pub struct NewMail<'a> {
    /// The mail, which a module of this program declares.
    pub template: MailTemplate,
    /// Identifies the occasion: for 30 days, a second mail of the same cause is not queued. Mails to several recipients
    /// need a cause each.
    pub cause: &'a str,
    /// E-mail address of the recipient.
    pub to: &'a str,
    /// What the template needs; a JSON object. Its secrets are sealed here.
    pub data: Map<String, Value>,
    /// The organization whose brand the mail has; none: the product's.
    pub tenant: Option<TenantId>,
}

statements! {
    /// Queues a mail, unless there is one of the same cause.
    fn mail_enqueue_as(
        id: Uuid, cause: &str, template: &str, to: &str, data: Value, tenant: Option<TenantId>; now
    ) -> () = "select from freehold.mail_enqueue($1, $2, $3, $4, $5, $7, $6)";
}

/// Queues a mail. It is sent when the transaction is committed.
///
/// # Errors
/// `internal` if the data lacks a field that the template needs, or holds a value that no mail may carry.
pub async fn mail_enqueue(tx: &mut SystemTx, infra: &Infra, mail: NewMail<'_>) -> Result<()> {
    let NewMail { template, cause, to, mut data, tenant } = mail;
    template.content(Value::Object(data.clone()))?;
    let id = tx.id::<()>().uuid();
    if template.has_secrets() {
        let secrets = template.sealed.iter().filter_map(|name| data.remove_entry(*name)).collect();
        data.insert(MAIL_SEALED.to_owned(), infra.vault.mail_seal(id, &secrets, &infra.random).into());
    }
    tx.execute(mail_enqueue_as(id, cause, template.name, to, Value::Object(data), tenant)).await.map(drop)
}
