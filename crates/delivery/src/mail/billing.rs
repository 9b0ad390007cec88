//! What the mails about money say: one kind of data, and for each mail its words, which the text and the HTML share.

use freehold_core::{Context, Error, Result, mail_name};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::{
    line::one_line,
    web_address::is_web_address,
    wording::{Facts, NAMELESS, Words},
};

/// Which mail about money. All go to an organization's owners and administrators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BillingMail {
    /// The trial ends in a few days.
    TrialEnding,
    /// The trial has ended.
    TrialEnded,
    /// A payment failed.
    PaymentFailed,
    /// A payment is still open, and the days of grace end soon.
    PaymentReminder,
    /// The days of grace are over.
    Suspended,
    /// The plan is cancelled: it ends on a day, or has ended.
    SubscriptionCancelled,
    /// The data goes to the archive soon.
    ArchiveReminder,
    /// The data is in the archive.
    Archived,
    /// All is well again.
    PaymentReceived,
    /// A subscription ran beside another one; it was cancelled, and what was paid for it goes back.
    ExtraSubscription,
}

/// The data of a mail about money.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Billing {
    /// The product's name for people, on one line.
    pub product_name: String,
    /// The organization it is about.
    pub organization: String,
    /// The name of the plan that it is about: `Pro`.
    pub plan: String,
    /// The day that it speaks of, if it speaks of one.
    pub until: Option<Timestamp>,
    /// What the organization becomes or became without a paid plan, where the mail says it.
    pub became: Option<Became>,
    /// The sum that goes back, as people write it: `$29.00`. Only in the mail about an extra subscription; null: nothing does.
    #[serde(default)]
    pub amount: Option<String>,
    /// Where it can be paid, or a plan chosen: an `http` or `https` address.
    pub link: String,
    /// Where the product is: `https://app.example.org`.
    pub site_url: String,
}

/// What an organization is without a paid plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Became {
    /// On the plan that costs nothing.
    Free,
    /// Only to be read.
    ReadOnly,
}

const PAY: &str = "Pay now";
const CHOOSE: &str = "Choose a plan";
const LOOK: &str = "Look at your plan";

impl BillingMail {
    /// All of them, in the order in which trouble grows.
    pub const ALL: [Self; 10] = [
        Self::TrialEnding,
        Self::TrialEnded,
        Self::PaymentFailed,
        Self::PaymentReminder,
        Self::Suspended,
        Self::SubscriptionCancelled,
        Self::ArchiveReminder,
        Self::Archived,
        Self::PaymentReceived,
        Self::ExtraSubscription,
    ];

    /// What the queue names: `trial_ending`.
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

