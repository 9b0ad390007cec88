//! The billing mails: one type of data for all of them, and for each its words, which the text and the HTML share.

use freehold_core::{Error, Result, mail_name};
use freehold_module::{
    MailTemplate,
    mail::{MailContent, MailText, NAMELESS, Outdated, mail_data_read, one_line},
};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

/// The mail of each kind of billing mail.
macro_rules! templates {
    ($($kind:ident)*) => { [$(MailTemplate {
        name: BillingMail::$kind.name(),
        about: BillingMail::$kind.about(),
        variables: &["product_name", "organization", "plan", "day"],
        sealed: &[],
        read: |data| Ok(Billing::read(BillingMail::$kind, data)?.content(BillingMail::$kind)),
        sample: || Billing::sample(BillingMail::$kind).content(BillingMail::$kind),
    }),*] };
}

/// The billing mails, in the order in which an organization that does not pay gets them.
pub(crate) const TEMPLATES: &[MailTemplate] = &templates!(
    TrialEnding TrialEnded PaymentFailed PaymentReminder Suspended SubscriptionCancelled ArchiveReminder Archived
    PaymentReceived ExtraSubscription
);

/// The billing mails. All of them go to an organization's owners and administrators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BillingMail {
    /// The trial ends in a few days.
    TrialEnding,
    /// The trial has ended.
    TrialEnded,
    /// A payment failed.
    PaymentFailed,
    /// A payment is overdue, and the grace period ends soon.
    PaymentReminder,
    /// The grace period has ended without a payment.
    Suspended,
    /// The plan is cancelled: it ends on a known day, or has ended.
    SubscriptionCancelled,
    /// The data will be archived soon.
    ArchiveReminder,
    /// The data was archived.
    Archived,
    /// The organization is fully active again after a missed payment or a suspension.
    PaymentReceived,
    /// A second subscription ran beside the first; it was cancelled and refunded.
    ExtraSubscription,
}

/// The data of a billing mail.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Billing {
    /// The product's name, on one line.
    pub product_name: String,
    /// The name of the organization.
    pub organization: String,
    /// The name of the plan: `Pro`.
    pub plan: String,
    /// The day that the mail announces, UTC; null in mails that announce none.
    pub until: Option<Timestamp>,
    /// What the organization is without a paid plan; null where the mail does not say it.
    pub became: Option<Became>,
    /// The refunded amount: `$29.00`. Only in the mail about an extra subscription; null when nothing is refunded.
    #[serde(default)]
    pub amount: Option<String>,
    /// Page to pay or to choose a plan: an `http` or `https` address.
    pub link: String,
    /// Address of the product: `https://app.example.org`.
    pub site_url: String,
}

/// State of an organization without a paid plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Became {
    /// On the free plan.
    Free,
    /// Read-only.
    ReadOnly,
}

impl Became {
    /// Name in the data of mails.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Free => "free",
            Self::ReadOnly => "read_only",
        }
    }
}

const PAY: &str = "Pay now";
const CHOOSE: &str = "Choose a plan";
const LOOK: &str = "View your plan";

impl BillingMail {
    /// Name in the queue: `trial_ending`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::TrialEnding => "trial_ending",
            Self::TrialEnded => "trial_ended",
            Self::PaymentFailed => "payment_failed",
            Self::PaymentReminder => "payment_reminder",
            Self::Suspended => "suspended",
            Self::SubscriptionCancelled => "subscription_cancelled",
            Self::ArchiveReminder => "archive_reminder",
            Self::Archived => "archived",
            Self::PaymentReceived => "payment_received",
            Self::ExtraSubscription => "extra_subscription",
        }
    }

    /// Recipients and occasion, for operators.
    pub const fn about(self) -> &'static str {
        match self {
            Self::TrialEnding => "To owners and administrators, some days before a trial ends.",
            Self::TrialEnded => "To owners and administrators, when a trial has ended without a payment.",
            Self::PaymentFailed => "To owners and administrators, when a payment failed and the grace period begins.",
            Self::PaymentReminder => "To owners and administrators, two days before the grace period ends.",
            Self::Suspended => "To owners and administrators, when the grace period has ended.",
            Self::SubscriptionCancelled => {
                "To owners and administrators, when a plan was cancelled, and again when it has ended."
            }
            Self::ArchiveReminder => "To owners and administrators, seven days before data is archived.",
            Self::Archived => "To owners and administrators, when data was archived.",
            Self::PaymentReceived => {
                "To owners and administrators, when an organization is fully active again after a missed payment."
            }
            Self::ExtraSubscription => {
                "To owners and administrators, when an organization had a second subscription, which was cancelled and refunded."
            }
        }
    }

    /// Whether the mail announces a day; its data then must hold `until`.
    fn names_a_day(self, became: Option<Became>) -> bool {
        match self {
            Self::TrialEnding | Self::PaymentFailed | Self::PaymentReminder | Self::ArchiveReminder => true,
            Self::SubscriptionCancelled => became.is_none(),
            Self::TrialEnded | Self::Suspended | Self::Archived | Self::PaymentReceived | Self::ExtraSubscription => {
                false
            }
        }
    }
}

