//! The mails with a sign-in code: their data and their text.

use freehold_core::{Error, Result, mail_name};
use freehold_module::{
    MailTemplate,
    mail::{MailCode, MailContent, MailText, Outdated, mail_data_read, one_line},
};
use jiff::SignedDuration;
use serde::Deserialize;
use serde_json::Value;

use super::mail_token::MailKind;

/// The mail of each kind, with the variables that it has besides those that all of them have.
macro_rules! templates {
    ($($kind:ident[$($variable:literal)?])*) => { [$(MailTemplate {
        name: MailKind::$kind.template(),
        about: about(MailKind::$kind),
        variables: &["product_name", "validity" $(, $variable)?],
        sealed: &["code", "link"],
        read: |data| Ok(SignIn::read(MailKind::$kind, data)?.content(MailKind::$kind)),
        sample: || SignIn::sample(MailKind::$kind).content(MailKind::$kind),
    }),*] };
}

/// The mails with a sign-in code, in the order in which users meet them.
pub(crate) const TEMPLATES: &[MailTemplate] = &templates!(
    SignUp[] MagicLink[] Recovery[] Invite["organization"] EmailChangeNew["new_email"] EmailChangeCurrent["new_email"]
    Reauthentication[]
);

/// The data of a mail with a code and, except for [`MailKind::Reauthentication`], a link. Either of them works once,
/// and proves that the user reads mail at this address.
#[derive(Deserialize)]
struct SignIn {
    /// The product's name, on one line: `VoiceFX AI`.
    product_name: String,
    /// The code that the user enters instead of following the link: `123456`. ASCII letters and digits.
    code: String,
    /// The link: an `http` or `https` address; null in [`MailKind::Reauthentication`].
    link: Option<String>,
    /// Life of code and link, in minutes.
    minutes_valid: u32,
    /// Address of the product: `https://app.example.org`.
    site_url: String,
    /// The new e-mail address; set in the two mails about a change of address.
    new_email: Option<String>,
    /// The organization that the invitation is for; null when it is for the product alone.
    organization_name: Option<String>,
}

/// Recipient and occasion, for operators.
const fn about(kind: MailKind) -> &'static str {
    match kind {
        MailKind::SignUp => "To a new user, to confirm the address.",
        MailKind::MagicLink => "To a user who asked for a link to sign in with.",
        MailKind::Recovery => "To a user who asked for a new password.",
        MailKind::Invite => "To a new user whom an administrator of the product invited.",
        MailKind::EmailChangeNew => "To the new address of a user who wants to change the address.",
        MailKind::EmailChangeCurrent => "To the old address of a user who wants to change the address.",
        MailKind::Reauthentication => "To a signed-in user who has to confirm their identity again.",
    }
}

const fn has_link(kind: MailKind) -> bool {
    !matches!(kind, MailKind::Reauthentication)
}

/// The line above the code.
const fn code_lead(kind: MailKind) -> &'static str {
    match kind {
        MailKind::SignUp => "Or enter this code where you signed up:",
        MailKind::MagicLink | MailKind::Recovery => "Or enter this code where you asked for it:",
        MailKind::Invite => "Or enter this code where you are asked for it:",
        MailKind::EmailChangeNew | MailKind::EmailChangeCurrent => "Or enter this code where you asked for the change:",
        MailKind::Reauthentication => "Enter this code where you are asked for it:",
    }
}

impl SignIn {
    fn read(kind: MailKind, data: Value) -> Result<Self> {
        let mut read: Self = mail_data_read(data)?;
        read.product_name = one_line(&read.product_name);
        read.new_email = read.new_email.map(|email| one_line(&email));
        read.organization_name = read.organization_name.and_then(|name| mail_name(&name));
        if read.link.is_some() != has_link(kind) {
            return Err(Error::internal("a mail lacks its link, or has one that it should not have"));
        }
        let changes = matches!(kind, MailKind::EmailChangeNew | MailKind::EmailChangeCurrent);
        if changes && read.new_email.is_none() {
            return Err(Error::internal("a mail about a new address does not name it"));
        }
        Ok(read)
    }

    fn content(&self, kind: MailKind) -> MailContent {
        MailContent {
            text: self.words(kind),
            variables: self.variables(kind),
            link: self.link.clone(),
            code: Some(MailCode { lead: code_lead(kind).to_owned(), code: self.code.clone(), note: self.note(kind) }),
            reason: self.ending(kind),
            site_url: self.site_url.clone(),
            outdated: Outdated::After(SignedDuration::from_mins(i64::from(self.minutes_valid))),
            ..MailContent::default()
        }
    }

