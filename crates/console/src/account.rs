//! `/account`: the account of the signed-in user.

use askama::Template;
use freehold_pages::{Empty, Shell};

/// The account of the signed-in user.
#[derive(Clone, Debug, Template)]
#[template(path = "account.html")]
pub struct AccountPage {
    /// The frame of the page.
    pub shell: Shell,
    /// Name of the user; empty when they gave none.
    pub name: String,
    /// Why the name was not saved; empty when it was.
    pub name_error: String,
    /// Whether a password is a sign-in method of this server.
    pub by_password: bool,
    /// Whether users sign in here. Otherwise the application where they sign in manages factors and sessions.
    pub own_sign_in: bool,
    /// The second factors that the user has verified.
    pub factors: Vec<AccountFactor>,
    /// The sessions that have not ended, the latest used first.
    pub sessions: Vec<AccountSession>,
}

/// A second factor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountFactor {
    /// What it is: `Authenticator app`.
    pub kind: String,
    /// Name that the user gave it; may be empty.
    pub name: String,
    /// Day on which it was added: `21 November 2026`.
    pub added: String,
}

/// A session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountSession {
    /// Id of the session.
    pub id: String,
    /// Browser and system: `Firefox on Linux`.
    pub device: String,
    /// IP address from which it was last used; empty when unknown.
    pub ip: String,
    /// When the user signed in: `21 November 2026, 11:12 UTC`.
    pub began: String,
    /// When it was last used: `21 November 2026, 11:12 UTC`.
    pub last_used: String,
    /// Whether it is the session of this browser.
    pub current: bool,
}

impl AccountPage {
    /// Renders the page as HTML.
    pub fn render(&self) -> Result<String, askama::Error> {
        Template::render(self)
    }

    fn email(&self) -> &str {
        self.shell.viewer.as_ref().map_or("", |viewer| &viewer.email)
    }

    fn others(&self) -> usize {
        self.sessions.iter().filter(|session| !session.current).count()
    }

    fn no_factors() -> Empty {
        let text = "Your account is protected by your sign-in method alone.";
        Empty::new("No second factor", text)
    }
}

/// Browser and system of a `User-Agent` header, as people call them.
pub(crate) fn device(user_agent: Option<&str>) -> String {
    let Some(text) = user_agent.filter(|text| !text.trim().is_empty()) else { return "Unknown device".to_owned() };
    // In this order, because browsers name others for compatibility: Edge names Chrome, Chrome names Safari.
    let browsers = [
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("FxiOS/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("CriOS/", "Chrome"),
        ("Safari/", "Safari"),
        ("curl/", "curl"),
    ];
    let systems = [
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("CrOS", "ChromeOS"),
        ("Linux", "Linux"),
    ];
    let find =
        |known: &[(&str, &'static str)]| known.iter().find(|(part, _)| text.contains(part)).map(|(_, name)| *name);
    match (find(&browsers), find(&systems)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(name), None) | (None, Some(name)) => name.to_owned(),
        (None, None) => text.chars().filter(|letter| !letter.is_control()).take(60).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_have_the_names_that_people_use() {
        let mac = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko)";
        for (text, name) in [
            (format!("{mac} Chrome/141.0.0.0 Safari/537.36"), "Chrome on macOS"),
            (format!("{mac} Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0"), "Edge on macOS"),
            ("Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0".into(), "Firefox on Linux"),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605 Version/19.0 Safari/604.1"
                    .into(),
                "Safari on iPhone",
            ),
            ("curl/8.5.0".into(), "curl"),
            ("supabase-js/2".into(), "supabase-js/2"),
            ("  ".into(), "Unknown device"),
        ] {
            assert_eq!(device(Some(&text)), name, "{text}");
        }
        assert_eq!((device(None).as_str(), device(Some(&"x".repeat(500))).len()), ("Unknown device", 60));
    }
}