impl Billing {
    fn read(kind: BillingMail, data: Value) -> Result<Self> {
        let mut read: Self = mail_data_read(data)?;
        for text in [&mut read.product_name, &mut read.plan].into_iter().chain(&mut read.amount) {
            *text = one_line(text);
        }
        read.organization = mail_name(&read.organization).unwrap_or_else(|| NAMELESS.to_owned());
        if kind.names_a_day(read.became) && read.until.is_none() {
            return Err(Error::internal("a mail about a day names none"));
        }
        Ok(read)
    }

    fn content(&self, kind: BillingMail) -> MailContent {
        let Self { product_name, organization, plan, .. } = self;
        MailContent {
            text: self.words(kind),
            variables: vec![
                ("product_name", product_name.clone()),
                ("organization", organization.clone()),
                ("plan", plan.clone()),
                ("day", self.day()),
            ],
            link: Some(self.link.clone()),
            reason: format!(
                "You get this mail because you are an owner or administrator of {organization} on {product_name}."
            ),
            site_url: self.site_url.clone(),
            // Outdated on the day that it announces.
            outdated: match self.until {
                Some(until) if kind.names_a_day(self.became) => Outdated::At(until),
                _ => Outdated::Never,
            },
            ..MailContent::default()
        }
    }

    /// Subject, heading, text and button of the mail. Days are in UTC, as in the billing lifecycle.
    fn words(&self, kind: BillingMail) -> MailText {
        let Self { organization, plan, product_name, .. } = self;
        let day = self.day();
        let (title, paragraphs, button) = match kind {
            BillingMail::TrialEnding => (
                format!("The trial of {organization} ends on {day}"),
                vec![
                    format!("{organization} is trying the {plan} plan of {product_name} until {day}."),
                    format!(
                        "Choose a plan before then, and everything continues as it is. Otherwise {}",
                        self.falls_back()
                    ),
                ],
                CHOOSE,
            ),
            BillingMail::TrialEnded => (
                format!("The trial of {organization} has ended"),
                self.what_is_now(&format!("The trial of the {plan} plan for {organization} has ended."), &day),
                CHOOSE,
            ),
            BillingMail::PaymentFailed => (
                format!("The payment for {organization} failed"),
                vec![
                    format!("We could not collect the payment for the {plan} plan of {organization}."),
                    format!(
                        "Nothing changes for now. Please pay, or add another card, before {day}. From then on \
                         {organization} is read-only until you pay."
                    ),
                ],
                PAY,
            ),
            BillingMail::PaymentReminder => (
                format!("The payment for {organization} is overdue"),
                vec![
                    format!("The payment for the {plan} plan of {organization} is overdue."),
                    format!(
                        "From {day} on {organization} is read-only. Nothing is deleted, and everything works again as \
                         soon as you pay."
                    ),
                ],
                PAY,
            ),
            BillingMail::ExtraSubscription => return self.extra_words(),
            _ => return self.later_words(kind, &day),
        };
        MailText::titled(title, paragraphs, button)
    }

    fn day(&self) -> String {
        self.until.map(|until| until.strftime("%-d %B %Y").to_string()).unwrap_or_default()
    }

