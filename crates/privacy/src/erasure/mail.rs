//! The mails about deletions: their data and their texts.

use freehold_core::{Result, mail_name};
use freehold_module::{
    MailTemplate,
    mail::{MailContent, MailText, NAMELESS, mail_data_read, one_line},
};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

/// The mails of erasure.
pub const MAILS: &[MailTemplate] = &[ORGANIZATION_DELETION_MAIL, ORGANIZATION_DELETED_MAIL, ACCOUNT_DELETION_MAIL];

/// The mail about the requested deletion of an organization.
pub const ORGANIZATION_DELETION_MAIL: MailTemplate = MailTemplate {
    name: "organization_deletion",
    about: "To the owners of an organization whose deletion was requested.",
    variables: &["product_name", "organization", "day"],
    sealed: &[],
    read: |data| Ok(Deletion::read(data)?.requested()),
    sample: || Deletion::sample().requested(),
};

/// The mail about an organization that was deleted.
pub const ORGANIZATION_DELETED_MAIL: MailTemplate = MailTemplate {
    name: "organization_deleted",
    about: "To the owners of an organization that was deleted.",
    variables: &["product_name", "organization", "day"],
    sealed: &[],
    read: |data| Ok(Deletion::read(data)?.deleted()),
    sample: || Deletion::sample().deleted(),
};

/// The mail about the requested deletion of an account.
pub const ACCOUNT_DELETION_MAIL: MailTemplate = MailTemplate {
    name: "account_deletion",
    about: "To a user who requested the deletion of their account.",
    variables: &["product_name", "day"],
    sealed: &[],
    read: |data| Ok(Deletion::read(data)?.of_account()),
    sample: || Deletion::sample().of_account(),
};

/// The data of these mails.
#[derive(Deserialize)]
struct Deletion {
    /// The product's name, on one line.
    product_name: String,
    /// The name of the organization; empty in mails about an account.
    #[serde(default)]
    organization: String,
    /// When it is deleted, or was deleted, UTC.
    day: Timestamp,
    /// Why it is deleted: `owner`, `account` or `retention`.
    #[serde(default)]
    reason: String,
    /// Address of the product: `https://app.example.org`.
    site_url: String,
}

impl Deletion {
    fn read(data: Value) -> Result<Self> {
        let mut read: Self = mail_data_read(data)?;
        read.product_name = one_line(&read.product_name);
        read.organization = mail_name(&read.organization).unwrap_or_else(|| NAMELESS.to_owned());
        Ok(read)
    }

    fn content(&self, text: MailText, reason: String) -> MailContent {
        MailContent {
            text,
            variables: vec![
                ("product_name", self.product_name.clone()),
                ("organization", self.organization.clone()),
                ("day", self.day()),
            ],
            link: Some(self.site_url.clone()),
            reason,
            site_url: self.site_url.clone(),
            ..MailContent::default()
        }
    }

    fn owners(&self) -> String {
        format!("You get this mail because you are an owner of {} on {}.", self.organization, self.product_name)
    }

    fn requested(&self) -> MailContent {
        let Self { product_name, organization, .. } = self;
        let day = self.day();
        let paragraphs = if self.reason == "retention" {
            vec![
                format!(
                    "{organization} on {product_name} has been archived for a long time. It is deleted with all its \
                     data on {day}."
                ),
                "To keep it, pay for a plan before that day. To keep a copy of its data only, export it.".to_owned(),
            ]
        } else {
            vec![
                format!(
                    "An owner asked to delete {organization} on {product_name}. It is deleted with all its data on \
                     {day}, and cannot be restored after that."
                ),
                "Until then it is read-only, and every owner can cancel the deletion.".to_owned(),
            ]
        };
        self.content(
            MailText::titled(format!("{organization} will be deleted on {day}"), paragraphs, "Sign in"),
            self.owners(),
        )
    }

    fn deleted(&self) -> MailContent {
        let Self { product_name, organization, .. } = self;
        let paragraphs = vec![
            format!("{organization} on {product_name} was deleted on {}, with all its data.", self.day()),
            "Invoices are kept as tax law requires. Backups are deleted when they expire.".to_owned(),
        ];
        let reason = format!("You get this mail because you were an owner of {organization} on {product_name}.");
        self.content(MailText::titled(format!("{organization} was deleted"), paragraphs, "Sign in"), reason)
    }

    fn of_account(&self) -> MailContent {
        let (product_name, day) = (&self.product_name, self.day());
        let paragraphs = vec![
            format!(
                "You asked to delete your account on {product_name}. It is deleted on {day}, together with the \
                 organizations that have no other member, and cannot be restored after that."
            ),
            "Until then you can sign in and cancel the deletion. If you did not ask for it, cancel it and change your \
             password."
                .to_owned(),
        ];
        let reason = format!("You get this mail because the deletion of your account on {product_name} was requested.");
        let title = format!("Your account on {product_name} will be deleted on {day}");
        let mut content = self.content(MailText::titled(title, paragraphs, "Sign in"), reason);
        content.variables.retain(|(name, _)| *name != "organization");
        content
    }

    /// The day, UTC: `6 August 2026`.
    fn day(&self) -> String {
        self.day.strftime("%-d %B %Y").to_string()
    }

    /// Sample data for previews and tests.
    fn sample() -> Self {
        Self {
            product_name: "VoiceFX AI".to_owned(),
            organization: "Bright Dental".to_owned(),
            day: Timestamp::from_second(1_786_006_800).unwrap_or_default(),
            reason: "owner".to_owned(),
            site_url: "https://app.voicefx.example".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn it_says_what_is_deleted_when_and_how_to_keep_it() {
        let mut data = json!({
            "product_name": "VoiceFX\r\nAI", "organization": "Bright Dental", "day": "2026-08-06T09:00:00Z",
            "reason": "owner", "site_url": "https://example.org",
        });
        let said = ORGANIZATION_DELETION_MAIL.content(data.clone()).unwrap().text;
        assert_eq!(said.subject, "Bright Dental will be deleted on 6 August 2026");
        assert!(said.paragraphs[0].contains("Bright Dental on VoiceFX AI"), "{said:?}");
        assert!(said.paragraphs[1].contains("every owner can cancel"), "{said:?}");
        data["reason"] = json!("retention");
        let said = ORGANIZATION_DELETION_MAIL.content(data.clone()).unwrap().text;
        assert!(said.paragraphs[1].contains("pay for a plan before"), "{said:?}");
        let said = ACCOUNT_DELETION_MAIL.content(data).unwrap().text;
        assert!(said.paragraphs[0].contains("no other member"), "{said:?}");
    }
}
