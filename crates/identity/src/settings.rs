//! How sign-in behaves here.

mod auth;

pub use auth::{AuthSettings, PeopleOf, SessionSettings};

/// What sign-in is told: `[auth]` in `freehold.toml`, and what it has from elsewhere.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where people reach this server, without a slash at the end: `https://app.example.org`.
    pub site_url: String,
    /// The product's name, for mails.
    pub product_name: String,
    /// People may sign in with a password.
    pub password: bool,
    /// People may sign in by a link or code sent to them.
    pub magic_link: bool,
    /// What the operator decides.
    pub auth: AuthSettings,
}

impl Settings {
    /// The issuer in access tokens.
    pub fn issuer(&self) -> String {
        format!("{}/auth/v1", self.site_url)
    }

    /// Where a browser goes after a link: `wanted` when it is on our own site, else the site's welcome page. An open
    /// redirect would hand sessions to strangers.
    pub fn redirect_or_site(&self, wanted: Option<&str>) -> String {
        let own = |target: &str| {
            !target.bytes().any(|byte| byte.is_ascii_control() || byte == b'\\' || byte == b' ')
                && target
                    .strip_prefix(self.site_url.as_str())
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#']))
        };
        match wanted {
            Some(target) if own(target) => target.split('#').next().unwrap_or_default().to_owned(),
            _ => format!("{}/welcome", self.site_url),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redirects_stay_on_the_site() {
        let settings = Settings {
            site_url: "https://app.example.org".into(),
            product_name: String::new(),
            password: true,
            magic_link: true,
            auth: AuthSettings::default(),
        };
        let to = |wanted| settings.redirect_or_site(Some(wanted));
        assert_eq!(
            to("https://app.example.org/next?x=1&sb_flow_id=2"),
            "https://app.example.org/next?x=1&sb_flow_id=2"
        );
        for bad in [
            "https://evil.example",
            "https://app.example.org.evil.example/",
            "https://app.example.org@evil.example/",
            "//evil.example",
            "https://app.example.org\\@evil.example",
            "javascript:alert(1)",
            "https://app.example.org/\r\nSet-Cookie: x=y",
        ] {
            assert_eq!(to(bad), "https://app.example.org/welcome", "{bad}");
        }
    }
}
