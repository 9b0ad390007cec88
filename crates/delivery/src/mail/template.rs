//! The list of mails that Freehold sends.

use std::fmt;

use freehold_core::{Error, Result};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::{
    Brand,
    billing::{Billing, BillingMail},
    keys_suspended::KeysSuspended,
    organization_invitation::OrganizationInvitation,
    sign_in::{SignIn, SignInMail},
    webhook_disabled::WebhookDisabled,
    wording::Words,
};

/// Number of mail templates.
const COUNT: usize = 20;

/// A kind of mail. The column `freehold.mails.template` holds its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Template {
    /// To a user who signs in or changes a sign-in method.
    SignIn(SignInMail),
    /// To a user who is invited to an organization.
    OrganizationInvitation,
    /// To a tenant's owners: the member who created API keys left, and the keys are suspended.
    KeysSuspended,
    /// To a tenant's owners and administrators: a webhook endpoint was disabled.
    WebhookDisabled,
    /// To a tenant's owners and administrators, about billing.
    Billing(BillingMail),
}

impl Template {
    /// All templates, in the order in which users meet them.
    pub const ALL: [Self; COUNT] = [
        Self::SignIn(SignInMail::ConfirmSignup),
        Self::SignIn(SignInMail::MagicLink),
        Self::SignIn(SignInMail::Recovery),
        Self::SignIn(SignInMail::Invite),
        Self::SignIn(SignInMail::EmailChange),
        Self::SignIn(SignInMail::EmailChangeCurrent),
        Self::SignIn(SignInMail::Reauthentication),
        Self::OrganizationInvitation,
        Self::KeysSuspended,
        Self::WebhookDisabled,
        Self::Billing(BillingMail::TrialEnding),
        Self::Billing(BillingMail::TrialEnded),
        Self::Billing(BillingMail::PaymentFailed),
        Self::Billing(BillingMail::PaymentReminder),
        Self::Billing(BillingMail::Suspended),
        Self::Billing(BillingMail::SubscriptionCancelled),
        Self::Billing(BillingMail::ArchiveReminder),
        Self::Billing(BillingMail::Archived),
        Self::Billing(BillingMail::PaymentReceived),
        Self::Billing(BillingMail::ExtraSubscription),
    ];

