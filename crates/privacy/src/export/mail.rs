//! The mails about an export: that its archive is ready, or that it failed.

use freehold_core::{Result, TenantId, mail_name};
use freehold_jobs::Job;
use freehold_module::{
    Infra, MailTemplate,
    mail::{MailContent, MailText, NAMELESS, Outdated, mail_data_read, one_line},
};
use freehold_vault::MAIL_SEALED;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{ExportRecord, link::export_link, store};

/// The mails of exports.
pub const TEMPLATES: &[MailTemplate] = &[READY_MAIL, FAILED_MAIL];

/// The mail with the link to an archive.
const READY_MAIL: MailTemplate = MailTemplate {
    name: "export_ready",
    about: "To the user who requested an export of an organization's data, or of their own, when the archive is ready.",
    variables: &["product_name", "data", "day"],
    sealed: &["link"],
    read: |data| Ok(ExportMail::read(data)?.ready()),
    sample: || ExportMail::sample().ready(),
};

/// The mail about an export that failed.
const FAILED_MAIL: MailTemplate = MailTemplate {
    name: "export_failed",
    about: "To the user who requested an export of an organization's data, or of their own, when it failed.",
    variables: &["product_name", "data"],
    sealed: &[],
    read: |data| Ok(ExportMail::read(data)?.failed()),
    sample: || ExportMail::sample().failed(),
};

/// The data of a mail about an export.
#[derive(Deserialize)]
struct ExportMail {
    /// The product's name, on one line.
    product_name: String,
    /// Name of the organization; null for an export of a user's own data.
    organization: Option<String>,
    /// When the archive is deleted, UTC; null when the export failed.
    until: Option<Timestamp>,
    /// URL of the archive: an `http` or `https` address; null when the export failed.
    link: Option<String>,
    /// Why the export failed; null when it is ready.
    reason: Option<String>,
    /// Address of the product: `https://app.example.org`.
    site_url: String,
}

impl ExportMail {
    fn read(data: Value) -> Result<Self> {
        let mut read: Self = mail_data_read(data)?;
        read.product_name = one_line(&read.product_name);
        read.reason = read.reason.as_deref().map(one_line);
        read.organization = read.organization.map(|name| mail_name(&name).unwrap_or_else(|| NAMELESS.to_owned()));
        Ok(read)
    }

    /// Whose data it is, as the object of a sentence.
    fn data(&self) -> String {
        match &self.organization {
            Some(name) => format!("the data of {name}"),
            None => "your data".to_owned(),
        }
    }

    fn ready(&self) -> MailContent {
        let (data, day) = (self.data(), self.until.map(|until| until.strftime("%-d %B %Y").to_string()));
        let day = day.unwrap_or_default();
        let mut variables = self.variables();
        variables.push(("day", day.clone()));
        MailContent {
            text: MailText {
                subject: format!("The export of {data} is ready"),
                heading: "Export ready".to_owned(),
                paragraphs: vec![
                    format!("The archive with {data} on {} is ready.", self.product_name),
                    format!("You can download it until {day}. Anyone who has the link can, so do not pass it on."),
                ],
                button: "Download the archive".to_owned(),
            },
            variables,
            link: self.link.clone(),
            reason: self.because(),
            site_url: self.site_url.clone(),
            outdated: self.until.map_or(Outdated::Never, Outdated::At),
            ..MailContent::default()
        }
    }

    fn failed(&self) -> MailContent {
        let data = self.data();
        let mut paragraphs = vec![format!("The archive with {data} on {} could not be written.", self.product_name)];
        paragraphs.extend(self.reason.clone());
        paragraphs
            .push("The export does not count against the limit of the plan. You can request another one.".to_owned());
        MailContent {
            text: MailText {
                subject: format!("The export of {data} failed"),
                heading: "Export failed".to_owned(),
                paragraphs,
                button: String::new(),
            },
            variables: self.variables(),
            reason: self.because(),
            site_url: self.site_url.clone(),
            ..MailContent::default()
        }
    }

    fn variables(&self) -> Vec<(&'static str, String)> {
        vec![("product_name", self.product_name.clone()), ("data", self.data())]
    }

    fn because(&self) -> String {
        format!("You get this mail because you requested an export of {}.", self.data())
    }

    /// Sample data for previews and tests.
    fn sample() -> Self {
        Self {
            product_name: "VoiceFX AI".to_owned(),
            organization: Some("Bright Dental".to_owned()),
            until: Timestamp::from_second(1_786_006_800).ok(),
            link: Some(
                "https://app.voicefx.example/exports/x/y?expires=1786006800&by=z&signature=Zm9yIGEgc2FtcGxlIG9ubHk"
                    .to_owned(),
            ),
            reason: Some("The server's file store is full.".to_owned()),
            site_url: "https://app.voicefx.example".to_owned(),
        }
    }
}

/// Queues the mail about an export that ended, once, and ends the job, if there is one, in the same transaction.
pub async fn export_notify(
    infra: &Infra,
    tenant: TenantId,
    export: &ExportRecord,
    product_name: &str,
    site_url: &str,
    job: Option<&Job>,
) -> Result<()> {
    let mut tx = infra.db.system("send the mail about an export").begin().await?;
    let (id, link) = (tx.id::<()>().uuid(), export_link(&infra.vault, tenant, export, tx.now()));
    let organization = tx.fetch_optional(store::organization_name(tenant)).await?.map(|(name,)| name);
    let mut data = json!({
        "product_name": product_name,
        "organization": organization,
        "until": export.expires_at,
        "reason": export.failure,
        "site_url": site_url,
    });
    let template = match (&link, export.state.as_str()) {
        (Some(link), _) => {
            let secrets = Map::from_iter([("link".to_owned(), format!("{site_url}{link}").into())]);
            data[MAIL_SEALED] = infra.vault.mail_seal(id, &secrets, &infra.random).into();
            Some(READY_MAIL.name)
        }
        (None, "failed") => Some(FAILED_MAIL.name),
        _ => None,
    };
    if let Some(template) = template {
        let (cause, branded) = (format!("export/{}", export.id), (!export.is_of_user()).then_some(tenant));
        let mail = store::MailRow { id, cause: &cause, template, user: export.mail_to, data, branded };
        tx.fetch_optional(store::export_mail(mail)).await?;
    }
    if let Some(job) = job {
        job.finish_system(&mut tx).await?;
    }
    tx.commit().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_says_whose_data_it_is_until_when_and_why_it_failed() {
        let mut data = json!({
            "product_name": "VoiceFX AI",
            "organization": "Bright\r\nDental",
            "until": "2026-08-06T09:00:00Z",
            "link": "https://example.org/exports/x",
            "reason": null,
            "site_url": "https://example.org",
        });
        let said = READY_MAIL.content(data.clone()).unwrap().text;
        assert_eq!(said.subject, "The export of the data of Bright Dental is ready");
        assert!(said.paragraphs[1].contains("until 6 August 2026"));
        data["organization"] = json!(null);
        assert_eq!(READY_MAIL.content(data.clone()).unwrap().text.subject, "The export of your data is ready");
        data["link"] = json!(null);
        data["reason"] = json!("The server's file store is full.");
        let said = FAILED_MAIL.content(data).unwrap().text;
        assert!(said.paragraphs.contains(&"The server's file store is full.".to_owned()));
    }
}
