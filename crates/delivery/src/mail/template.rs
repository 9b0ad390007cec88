//! The mails there are.

use std::fmt;

use freehold_core::{Error, Result};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::{
    billing::{Billing, BillingMail},
    sign_in::SignIn,
    webhook_disabled::WebhookDisabled,
};

/// Which mail. Its name is what `freehold.mails.template` holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Template {
    /// To somebody new: confirms that the address is theirs.
    ConfirmSignup,
    /// To somebody known: lets them in without a password.
    MagicLink,
    /// To a tenant's administrators: nothing is sent to their webhook endpoint any more.
    WebhookDisabled,
    /// To a tenant's administrators, about money.
    Billing(BillingMail),
}

impl Template {
    /// All of them, in the order people meet them.
    pub const ALL: [Self; 12] = [
        Self::ConfirmSignup,
        Self::MagicLink,
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
    ];

    /// What the queue names: `confirm_signup`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ConfirmSignup => "confirm_signup",
            Self::MagicLink => "magic_link",
            Self::WebhookDisabled => "webhook_disabled",
            Self::Billing(kind) => kind.name(),
        }
    }

    /// Whom it goes to and when, for operators.
    pub const fn about(self) -> &'static str {
        match self {
            Self::ConfirmSignup => "To somebody new, who has to confirm the address.",
            Self::MagicLink => "To somebody known, who asked for a link to sign in with.",
            Self::WebhookDisabled => {
                "To an organization's owners and administrators, when a webhook endpoint is switched off."
            }
            Self::Billing(kind) => kind.about(),
        }
    }

    /// The template of this name.
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|template| template.name() == name)
    }

    /// A queued mail, ready to be written out.
    ///
    /// `internal` if no template has this name, or the data lacks something it needs or holds something no mail may
    /// carry: the recipient can do nothing about that.
    pub fn parse(name: &str, data: Value) -> Result<Mail> {
        match Self::find(name) {
            Some(Self::ConfirmSignup) => Ok(Mail::ConfirmSignup(SignIn::read(data)?)),
            Some(Self::MagicLink) => Ok(Mail::MagicLink(SignIn::read(data)?)),
            Some(Self::WebhookDisabled) => Ok(Mail::WebhookDisabled(WebhookDisabled::read(data)?)),
            Some(Self::Billing(kind)) => Ok(Mail::Billing(kind, Billing::read(kind, data)?)),
            None => Err(Error::internal(format!("there is no mail template named {name:?}"))),
        }
    }

    /// The mail with data that looks real, for previews and tests.
    pub fn sample(self) -> Mail {
        match self {
            Self::ConfirmSignup => Mail::ConfirmSignup(SignIn::sample("signup")),
            Self::MagicLink => Mail::MagicLink(SignIn::sample("magiclink")),
            Self::WebhookDisabled => Mail::WebhookDisabled(WebhookDisabled::sample()),
            Self::Billing(kind) => Mail::Billing(kind, Billing::sample(kind)),
        }
    }

    /// Every mail with data that looks real.
    pub fn samples() -> [Mail; 12] {
        Self::ALL.map(Self::sample)
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One mail with its data. Made by [`Template::parse`], which has looked at the data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mail {
    /// See [`Template::ConfirmSignup`].
    ConfirmSignup(SignIn),
    /// See [`Template::MagicLink`].
    MagicLink(SignIn),
    /// See [`Template::WebhookDisabled`].
    WebhookDisabled(WebhookDisabled),
    /// See [`Template::Billing`].
    Billing(BillingMail, Billing),
}

impl Mail {
    /// Which mail it is.
    pub const fn template(&self) -> Template {
        match self {
            Self::ConfirmSignup(_) => Template::ConfirmSignup,
            Self::MagicLink(_) => Template::MagicLink,
            Self::WebhookDisabled(_) => Template::WebhookDisabled,
            Self::Billing(kind, _) => Template::Billing(*kind),
        }
    }

    /// The subject: one line, without the code, because locked screens show it.
    pub fn subject(&self) -> String {
        match self {
            Self::ConfirmSignup(mail) => format!("Confirm your e-mail address for {}", mail.product_name),
            Self::MagicLink(mail) => format!("Sign in to {}", mail.product_name),
            Self::WebhookDisabled(mail) => format!("A webhook endpoint of {} was switched off", mail.organization),
            Self::Billing(kind, mail) => mail.words(*kind).title,
        }
    }

    /// The code in it, if it carries one, so that the local mailbox can show it large.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::ConfirmSignup(mail) | Self::MagicLink(mail) => Some(&mail.code),
            Self::WebhookDisabled(_) | Self::Billing(..) => None,
        }
    }

    /// The link in it, if it carries one.
    pub fn link(&self) -> Option<&str> {
        match self {
            Self::ConfirmSignup(mail) | Self::MagicLink(mail) => Some(&mail.link),
            Self::WebhookDisabled(mail) => Some(&mail.link),
            Self::Billing(_, mail) => Some(&mail.link),
        }
    }

    /// From when on it would only confuse, if it was asked for at `asked`: a link that works no longer, a day that is over.
    pub fn useless_from(&self, asked: Timestamp) -> Option<Timestamp> {
        match self {
            Self::ConfirmSignup(mail) | Self::MagicLink(mail) => {
                asked.checked_add(SignedDuration::from_mins(i64::from(mail.minutes_valid))).ok()
            }
            Self::WebhookDisabled(_) => None,
            Self::Billing(kind, mail) => mail.over_from(*kind),
        }
    }
}

#[cfg(test)]
mod tests;
