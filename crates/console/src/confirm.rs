//! `GET /auth/v1/verify`: the page a link in a mail leads to.

use askama::Template;

use crate::{Brand, CONTENT_SECURITY_POLICY};

/// Asks once more before the link is used up, because programs that check mails follow every link in them.
#[derive(Clone, Debug, Template)]
#[template(path = "confirm.html")]
pub struct ConfirmPage {
    /// Whose page it is.
    pub brand: Brand,
    /// Whose link it is. The page shows `a…@example.org`: who holds a forwarded mail need not learn the address.
    pub email: String,
    /// What the link is for.
    pub purpose: Purpose,
    /// The link's token, posted as `token`.
    pub token: String,
    /// The link's `type` as it was given, posted as `type`.
    pub kind: String,
    /// Where to go afterwards, posted as `redirect_to`.
    pub redirect_to: Option<String>,
}

/// What a link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// `signup`, `invite`: an address is confirmed for the first time.
    SignUp,
    /// `magiclink`: somebody known comes in.
    SignIn,
    /// `recovery`: somebody known comes in to choose a new password.
    Recovery,
    /// `email_change`: an account gets a new address.
    ChangeAddress,
}

impl Purpose {
    /// The purpose of a link's `type`; an unknown one is for signing in.
    pub fn of(kind: &str) -> Self {
        match kind {
            "signup" | "invite" => Self::SignUp,
            "recovery" => Self::Recovery,
            "email_change" => Self::ChangeAddress,
            _ => Self::SignIn,
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::SignUp => "Confirm your address",
            Self::SignIn => "Continue signing in",
            Self::Recovery => "Continue to a new password",
            Self::ChangeAddress => "Confirm your new address",
        }
    }

    fn question(self) -> &'static str {
        match self {
            Self::SignUp => "Finish signing up as",
            Self::SignIn => "Continue signing in as",
            Self::Recovery => "Choose a new password for",
            Self::ChangeAddress => "From now on, sign in with",
        }
    }

    fn button(self) -> &'static str {
        match self {
            Self::SignUp => "Confirm and continue",
            Self::SignIn | Self::Recovery => "Continue",
            Self::ChangeAddress => "Confirm",
        }
    }
}

impl ConfirmPage {
    /// The page.
    pub fn render(&self) -> Result<String, askama::Error> {
        Template::render(self)
    }

    /// The policy to serve this page with. Browsers apply `form-action` also to where a form's answer redirects, so it
    /// has to name the place of `redirect_to`. The caller has checked that this place is allowed.
    pub fn content_security_policy(&self) -> String {
        match self.redirect_to.as_deref().and_then(form_target) {
            Some(target) => {
                CONTENT_SECURITY_POLICY.replace("form-action 'self'", &format!("form-action 'self' {target}"))
            }
            None => CONTENT_SECURITY_POLICY.to_owned(),
        }
    }

    fn masked_email(&self) -> String {
        match self.email.rsplit_once('@') {
            Some((local, domain)) => format!("{}…@{domain}", local.chars().next().unwrap_or_default()),
            None => "…".to_owned(),
        }
    }
}

/// What a policy calls the place of an address: `https://app.example.org`, or `myapp:` for an app of its own scheme.
fn form_target(address: &str) -> Option<String> {
    let (scheme, rest) = address.split_once(':')?;
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
    if !scheme.starts_with(|c: char| c.is_ascii_alphabetic()) || !scheme.bytes().all(letter) {
        return None;
    }
    if scheme != "https" && scheme != "http" {
        return Some(format!("{scheme}:"));
    }
    let host = rest.strip_prefix("//")?.split(['/', '?', '#']).next()?;
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':' | b'[' | b']');
    (!host.is_empty() && host.bytes().all(allowed)).then(|| format!("{scheme}://{host}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_names_where_the_form_leads() {
        for (address, target) in [
            ("https://app.example.org/welcome?a=b", Some("https://app.example.org")),
            ("http://localhost:3000", Some("http://localhost:3000")),
            ("com.example.app://callback", Some("com.example.app:")),
            ("/welcome", None),
            ("https://a; script-src *", None),
            ("https://user@a", None),
            ("java script:x", None),
            ("https:///", None),
        ] {
            assert_eq!(form_target(address).as_deref(), target, "{address}");
        }
    }
}
