//! The mail that invites a user to an organization: its data and its text.

use freehold_core::{Result, mail_address, mail_name};
use freehold_module::{
    MailTemplate,
    mail::{MailContent, MailText, Outdated, mail_data_read, one_line},
};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

/// The mail that invites a user to an organization.
pub const INVITATION_MAIL: MailTemplate = MailTemplate {
    name: "organization_invitation",
    about: "To an address that an organization invites to become a member.",
    variables: &["product_name", "organization", "invited_by", "role", "day"],
    sealed: &["link"],
    read: |data| Ok(OrganizationInvitation::read(data)?.content()),
    sample: || OrganizationInvitation::sample().content(),
};

/// The data of the mail about an invitation to an organization.
#[derive(Deserialize)]
struct OrganizationInvitation {
    /// The product's name, on one line.
    product_name: String,
    /// The organization that invites.
    organization: String,
    /// E-mail address of the member who invites; null when there is none, such as for an API key.
    invited_by: Option<String>,
    /// `viewer`, `member`, `admin` or `owner`, or the name of a custom role.
    role: String,
    /// When the invitation expires, UTC.
    until: Timestamp,
    /// Page that accepts the invitation: an `http` or `https` address.
    link: String,
    /// Address of the product: `https://app.example.org`.
    site_url: String,
}

impl OrganizationInvitation {
    fn read(data: Value) -> Result<Self> {
        let mut read: Self = mail_data_read(data)?;
        read.product_name = one_line(&read.product_name);
        read.role = mail_name(&read.role).unwrap_or_else(|| "member".to_owned());
        // Members chose these texts, and the mail goes to strangers in the product's name.
        read.organization = mail_name(&read.organization).unwrap_or_else(|| "an organization".to_owned());
        read.invited_by = read.invited_by.and_then(|by| mail_address(&by));
        Ok(read)
    }

    fn content(&self) -> MailContent {
        let Self { product_name, organization, .. } = self;
        MailContent {
            text: self.words(),
            variables: vec![
                ("product_name", product_name.clone()),
                ("organization", organization.clone()),
                ("invited_by", self.invited_by.clone().unwrap_or_else(|| "A member".to_owned())),
                ("role", self.role_of()),
                ("day", self.day()),
            ],
            link: Some(self.link.clone()),
            reason: format!(
                "You get this mail because {organization} invited this address on {product_name}. If you did not \
                 expect the invitation, ignore this mail: nothing happens unless you accept it."
            ),
            site_url: self.site_url.clone(),
            outdated: Outdated::At(self.until),
            ..MailContent::default()
        }
    }

    fn words(&self) -> MailText {
        let Self { product_name, organization, .. } = self;
        let (role, day) = (self.role_of(), self.day());
        let invites = match &self.invited_by {
            Some(by) => format!("{by} invites you to join"),
            None => "You are invited to join".to_owned(),
        };
        MailText::titled(
            format!("Invitation to join {organization} on {product_name}"),
            vec![
                format!("{invites} {organization} on {product_name} as {role}."),
                format!("The invitation is valid until {day}, and only for this address."),
            ],
            "View the invitation",
        )
    }

    fn role_of(&self) -> String {
        let article = if self.role.to_lowercase().starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
        format!("{article} {}", self.role)
    }

    /// The last day of the invitation, UTC: `6 August 2026`.
    fn day(&self) -> String {
        self.until.strftime("%-d %B %Y").to_string()
    }

    /// Sample data for previews and tests.
    fn sample() -> Self {
        Self {
            product_name: "VoiceFX AI".to_owned(),
            organization: "Bright Dental".to_owned(),
            invited_by: Some("grace@brightdental.example".to_owned()),
            role: "member".to_owned(),
            until: Timestamp::from_second(1_786_006_800).unwrap_or_default(),
            link: "https://app.voicefx.example/invitation?token=inv_7Hq2vWb9oQ4nT7sYx1cKdLrPz5".to_owned(),
            site_url: "https://app.voicefx.example".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn it_says_who_invites_to_what_until_when() {
        let mut data = json!({
            "product_name": "VoiceFX AI",
            "organization": "Bright\r\nDental",
            "invited_by": "grace@example.org",
            "role": "admin",
            "until": "2026-08-06T09:00:00Z",
            "link": "https://example.org/invitation?token=x",
            "site_url": "https://example.org",
        });
        let said = INVITATION_MAIL.content(data.clone()).unwrap().text;
        assert_eq!(
            said.paragraphs[0],
            "grace@example.org invites you to join Bright Dental on VoiceFX AI as an admin."
        );
        assert!(said.paragraphs[1].contains("until 6 August 2026"));
        let name = "URGENT: your account is locked. Unlock at https://evil.example/login";
        for (field, value) in
            [("organization", name), ("role", name), ("invited_by", "www.evil.example/x@evil.example")]
        {
            let mut data = data.clone();
            data[field] = json!(value);
            let said = INVITATION_MAIL.content(data).unwrap().text;
            let all = format!("{} {} {}", said.subject, said.heading, said.paragraphs.join(" "));
            assert!(!all.contains("evil") && !all.contains("URGENT"), "{all}");
        }
        data["invited_by"] = json!(null);
        let said = INVITATION_MAIL.content(data.clone()).unwrap().text;
        assert!(said.paragraphs[0].starts_with("You are invited to join Bright Dental"));
        data["link"] = json!("javascript:alert(1)");
        assert!(INVITATION_MAIL.content(data).is_err());
    }
}
