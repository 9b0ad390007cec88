//! What the mail about an invitation to an organization is made of, and what it says.

use freehold_core::{Context, Error, Result, mail_address, mail_name};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::{
    line::one_line,
    web_address::is_web_address,
    wording::{Facts, Words},
};

/// The data of the mail about an invitation to an organization.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct OrganizationInvitation {
    /// The product's name for people, on one line.
    pub product_name: String,
    /// The organization that invites.
    pub organization: String,
    /// The address of who invites, where it was a person.
    pub invited_by: Option<String>,
    /// `viewer`, `member`, `admin` or `owner`.
    pub role: String,
    /// Until when it holds.
    pub until: Timestamp,
    /// Where it is accepted: an `http` or `https` address.
    pub link: String,
    /// Where the product is: `https://app.example.org`.
    pub site_url: String,
}

impl OrganizationInvitation {
    /// Reads the data of a queued mail. Fields it does not know are skipped: a newer server may have queued it.
    pub(super) fn read(data: Value) -> Result<Self> {
        let mut read: Self = serde_json::from_value(data).context("reading the data of a mail")?;
        for text in [&mut read.product_name, &mut read.role] {
            *text = one_line(text);
        }
        // What members wrote goes to strangers in the product's name.
        read.organization = mail_name(&read.organization).unwrap_or_else(|| "an organization".to_owned());
        read.invited_by = read.invited_by.and_then(|by| mail_address(&by));
        for address in [&read.link, &read.site_url] {
            if !is_web_address(address) {
                return Err(Error::internal("a mail links to something that is no web address"));
            }
        }
        Ok(read)
    }

    /// What the mail says.
    pub(super) fn words(&self) -> Words {
        let Self { product_name, organization, .. } = self;
        let who = self.inviter();
        let (role, day) = (self.role_of(), self.day());
        Words::titled(
            format!("You are invited to {organization} at {product_name}"),
            vec![
                format!("{who} invites you to {organization} at {product_name}, as {role}."),
                format!("The invitation holds until {day}, and only for this address."),
            ],
            "Look at the invitation",
        )
    }

    /// What a product's own words may name.
    pub(super) fn facts(&self) -> Facts {
        Facts(vec![
            ("product_name", self.product_name.clone()),
            ("organization", self.organization.clone()),
            ("invited_by", self.inviter().to_owned()),
            ("role", self.role_of()),
            ("day", self.day()),
        ])
    }

    fn inviter(&self) -> &str {
        self.invited_by.as_deref().unwrap_or("Somebody there")
    }

    fn role_of(&self) -> String {
        let article = if self.role.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
        format!("{article} {}", self.role)
    }

    /// A day of UTC.
    fn day(&self) -> String {
        self.until.strftime("%-d %B %Y").to_string()
    }

    /// Data that looks like a real mail's.
    pub(super) fn sample() -> Self {
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
        let said = OrganizationInvitation::read(data.clone()).unwrap().words();
        assert_eq!(said.paragraphs[0], "grace@example.org invites you to Bright Dental at VoiceFX AI, as an admin.");
        assert!(said.paragraphs[1].contains("until 6 August 2026"));
        let name = "URGENT: your account is locked. Unlock at https://evil.example/login";
        for (field, value) in [("organization", name), ("invited_by", "www.evil.example/x@evil.example")] {
            let mut data = data.clone();
            data[field] = json!(value);
            let said = OrganizationInvitation::read(data).unwrap().words();
            let all = format!("{} {} {}", said.subject, said.heading, said.paragraphs.join(" "));
            assert!(!all.contains("evil") && !all.contains("URGENT"), "{all}");
        }
        data["invited_by"] = json!(null);
        let said = OrganizationInvitation::read(data.clone()).unwrap().words();
        assert!(said.paragraphs[0].starts_with("Somebody there invites you"));
        data["link"] = json!("javascript:alert(1)");
        assert!(OrganizationInvitation::read(data).is_err());
    }
}
