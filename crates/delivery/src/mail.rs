//! Mails: their texts, their brands, and the sender.
//!
//! A mail's code is never in its subject and never in its preview line: locked screens show both, and the code is
//! enough to sign in.
//!
//! Each module declares the mails that it sends (`freehold_module::MailTemplate`).
//!
//! Read in this order: [`Mail`] is one of these mails with its content, [`Brand`] is its sender name and look,
//! [`Address`] is its recipient; these are pure. The transaction that causes a mail also queues it, with
//! [`mail_enqueue`] or with `freehold.mail_enqueue` in the database. A [`Sender`] hands queued mails to a mail server
//! ([`Smtp`]) or to the local mailbox.

mod address;
mod brand;
mod content;
mod enqueue;
mod erasure;
mod message;
mod queue;
mod render;
mod secrets;
mod sender;
mod smtp;
mod suppression;
mod tenant_brand;
mod wording;
mod wrap;

pub use address::Address;
pub use brand::{Brand, TenantBrand};
pub use content::Mail;
pub use enqueue::{NewMail, STATEMENTS as ENQUEUE_STATEMENTS, mail_enqueue};
pub use erasure::STATEMENTS as ERASURE_STATEMENTS;
pub(crate) use erasure::{mails_of_tenant_erase, mails_of_user_erase};
pub use message::Origin;
pub use queue::{MailRecord, STATEMENTS as QUEUE_STATEMENTS, mail_count, mail_list, mail_retry, mail_retry_all};
pub(crate) use secrets::mail_data;
pub use secrets::{STATEMENTS as SECRETS_STATEMENTS, mails_seal};
pub use sender::{Post, STATEMENTS as SENDER_STATEMENTS, Sender};
pub use smtp::{Server, Smtp};
pub use suppression::{
    Reason as SuppressionReason, STATEMENTS as SUPPRESSION_STATEMENTS, Suppression, suppression_add, suppression_list,
    suppression_remove,
};
pub(crate) use tenant_brand::brand_of;
pub use tenant_brand::{
    MailBrand, MailBrandNew, NamedBrand, STATEMENTS as TENANT_BRAND_STATEMENTS, mail_brand_get, mail_brand_list,
    mail_brand_replace,
};
pub use wording::Wording;