    /// When it goes out, for operators.
    pub const fn about(self) -> &'static str {
        match self {
            Self::TrialEnding => "To owners and administrators, some days before a trial ends.",
            Self::TrialEnded => "To owners and administrators, when a trial has ended and nobody paid.",
            Self::PaymentFailed => "To owners and administrators, when a payment failed and the days of grace begin.",
            Self::PaymentReminder => "To owners and administrators, two days before the days of grace are over.",
            Self::Suspended => "To owners and administrators, when the days of grace are over.",
            Self::SubscriptionCancelled => {
                "To owners and administrators, when a plan was cancelled, and again when it has ended."
            }
            Self::ArchiveReminder => "To owners and administrators, seven days before data goes to the archive.",
            Self::Archived => "To owners and administrators, when data went to the archive.",
            Self::PaymentReceived => "To owners and administrators, when all is well again after trouble.",
            Self::ExtraSubscription => {
                "To owners and administrators, when an organization had a second subscription, which was cancelled and refunded."
            }
        }
    }

    /// Whether it is about a day, which its data then has to name.
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
    /// Reads the data of a queued mail. Fields it does not know are skipped: a newer server may have queued it.
    pub(super) fn read(kind: BillingMail, data: Value) -> Result<Self> {
        let mut read: Self = serde_json::from_value(data).context("reading the data of a mail")?;
        for text in [&mut read.product_name, &mut read.plan].into_iter().chain(&mut read.amount) {
            *text = one_line(text);
        }
        read.organization = mail_name(&read.organization).unwrap_or_else(|| NAMELESS.to_owned());
        for address in [&read.link, &read.site_url] {
            if !is_web_address(address) {
                return Err(Error::internal("a mail links to something that is no web address"));
            }
        }
        if kind.names_a_day(read.became) && read.until.is_none() {
            return Err(Error::internal("a mail about a day names none"));
        }
        Ok(read)
    }

    /// From when on what it says is no longer so.
    pub(super) fn over_from(&self, kind: BillingMail) -> Option<Timestamp> {
        self.until.filter(|_| kind.names_a_day(self.became))
    }

    /// What the mail says. A day is one of UTC, as the lifecycle counts them.
    pub(super) fn words(&self, kind: BillingMail) -> Words {
        let Self { organization, plan, product_name, .. } = self;
        let day = self.day();
        let (title, paragraphs, button) = match kind {
            BillingMail::TrialEnding => (
                format!("The trial of {organization} ends on {day}"),
                vec![
                    format!("{organization} is trying {product_name} on the plan {plan}, until {day}."),
                    format!(
                        "Choose a plan before then, and everything goes on as it is. Otherwise {}",
                        self.falls_back()
                    ),
                ],
                CHOOSE,
            ),
            BillingMail::TrialEnded => (
                format!("The trial of {organization} has ended"),
                self.what_is_now(&format!("The trial of the plan {plan} for {organization} is over."), &day),
                CHOOSE,
            ),
            BillingMail::PaymentFailed => (
                format!("A payment for {organization} did not go through"),
                vec![
                    format!("We could not collect the payment for the plan {plan} of {organization}."),
                    format!(
                        "Nothing changes for now. Please pay, or give us another card, before {day}: from then on \
                         {organization} can only be read until it is paid."
                    ),
                ],
                PAY,
            ),
            BillingMail::PaymentReminder => (
                format!("The payment for {organization} is still open"),
                vec![
                    format!("The payment for the plan {plan} of {organization} is still open."),
                    format!(
                        "From {day} on {organization} can only be read. Nothing is deleted, and everything works again \
                         as soon as it is paid."
                    ),
                ],
                PAY,
            ),
            BillingMail::ExtraSubscription => return self.extra_words(),
            _ => return self.later_words(kind, &day),
        };
        Words::titled(title, paragraphs, button)
    }

    /// What a product's own words may name.
    pub(super) fn facts(&self) -> Facts {
        Facts(vec![
            ("product_name", self.product_name.clone()),
            ("organization", self.organization.clone()),
            ("plan", self.plan.clone()),
            ("day", self.day()),
        ])
    }

    fn day(&self) -> String {
        self.until.map(|until| until.strftime("%-d %B %Y").to_string()).unwrap_or_default()
    }

    /// What the mails say that follow when nobody paid, or when somebody did.
    fn later_words(&self, kind: BillingMail, day: &str) -> Words {
        let Self { organization, plan, .. } = self;
        let (title, paragraphs, button) = match kind {
            BillingMail::Suspended => (
                format!("{organization} can only be read for now"),
                vec![
                    format!(
                        "The plan {plan} of {organization} is not paid for, so {organization} can only be read for now."
                    ),
                    "Nothing is deleted: reading and exporting work. Everything works again as soon as it is paid."
                        .to_owned(),
                ],
                PAY,
            ),
            BillingMail::SubscriptionCancelled if self.became.is_none() => (
                format!("The plan of {organization} ends on {day}"),
                vec![
                    format!("The plan {plan} of {organization} is cancelled. It goes on as before until {day}."),
                    "If you change your mind, you can take it up again until then.".to_owned(),
                ],
                LOOK,
            ),
            BillingMail::SubscriptionCancelled => (
                format!("The plan of {organization} has ended"),
                self.what_is_now(&format!("The plan {plan} of {organization} has ended."), day),
                CHOOSE,
            ),
            BillingMail::ArchiveReminder => (
                format!("{organization} goes to the archive on {day}"),
                vec![
                    format!("There is no paid plan for {organization}. Until {day} you can read and export everything."),
                    "After that its data is kept in the archive, where nobody can read it. Choose a plan before then, and \
                     everything works again."
                        .to_owned(),
                ],
                CHOOSE,
            ),
            BillingMail::Archived => (
                format!("{organization} is in the archive"),
                vec![
                    format!(
                        "There was no paid plan for {organization} for a while, so its data is in the archive now. It is \
                         kept, but nobody can read it."
                    ),
                    "Whoever pays for a plan brings everything back as it was.".to_owned(),
                ],
                CHOOSE,
            ),
            _ => (
                format!("{organization} is in good standing again"),
                vec![
                    format!("All is well again: {organization} is on the plan {plan}, and everything works as before."),
                    "Nothing was lost. Thank you.".to_owned(),
                ],
                LOOK,
            ),
        };
        Words::titled(title, paragraphs, button)
    }

    /// What the mail says about a second subscription.
    fn extra_words(&self) -> Words {
        let Self { organization, plan, .. } = self;
        let refunded = match &self.amount {
            Some(amount) => format!(
                "The second one is cancelled, and {amount} go back to where they were paid from. That can take some days."
            ),
            None => "The second one is cancelled. Nothing was paid for it that has to go back.".to_owned(),
        };
        let kept = format!("{organization} had more than one subscription. It keeps one, on the plan {plan}.");
        Words::titled(format!("{organization} had a second subscription"), vec![kept, refunded], LOOK)
    }

    /// What happens after a trial that nobody pays, as the end of a sentence.
    fn falls_back(&self) -> String {
        let organization = &self.organization;
        match self.became {
            Some(Became::Free) => {
                format!("{organization} goes on with the free plan; nothing is deleted.")
            }
            _ => format!("{organization} can only be read from then on; nothing is deleted."),
        }
    }

    /// After a sentence about what has ended: what is now.
    fn what_is_now(&self, ended: &str, day: &str) -> Vec<String> {
        if self.became == Some(Became::Free) {
            return vec![
                format!("{ended} {} is on the free plan now.", self.organization),
                "Nothing was deleted. Where there is more than the free plan has room for, it stays, and only making more has \
                 to wait."
                    .to_owned(),
            ];
        }
        let kept = match self.until {
            Some(_) => format!("We keep everything until {day}; then it goes to the archive. "),
            None => String::new(),
        };
        vec![
            format!("{ended} You can still read and export everything, and change nothing."),
            format!("{kept}As soon as you choose a plan, everything works again."),
        ]
    }

    /// Data that looks like a real mail's.
    pub(super) fn sample(kind: BillingMail) -> Self {
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
mod tests {
    use serde_json::json;

    use super::*;

    fn data(field: &str, value: Value) -> Value {
        let mut data = json!({
            "product_name": "VoiceFX AI",
            "organization": "Bright Dental",
            "plan": "Pro",
            "until": "2026-08-06T09:00:00Z",
            "became": null,
            "link": "https://example.org/billing",
            "site_url": "https://example.org",
        });
        data[field] = value;
        data
    }

    #[test]
    fn data_of_another_form_is_refused() {
        for (field, value) in [
            ("became", json!("rich")),
            ("until", json!("soon")),
            ("until", json!(null)),
            ("link", json!("javascript:alert(1)")),
            ("site_url", json!("https://example.org/\r\nBcc: x")),
            ("plan", json!(1)),
        ] {
            assert!(Billing::read(BillingMail::PaymentFailed, data(field, value.clone())).is_err(), "{field}: {value}");
        }
        assert!(Billing::read(BillingMail::PaymentFailed, data("locale", json!("de"))).is_ok());
        assert!(Billing::read(BillingMail::Archived, data("until", json!(null))).is_ok());
        assert!(Billing::read(BillingMail::SubscriptionCancelled, data("until", json!(null))).is_err());
    }

    #[test]
    fn days_are_written_as_people_write_them_and_none_is_left_out() {
        for kind in BillingMail::ALL {
            for became in [json!(null), json!("free"), json!("read_only")] {
                let mail = Billing::read(kind, data("became", became)).unwrap();
                let words = mail.words(kind);
                let all = format!("{} {}", words.heading, words.paragraphs.join(" "));
                assert!(!all.contains("  ") && !all.contains(" ."), "{all}");
                if mail.over_from(kind).is_some() {
                    assert!(all.contains("6 August 2026"), "{all}");
                }
            }
        }
    }

    #[test]
    fn an_organization_named_by_a_web_address_is_your_organization() {
        let mail = Billing::read(BillingMail::Suspended, data("organization", json!("https://evil.example"))).unwrap();
        let words = mail.words(BillingMail::Suspended);
        assert_eq!(words.subject, "Your organization can only be read for now");
        assert!(words.paragraphs[0].contains("of your organization is not paid for"), "{}", words.paragraphs[0]);
    }

    #[test]
    fn what_an_organization_became_is_said() {
        let said = |kind, became: &str| {
            Billing::read(kind, data("became", json!(became))).unwrap().words(kind).paragraphs.join(" ")
        };
        assert!(said(BillingMail::TrialEnded, "free").contains("on the free plan now"));
        assert!(said(BillingMail::TrialEnded, "read_only").contains("until 6 August 2026"));
        assert!(said(BillingMail::SubscriptionCancelled, "free").contains("The plan Pro of Bright Dental has ended."));
        assert!(said(BillingMail::TrialEnding, "free").contains("goes on with the free plan"));
        assert!(said(BillingMail::TrialEnding, "read_only").contains("can only be read"));
    }
}
