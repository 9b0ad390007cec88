//! The mail about a transfer of ownership: its data and its text.

use freehold_core::{Result, mail_address, mail_name};
use freehold_module::{
    MailTemplate,
    mail::{MailContent, MailText, NAMELESS, mail_data_read, one_line},
};
use serde::Deserialize;
use serde_json::Value;

/// The mail about a transfer of ownership.
pub const OWNERSHIP_MAIL: MailTemplate = MailTemplate {
    name: "ownership_transferred",
    about: "To the former and the new owner, when an owner transfers an organization to another member.",
    variables: &["product_name", "organization", "former", "new"],
    sealed: &[],
    read: |data| Ok(OwnershipTransferred::read(data)?.content()),
    sample: || OwnershipTransferred::sample().content(),
};

/// The data of the mail about a transfer of ownership.
#[derive(Deserialize)]
struct OwnershipTransferred {
    /// The product's name, on one line.
    product_name: String,
    /// The organization that was transferred.
    organization: String,
    /// E-mail address of the former owner; null for a user without one.
    former: Option<String>,
    /// E-mail address of the new owner; null for a user without one.
    new: Option<String>,
    /// Whether the mail goes to the new owner; otherwise to the former one.
    to_new: bool,
    /// Page that lists the members: an `http` or `https` address.
    link: String,
    /// Address of the product: `https://app.example.org`.
    site_url: String,
}

impl OwnershipTransferred {
    fn read(data: Value) -> Result<Self> {
        let mut read: Self = mail_data_read(data)?;
        read.product_name = one_line(&read.product_name);
        read.organization = mail_name(&read.organization).unwrap_or_else(|| NAMELESS.to_owned());
        read.former = read.former.and_then(|former| mail_address(&former));
        read.new = read.new.and_then(|new| mail_address(&new));
        Ok(read)
    }

    fn content(&self) -> MailContent {
        let Self { organization, product_name, .. } = self;
        let former = self.former.clone().unwrap_or_else(|| "A member".to_owned());
        let new = self.new.clone().unwrap_or_else(|| "another member".to_owned());
        let paragraphs = if self.to_new {
            vec![
                format!("{former} transferred {organization} on {product_name} to you. You are now its owner."),
                "As owner you manage its members, plan and data. The former owner stays as an administrator; you can \
                 change that on the page of members."
                    .to_owned(),
            ]
        } else {
            vec![
                format!(
                    "You transferred {organization} on {product_name} to {new}. You are now an administrator there."
                ),
                "If you did not do this, write to the new owner, and change your password at once.".to_owned(),
            ]
        };
        MailContent {
            text: MailText {
                subject: format!("Ownership of {organization} was transferred"),
                heading: "Ownership transferred".to_owned(),
                paragraphs,
                button: "View the members".to_owned(),
            },
            variables: vec![
                ("product_name", product_name.clone()),
                ("organization", organization.clone()),
                ("former", former),
                ("new", new),
            ],
            link: Some(self.link.clone()),
            reason: format!("You get this mail because you are a member of {organization} on {product_name}."),
            site_url: self.site_url.clone(),
            ..MailContent::default()
        }
    }

    /// Sample data for previews and tests.
    fn sample() -> Self {
        Self {
            product_name: "VoiceFX AI".to_owned(),
            organization: "Bright Dental".to_owned(),
            former: Some("grace@brightdental.example".to_owned()),
            new: Some("ada@brightdental.example".to_owned()),
            to_new: true,
            link: "https://app.voicefx.example/members".to_owned(),
            site_url: "https://app.voicefx.example".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn it_says_who_owns_the_organization_now() {
        let data = json!({
            "product_name": "VoiceFX AI",
            "organization": "Bright\r\nDental",
            "former": "grace@example.org",
            "new": "ada@example.org",
            "to_new": true,
            "link": "https://example.org/members",
            "site_url": "https://example.org",
        });
        let said = |to_new: bool, data: &Value| {
            let mut data = data.clone();
            data["to_new"] = json!(to_new);
            OWNERSHIP_MAIL.content(data).unwrap().text
        };
        let new = said(true, &data);
        assert!(new.paragraphs[0].starts_with("grace@example.org transferred Bright Dental"), "{new:?}");
        let former = said(false, &data);
        assert!(former.paragraphs[0].contains("to ada@example.org"), "{former:?}");
        let mut odd = data.clone();
        odd["former"] = json!("www.evil.example/x@evil.example");
        odd["new"] = json!(null);
        assert!(!said(true, &odd).paragraphs[0].contains("evil"));
        assert!(said(false, &odd).paragraphs[0].contains("another member"));
    }
}