    /// Name in the queue: `confirm_signup`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SignIn(kind) => kind.name(),
            Self::OrganizationInvitation => "organization_invitation",
            Self::KeysSuspended => "keys_suspended",
            Self::WebhookDisabled => "webhook_disabled",
            Self::Billing(kind) => kind.name(),
        }
    }

    /// Recipient and occasion, for operators.
    pub const fn about(self) -> &'static str {
        match self {
            Self::SignIn(kind) => kind.about(),
            Self::OrganizationInvitation => "To an address that an organization invites to become a member.",
            Self::KeysSuspended => {
                "To an organization's owners, when a member who created API keys leaves and the keys are suspended."
            }
            Self::WebhookDisabled => {
                "To an organization's owners and administrators, when a webhook endpoint is disabled."
            }
            Self::Billing(kind) => kind.about(),
        }
    }

    /// The template of this name.
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|template| template.name() == name)
    }

    /// Whether the mail carries a link or code that lets its reader sign in or join an organization. These are sealed
    /// while the mail is queued, and deleted when it ends.
    pub const fn has_secrets(self) -> bool {
        match self {
            Self::SignIn(_) | Self::OrganizationInvitation => true,
            Self::KeysSuspended | Self::WebhookDisabled | Self::Billing(_) => false,
        }
    }

    /// The names of the templates with secrets.
    pub(crate) fn with_secrets() -> Vec<String> {
        Self::ALL
            .into_iter()
            .filter(|template| template.has_secrets())
            .map(|template| template.name().to_owned())
            .collect()
    }

    /// Reads a queued mail.
    ///
    /// Fails with `internal` if no template has this name, or if the data lacks a required field or holds a value that
    /// no mail may carry.
    pub fn parse(name: &str, data: Value) -> Result<Mail> {
        match Self::find(name) {
            Some(Self::SignIn(kind)) => Ok(Mail::SignIn(kind, SignIn::read(kind, data)?)),
            Some(Self::OrganizationInvitation) => Ok(Mail::OrganizationInvitation(OrganizationInvitation::read(data)?)),
            Some(Self::KeysSuspended) => Ok(Mail::KeysSuspended(KeysSuspended::read(data)?)),
            Some(Self::WebhookDisabled) => Ok(Mail::WebhookDisabled(WebhookDisabled::read(data)?)),
            Some(Self::Billing(kind)) => Ok(Mail::Billing(kind, Billing::read(kind, data)?)),
            None => Err(Error::internal(format!("there is no mail template named {name:?}"))),
        }
    }

    /// The mail with sample data, for previews and tests.
    pub fn sample(self) -> Mail {
        match self {
            Self::SignIn(kind) => Mail::SignIn(kind, SignIn::sample(kind)),
            Self::OrganizationInvitation => Mail::OrganizationInvitation(OrganizationInvitation::sample()),
            Self::KeysSuspended => Mail::KeysSuspended(KeysSuspended::sample()),
            Self::WebhookDisabled => Mail::WebhookDisabled(WebhookDisabled::sample()),
            Self::Billing(kind) => Mail::Billing(kind, Billing::sample(kind)),
        }
    }

    /// Every mail with sample data.
    pub fn samples() -> [Mail; COUNT] {
        Self::ALL.map(Self::sample)
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One mail with its data, made by [`Template::parse`], which checks the data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mail {
    /// See [`Template::SignIn`].
    SignIn(SignInMail, SignIn),
    /// See [`Template::OrganizationInvitation`].
    OrganizationInvitation(OrganizationInvitation),
    /// See [`Template::KeysSuspended`].
    KeysSuspended(KeysSuspended),
    /// See [`Template::WebhookDisabled`].
    WebhookDisabled(WebhookDisabled),
    /// See [`Template::Billing`].
    Billing(BillingMail, Billing),
}

impl Mail {
    /// The template of the mail.
    pub const fn template(&self) -> Template {
        match self {
            Self::SignIn(kind, _) => Template::SignIn(*kind),
            Self::OrganizationInvitation(_) => Template::OrganizationInvitation,
            Self::KeysSuspended(_) => Template::KeysSuspended,
            Self::WebhookDisabled(_) => Template::WebhookDisabled,
            Self::Billing(kind, _) => Template::Billing(*kind),
        }
    }

    /// The subject: one line, without the code, because locked screens show subjects.
    pub fn subject(&self, brand: &Brand) -> String {
        self.words(brand).subject
    }

    /// The words of the mail: the product's own where its `product.toml` has some.
    pub(super) fn words(&self, brand: &Brand) -> Words {
        let (words, facts) = match self {
            Self::SignIn(kind, mail) => (mail.words(*kind), mail.facts(*kind)),
            Self::OrganizationInvitation(mail) => (mail.words(), mail.facts()),
            Self::KeysSuspended(mail) => (mail.words(), mail.facts()),
            Self::WebhookDisabled(mail) => (mail.words(), mail.facts()),
            Self::Billing(kind, mail) => (mail.words(*kind), mail.facts()),
        };
        brand.wording.over(self.template().name(), words, &facts)
    }

    /// The code in the mail, which the local mailbox shows large; none for mails without one.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::SignIn(_, mail) => Some(&mail.code),
            Self::OrganizationInvitation(_) | Self::KeysSuspended(_) | Self::WebhookDisabled(_) | Self::Billing(..) => {
                None
            }
        }
    }

    /// The link in the mail; none for mails without one.
    pub fn link(&self) -> Option<&str> {
        match self {
            Self::SignIn(_, mail) => mail.link.as_deref(),
            Self::OrganizationInvitation(mail) => Some(&mail.link),
            Self::KeysSuspended(mail) => Some(&mail.link),
            Self::WebhookDisabled(mail) => Some(&mail.link),
            Self::Billing(_, mail) => Some(&mail.link),
        }
    }

    /// Address of the product.
    pub(super) fn site_url(&self) -> &str {
        match self {
            Self::SignIn(_, mail) => &mail.site_url,
            Self::OrganizationInvitation(mail) => &mail.site_url,
            Self::KeysSuspended(mail) => &mail.site_url,
            Self::WebhookDisabled(mail) => &mail.site_url,
            Self::Billing(_, mail) => &mail.site_url,
        }
    }

    /// When a mail queued at `asked` is outdated, because its link has expired or the day that it announces has come;
    /// none: never.
    pub fn useless_from(&self, asked: Timestamp) -> Option<Timestamp> {
        match self {
            Self::SignIn(_, mail) => asked.checked_add(SignedDuration::from_mins(i64::from(mail.minutes_valid))).ok(),
            Self::OrganizationInvitation(mail) => Some(mail.until),
            Self::KeysSuspended(_) | Self::WebhookDisabled(_) => None,
            Self::Billing(kind, mail) => mail.over_from(*kind),
        }
    }
}

#[cfg(test)]
mod tests;