    /// The words of the mails that follow a missed or a late payment.
    fn later_words(&self, kind: BillingMail, day: &str) -> MailText {
        let Self { organization, plan, .. } = self;
        let (title, paragraphs, button) = match kind {
            BillingMail::Suspended => (
                format!("{organization} is now read-only"),
                vec![
                    format!("The {plan} plan of {organization} is not paid, so {organization} is now read-only."),
                    "Nothing is deleted, and you can still read everything. Everything works again as soon as you pay."
                        .to_owned(),
                ],
                PAY,
            ),
            BillingMail::SubscriptionCancelled if self.became.is_none() => (
                format!("The plan of {organization} ends on {day}"),
                vec![
                    format!("The {plan} plan of {organization} is cancelled. It stays active until {day}."),
                    "If you change your mind, you can keep the plan until then.".to_owned(),
                ],
                LOOK,
            ),
            BillingMail::SubscriptionCancelled => (
                format!("The plan of {organization} has ended"),
                self.what_is_now(&format!("The {plan} plan of {organization} has ended."), day),
                CHOOSE,
            ),
            BillingMail::ArchiveReminder => (
                format!("{organization} will be archived on {day}"),
                vec![
                    format!("{organization} has no paid plan. You can read everything until {day}."),
                    "After that its data is kept in an archive, where you cannot read it. Choose a plan before then, and \
                     everything works again."
                        .to_owned(),
                ],
                CHOOSE,
            ),
            BillingMail::Archived => (
                format!("{organization} is archived"),
                vec![
                    format!(
                        "{organization} has had no paid plan for a while, so its data is now in an archive. It is kept, but \
                         you cannot read it."
                    ),
                    "Pay for a plan to restore everything as it was.".to_owned(),
                ],
                CHOOSE,
            ),
            _ => (
                format!("{organization} is fully active again"),
                vec![
                    format!("{organization} is on the {plan} plan, and everything works as before. Nothing was lost."),
                    "Thank you.".to_owned(),
                ],
                LOOK,
            ),
        };
        MailText::titled(title, paragraphs, button)
    }

    /// The words of the mail about a second subscription.
    fn extra_words(&self) -> MailText {
        let Self { organization, plan, .. } = self;
        let refunded = match &self.amount {
            Some(amount) => format!(
                "We cancelled the second one and refund {amount} to the payment method it was paid with. That can take \
                 some days."
            ),
            None => "We cancelled the second one. There is nothing to refund.".to_owned(),
        };
        let kept = format!("{organization} had more than one subscription. It keeps one, on the {plan} plan.");
        MailText::titled(format!("{organization} had a second subscription"), vec![kept, refunded], LOOK)
    }

    /// What happens after a trial without a payment, as the end of a sentence.
    fn falls_back(&self) -> String {
        let organization = &self.organization;
        match self.became {
            Some(Became::Free) => {
                format!("{organization} moves to the free plan; nothing is deleted.")
            }
            _ => format!("{organization} is read-only from then on; nothing is deleted."),
        }
    }

    /// The sentence `ended` and what follows from it.
    fn what_is_now(&self, ended: &str, day: &str) -> Vec<String> {
        if self.became == Some(Became::Free) {
            return vec![
                format!("{ended} {} is on the free plan now.", self.organization),
                "Nothing was deleted. If you use more than the free plan allows, you keep it, but you cannot add more."
                    .to_owned(),
            ];
        }
        let kept = match self.until {
            Some(_) => format!("We keep everything until {day} and then archive it. "),
            None => String::new(),
        };
        vec![
            format!("{ended} You can still read everything, but change nothing."),
            format!("{kept}As soon as you choose a plan, everything works again."),
        ]
    }

    /// Sample data for previews and tests.
    fn sample(kind: BillingMail) -> Self {
        let became = match kind {
            BillingMail::TrialEnding | BillingMail::TrialEnded => Some(Became::ReadOnly),
            _ => None,
        };
        let pays = matches!(kind, BillingMail::PaymentFailed | BillingMail::PaymentReminder | BillingMail::Suspended);
        let link = if pays {
            "https://invoice.stripe.example/i/acct_1/test_YWNjdF8x?s=ap"
        } else {
            "https://app.voicefx.example/billing"
        };
        Self {
            product_name: "VoiceFX AI".to_owned(),
            organization: "Bright Dental".to_owned(),
            plan: "Pro".to_owned(),
            until: Timestamp::from_second(1_786_006_800).ok(),
            became,
            amount: (kind == BillingMail::ExtraSubscription).then(|| "$29".to_owned()),
            link: link.to_owned(),
            site_url: "https://app.voicefx.example".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests;
