//! The mails with a sign-in code: their data and their text.

use freehold_core::{Context, Error, Result, mail_name};
use serde::Deserialize;
use serde_json::Value;

use super::{
    line::one_line,
    web_address::is_web_address,
    wording::{Facts, Words},
};

/// The mails with a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SignInMail {
    /// To a new user: confirms that the address is theirs.
    ConfirmSignup,
    /// To a user: signs them in without a password.
    MagicLink,
    /// To a user: lets them choose a new password.
    Recovery,
    /// To a new user whom an administrator invited.
    Invite,
    /// To the new address of a user who wants to change the address.
    EmailChange,
    /// To the old address of a user who wants to change the address.
    EmailChangeCurrent,
    /// To a signed-in user who changes something that needs proof. The only one of these mails without a link.
    Reauthentication,
}

/// The data of a mail with a code and, except for [`SignInMail::Reauthentication`], a link. Either of them works once,
/// and proves that the user reads mail at this address.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct SignIn {
    /// The product's name, on one line: `VoiceFX AI`.
    pub product_name: String,
    /// The code that the user enters instead of following the link: `123456`. ASCII letters and digits.
    pub code: String,
    /// The link: an `http` or `https` address; null in [`SignInMail::Reauthentication`].
    pub link: Option<String>,
    /// Life of code and link, in minutes.
    pub minutes_valid: u32,
    /// Address of the product: `https://app.example.org`.
    pub site_url: String,
    /// The new e-mail address; set in the two mails about a change of address.
    pub new_email: Option<String>,
    /// The organization that the invitation is for; null when it is for the product alone.
    pub organization_name: Option<String>,
}

impl SignInMail {
    /// All mails with a code, in the order in which users meet them.
    pub const ALL: [Self; 7] = [
        Self::ConfirmSignup,
        Self::MagicLink,
        Self::Recovery,
        Self::Invite,
        Self::EmailChange,
        Self::EmailChangeCurrent,
        Self::Reauthentication,
    ];

    /// Name in the queue: `magic_link`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ConfirmSignup => "confirm_signup",
            Self::MagicLink => "magic_link",
            Self::Recovery => "recovery",
            Self::Invite => "invite",
            Self::EmailChange => "email_change",
            Self::EmailChangeCurrent => "email_change_current",
            Self::Reauthentication => "reauthentication",
        }
    }

    /// Recipient and occasion, for operators.
    pub const fn about(self) -> &'static str {
        match self {
            Self::ConfirmSignup => "To a new user, to confirm the address.",
            Self::MagicLink => "To a user who asked for a link to sign in with.",
            Self::Recovery => "To a user who asked for a new password.",
            Self::Invite => "To a new user whom an administrator of the product invited.",
            Self::EmailChange => "To the new address of a user who wants to change the address.",
            Self::EmailChangeCurrent => "To the old address of a user who wants to change the address.",
            Self::Reauthentication => "To a signed-in user who has to confirm their identity again.",
        }
    }

    const fn has_link(self) -> bool {
        !matches!(self, Self::Reauthentication)
    }

    /// The line above the code.
    pub(super) const fn code_lead(self) -> &'static str {
        match self {
            Self::ConfirmSignup => "Or enter this code where you signed up:",
            Self::MagicLink | Self::Recovery => "Or enter this code where you asked for it:",
            Self::Invite => "Or enter this code where you are asked for it:",
            Self::EmailChange | Self::EmailChangeCurrent => "Or enter this code where you asked for the change:",
            Self::Reauthentication => "Enter this code where you are asked for it:",
        }
    }
}