    /// Subject, heading, text and button of the mail.
    fn words(&self, kind: MailKind) -> MailText {
        let Self { product_name, .. } = self;
        let new_email = self.new_email.as_deref().unwrap_or_default();
        let (subject, heading, paragraph, button) = match kind {
            MailKind::SignUp => (
                format!("Confirm your e-mail address for {product_name}"),
                format!("Welcome to {product_name}"),
                "One step is left: confirm that this address is yours.".to_owned(),
                "Confirm my address",
            ),
            MailKind::MagicLink => (
                format!("Sign in to {product_name}"),
                format!("Sign in to {product_name}"),
                "Here is the link you asked for.".to_owned(),
                "Sign in",
            ),
            MailKind::Recovery => (
                format!("Choose a new password for {product_name}"),
                "Choose a new password".to_owned(),
                format!("We received a request to choose a new password for your account at {product_name}."),
                "Choose a new password",
            ),
            MailKind::Invite => {
                let (title, paragraph) = self.invited();
                (title.clone(), title, paragraph, "Accept the invitation")
            }
            MailKind::EmailChangeNew => (
                format!("Confirm your new e-mail address for {product_name}"),
                "Confirm your new address".to_owned(),
                format!(
                    "You want to sign in to {product_name} with {new_email} from now on. Confirm that it is yours."
                ),
                "Confirm my new address",
            ),
            MailKind::EmailChangeCurrent => (
                format!("Confirm the change of your e-mail address for {product_name}"),
                "Confirm the change of your address".to_owned(),
                format!("You want to sign in to {product_name} with {new_email} instead of this address from now on."),
                "Confirm the change",
            ),
            MailKind::Reauthentication => (
                format!("Confirm that it is you at {product_name}"),
                "Confirm that it is you".to_owned(),
                format!(
                    "You want to change something in your account at {product_name} that needs proof that it is you."
                ),
                "",
            ),
        };
        MailText { subject, heading, paragraphs: vec![paragraph], button: button.to_owned() }
    }

    fn invited(&self) -> (String, String) {
        let Self { product_name, .. } = self;
        match &self.organization_name {
            Some(organization) => (
                format!("Invitation to join {organization} on {product_name}"),
                format!("Accept the invitation to join {organization} on {product_name}."),
            ),
            None => (
                format!("Invitation to {product_name}"),
                format!("There is an account for you at {product_name}. Accept the invitation to use it."),
            ),
        }
    }

    /// The lines below the code: how long it is valid, and a warning.
    fn note(&self, kind: MailKind) -> String {
        let validity = self.validity();
        let Self { product_name, .. } = self;
        match kind {
            MailKind::MagicLink | MailKind::Recovery => format!(
                "The link and the code work once and expire after {validity}. Do not share them: either of them is enough \
                 to sign in as you."
            ),
            MailKind::EmailChangeNew => format!(
                "The link and the code work once and expire after {validity}. You may have to confirm the change from your \
                 old address, too."
            ),
            MailKind::Reauthentication => format!(
                "The code works once and expires after {validity}. Do not share it: the staff of {product_name} never ask for \
                 it."
            ),
            _ => format!("The link and the code work once and expire after {validity}."),
        }
    }

    /// The last lines: what a recipient does who did not ask for the mail.
    fn ending(&self, kind: MailKind) -> String {
        let Self { product_name, .. } = self;
        match kind {
            MailKind::SignUp => format!(
                "If you did not sign up for {product_name}, ignore this mail: nothing happens unless the address is \
                 confirmed."
            ),
            MailKind::MagicLink => {
                "If you did not ask for this, ignore this mail: your account stays as it is.".to_owned()
            }
            MailKind::Recovery => {
                "If you did not ask for this, ignore this mail: your password stays as it is.".to_owned()
            }
            MailKind::Invite => format!(
                "If you did not expect this from {product_name}, ignore this mail: nothing happens unless the invitation is \
                 accepted."
            ),
            MailKind::EmailChangeNew => {
                "If you did not ask for this, ignore this mail: nothing happens unless the address is confirmed."
                    .to_owned()
            }
            MailKind::EmailChangeCurrent | MailKind::Reauthentication => {
                "If that was not you, ignore this mail and choose a new password: another person may be signed in as you."
                    .to_owned()
            }
        }
    }

