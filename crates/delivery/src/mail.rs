//! Mails: their texts, their brands, and the sender.
//!
//! A mail's code is never in its subject and never in its preview line: locked screens show both, and the code is
//! enough to sign in.
//!
//! Read in this order: [`Template`] lists the mails, [`Mail`] is one of them with its data, [`Brand`] is its sender
//! name and look, [`Address`] is its recipient; these are pure. The transaction that causes a mail also queues it
//! (`freehold.mail_enqueue` in the database). A [`Sender`] hands queued mails to a mail server ([`Smtp`]) or to the
//! local mailbox.

mod address;
mod billing;
mod brand;
mod keys_suspended;
mod line;
mod message;
mod organization_invitation;
mod queue;
mod render;
mod secrets;
mod sender;
mod sign_in;
mod smtp;
mod suppression;
mod template;
mod tenant_brand;
mod web_address;
mod webhook_disabled;
mod wording;
mod wrap;

pub use address::Address;
pub use billing::{Became, Billing, BillingMail};
pub use brand::{Brand, TenantBrand};
pub use keys_suspended::KeysSuspended;
pub use message::Origin;
pub use organization_invitation::OrganizationInvitation;
pub use queue::{MailRecord, STATEMENTS as QUEUE_STATEMENTS, mail_count, mail_list, mail_retry, mail_retry_all};
pub(crate) use secrets::mail_data;
pub use secrets::{STATEMENTS as SECRETS_STATEMENTS, mails_seal};
pub use sender::{Post, STATEMENTS as SENDER_STATEMENTS, Sender};
pub use sign_in::{SignIn, SignInMail};
pub use smtp::{Server, Smtp};
pub use suppression::{
    Reason as SuppressionReason, STATEMENTS as SUPPRESSION_STATEMENTS, Suppression, suppression_add, suppression_list,
    suppression_remove,
};
pub use template::{Mail, Template};
pub(crate) use tenant_brand::brand_of;
pub use tenant_brand::{
    MailBrand, MailBrandNew, NamedBrand, STATEMENTS as TENANT_BRAND_STATEMENTS, mail_brand_get, mail_brand_list,
    mail_brand_replace,
};
pub use webhook_disabled::{Reason, WebhookDisabled};
pub use wording::Wording;