impl SignIn {
    /// Reads the data of a queued mail. Ignores unknown fields, because a newer server may have queued the mail.
    pub(super) fn read(kind: SignInMail, data: Value) -> Result<Self> {
        let mut read: Self = serde_json::from_value(data).context("reading the data of a mail")?;
        read.product_name = one_line(&read.product_name);
        read.new_email = read.new_email.map(|email| one_line(&email));
        read.organization_name = read.organization_name.and_then(|name| mail_name(&name));
        if read.code.is_empty() || !read.code.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(Error::internal("the code of a mail is not of letters and digits"));
        }
        if read.link.is_some() != kind.has_link() {
            return Err(Error::internal("a mail lacks its link, or has one that it should not have"));
        }
        let changes = matches!(kind, SignInMail::EmailChange | SignInMail::EmailChangeCurrent);
        if changes && read.new_email.is_none() {
            return Err(Error::internal("a mail about a new address does not name it"));
        }
        for address in read.link.iter().chain([&read.site_url]) {
            if !is_web_address(address) {
                return Err(Error::internal("a mail links to something that is no web address"));
            }
        }
        Ok(read)
    }

    /// Subject, heading, text and button of the mail.
    pub(super) fn words(&self, kind: SignInMail) -> Words {
        let Self { product_name, .. } = self;
        let new_email = self.new_email.as_deref().unwrap_or_default();
        let (subject, heading, paragraph, button) = match kind {
            SignInMail::ConfirmSignup => (
                format!("Confirm your e-mail address for {product_name}"),
                format!("Welcome to {product_name}"),
                "One step is left: confirm that this address is yours.".to_owned(),
                "Confirm my address",
            ),
            SignInMail::MagicLink => (
                format!("Sign in to {product_name}"),
                format!("Sign in to {product_name}"),
                "Here is the link you asked for.".to_owned(),
                "Sign in",
            ),
            SignInMail::Recovery => (
                format!("Choose a new password for {product_name}"),
                "Choose a new password".to_owned(),
                format!("We received a request to choose a new password for your account at {product_name}."),
                "Choose a new password",
            ),
            SignInMail::Invite => {
                let (title, paragraph) = self.invited();
                (title.clone(), title, paragraph, "Accept the invitation")
            }
            SignInMail::EmailChange => (
                format!("Confirm your new e-mail address for {product_name}"),
                "Confirm your new address".to_owned(),
                format!(
                    "You want to sign in to {product_name} with {new_email} from now on. Confirm that it is yours."
                ),
                "Confirm my new address",
            ),
            SignInMail::EmailChangeCurrent => (
                format!("Confirm the change of your e-mail address for {product_name}"),
                "Confirm the change of your address".to_owned(),
                format!("You want to sign in to {product_name} with {new_email} instead of this address from now on."),
                "Confirm the change",
            ),
            SignInMail::Reauthentication => (
                format!("Confirm that it is you at {product_name}"),
                "Confirm that it is you".to_owned(),
                format!(
                    "You want to change something in your account at {product_name} that needs proof that it is you."
                ),
                "",
            ),
        };
        Words { subject, heading, paragraphs: vec![paragraph], button: button.to_owned() }
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
    pub(super) fn note(&self, kind: SignInMail) -> String {
        let validity = self.validity();
        let Self { product_name, .. } = self;
        match kind {
            SignInMail::MagicLink | SignInMail::Recovery => format!(
                "The link and the code work once and expire after {validity}. Do not share them: either of them is enough \
                 to sign in as you."
            ),
            SignInMail::EmailChange => format!(
                "The link and the code work once and expire after {validity}. You may have to confirm the change from your \
                 old address, too."
            ),
            SignInMail::Reauthentication => format!(
                "The code works once and expires after {validity}. Do not share it: the staff of {product_name} never ask for \
                 it."
            ),
            _ => format!("The link and the code work once and expire after {validity}."),
        }
    }

    /// The last lines: what a recipient does who did not ask for the mail.
    pub(super) fn ending(&self, kind: SignInMail) -> String {
        let Self { product_name, .. } = self;
        match kind {
            SignInMail::ConfirmSignup => format!(
                "If you did not sign up for {product_name}, ignore this mail: nothing happens unless the address is \
                 confirmed."
            ),
            SignInMail::MagicLink => {
                "If you did not ask for this, ignore this mail: your account stays as it is.".to_owned()
            }
            SignInMail::Recovery => {
                "If you did not ask for this, ignore this mail: your password stays as it is.".to_owned()
            }
            SignInMail::Invite => format!(
                "If you did not expect this from {product_name}, ignore this mail: nothing happens unless the invitation is \
                 accepted."
            ),
            SignInMail::EmailChange => {
                "If you did not ask for this, ignore this mail: nothing happens unless the address is confirmed."
                    .to_owned()
            }
            SignInMail::EmailChangeCurrent | SignInMail::Reauthentication => {
                "If that was not you, ignore this mail and choose a new password: another person may be signed in as you."
                    .to_owned()
            }
        }
    }

    /// The values that `{name}` in a product's own text stands for.
    pub(super) fn facts(&self, kind: SignInMail) -> Facts {
        let mut facts = vec![("product_name", self.product_name.clone()), ("validity", self.validity())];
        match kind {
            SignInMail::Invite => {
                let organization = self.organization_name.as_ref().unwrap_or(&self.product_name);
                facts.push(("organization", organization.clone()));
            }
            SignInMail::EmailChange | SignInMail::EmailChangeCurrent => {
                facts.push(("new_email", self.new_email.clone().unwrap_or_default()));
            }
            _ => {}
        }
        Facts(facts)
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
    pub(super) fn sample(kind: SignInMail) -> Self {
        let named = match kind {
            SignInMail::ConfirmSignup => "signup",
            SignInMail::MagicLink => "magiclink",
            SignInMail::Recovery => "recovery",
            SignInMail::Invite => "invite",
            SignInMail::EmailChange | SignInMail::EmailChangeCurrent | SignInMail::Reauthentication => "email_change",
        };
        let link = format!(
            "https://app.voicefx.example/auth/v1/verify?token=pM2vWb9oQ4nT7sYx1cKdLr&type={named}\
             &redirect_to=https%3A%2F%2Fapp.voicefx.example%2Fwelcome"
        );
        let changes = matches!(kind, SignInMail::EmailChange | SignInMail::EmailChangeCurrent);
        Self {
            product_name: "VoiceFX AI".to_owned(),
            code: "428613".to_owned(),
            link: kind.has_link().then_some(link),
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

    use super::{super::web_address::site_name, *};

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
            assert!(SignIn::read(SignInMail::MagicLink, data(field, value.clone())).is_err(), "{field}: {value}");
        }
        assert!(SignIn::read(SignInMail::EmailChange, data("locale", json!("de"))).is_err(), "it names no new address");
        assert!(SignIn::read(SignInMail::EmailChange, data("new_email", json!("ada@example.org"))).is_ok());
        assert!(SignIn::read(SignInMail::Reauthentication, data("link", json!(null))).is_ok());
        assert!(SignIn::read(SignInMail::Reauthentication, data("locale", json!("de"))).is_err(), "it has no link");
    }

    #[test]
    fn fields_of_a_newer_server_are_skipped() {
        assert!(SignIn::read(SignInMail::MagicLink, data("locale", json!("de"))).is_ok());
    }

    #[test]
    fn times_and_sites_are_written_as_people_write_them() {
        for (minutes, words) in
            [(1, "1 minute"), (15, "15 minutes"), (60, "1 hour"), (90, "90 minutes"), (120, "2 hours")]
        {
            let mail = SignIn::read(SignInMail::MagicLink, data("minutes_valid", json!(minutes))).unwrap();
            assert_eq!(mail.validity(), words);
            assert_eq!(site_name(&mail.site_url), "example.org");
        }
    }

    #[test]
    fn an_invitation_names_the_organization_where_there_is_one() {
        let said = |name: Value| {
            SignIn::read(SignInMail::Invite, data("organization_name", name)).unwrap().words(SignInMail::Invite).subject
        };
        assert_eq!(said(json!("Bright\r\nDental")), "Invitation to join Bright Dental on VoiceFX AI");
        assert_eq!(said(json!(null)), "Invitation to VoiceFX AI");
    }
}