    /// The values that `{name}` in a product's own text stands for.
    fn variables(&self, kind: MailKind) -> Vec<(&'static str, String)> {
        let mut variables = vec![("product_name", self.product_name.clone()), ("validity", self.validity())];
        match kind {
            MailKind::Invite => {
                let organization = self.organization_name.as_ref().unwrap_or(&self.product_name);
                variables.push(("organization", organization.clone()));
            }
            MailKind::EmailChangeNew | MailKind::EmailChangeCurrent => {
                variables.push(("new_email", self.new_email.clone().unwrap_or_default()));
            }
            _ => {}
        }
        variables
    }

    /// Life of code and link, in words: `15 minutes`, `1 hour`.
    fn validity(&self) -> String {
        let (count, unit) = match self.minutes_valid {
            minutes if minutes >= 60 && minutes % 60 == 0 => (minutes / 60, "hour"),
            minutes => (minutes, "minute"),
        };
        if count == 1 { format!("{count} {unit}") } else { format!("{count} {unit}s") }
    }

    /// Sample data for previews and tests.
    fn sample(kind: MailKind) -> Self {
        let named = match kind {
            MailKind::SignUp => "signup",
            MailKind::MagicLink => "magiclink",
            MailKind::Recovery => "recovery",
            MailKind::Invite => "invite",
            MailKind::EmailChangeNew | MailKind::EmailChangeCurrent | MailKind::Reauthentication => "email_change",
        };
        let link = format!(
            "https://app.voicefx.example/auth/v1/verify?token=pM2vWb9oQ4nT7sYx1cKdLr&type={named}\
             &redirect_to=https%3A%2F%2Fapp.voicefx.example%2Fwelcome"
        );
        let changes = matches!(kind, MailKind::EmailChangeNew | MailKind::EmailChangeCurrent);
        Self {
            product_name: "VoiceFX AI".to_owned(),
            code: "428613".to_owned(),
            link: has_link(kind).then_some(link),
            minutes_valid: 60,
            site_url: "https://app.voicefx.example".to_owned(),
            new_email: changes.then(|| "ada@lovelace.example".to_owned()),
            organization_name: None,
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
            "code": "123456",
            "link": "https://example.org/verify?token=x",
            "minutes_valid": 15,
            "site_url": "https://example.org/",
        });
        data[field] = value;
        data
    }

    fn read(kind: MailKind, data: Value) -> Result<MailContent> {
        TEMPLATES.iter().find(|template| template.name == kind.template()).unwrap().content(data)
    }

    #[test]
    fn a_code_or_link_of_another_form_is_refused() {
        for (field, value) in [
            ("code", json!("")),
            ("code", json!("12 34")),
            ("code", json!("<b>1</b>")),
            ("code", json!(123_456)),
            ("link", json!(null)),
            ("link", json!("javascript:alert(1)")),
            ("link", json!("https://")),
            ("link", json!("https://example.org/\r\nBcc: x")),
            ("link", json!("https://example.org/\"onclick=")),
            ("site_url", json!("example.org")),
            ("minutes_valid", json!(-1)),
        ] {
            assert!(read(MailKind::MagicLink, data(field, value.clone())).is_err(), "{field}: {value}");
        }
        assert!(read(MailKind::EmailChangeNew, data("locale", json!("de"))).is_err(), "it names no new address");
        assert!(read(MailKind::EmailChangeNew, data("new_email", json!("ada@example.org"))).is_ok());
        assert!(read(MailKind::Reauthentication, data("link", json!(null))).is_ok());
        assert!(read(MailKind::Reauthentication, data("locale", json!("de"))).is_err(), "it has no link");
    }

    #[test]
    fn fields_of_a_newer_server_are_skipped() {
        assert!(read(MailKind::MagicLink, data("locale", json!("de"))).is_ok());
    }

    #[test]
    fn times_are_written_as_people_write_them() {
        for (minutes, words) in
            [(1, "1 minute"), (15, "15 minutes"), (60, "1 hour"), (90, "90 minutes"), (120, "2 hours")]
        {
            let mail = read(MailKind::MagicLink, data("minutes_valid", json!(minutes))).unwrap();
            assert!(mail.variables.contains(&("validity", words.to_owned())), "{:?}", mail.variables);
        }
    }

    #[test]
    fn an_invitation_names_the_organization_where_there_is_one() {
        let said = |name: Value| read(MailKind::Invite, data("organization_name", name)).unwrap().text.subject;
        assert_eq!(said(json!("Bright\r\nDental")), "Invitation to join Bright Dental on VoiceFX AI");
        assert_eq!(said(json!(null)), "Invitation to VoiceFX AI");
    }
}
