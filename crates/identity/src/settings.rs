//! How sign-in behaves here.

/// What an operator decides about sign-in (`[auth]` in `freehold.toml`).
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where people reach this server, without a slash at the end: `https://app.example.org`.
    pub site_url: String,
    /// The product's name, for mails.
    pub product_name: String,
    /// New people need not confirm their address.
    pub autoconfirm: bool,
    /// Nobody new may sign up.
    pub signup_disabled: bool,
    /// People may sign in with a password.
    pub password: bool,
    /// People may sign in by a link or code sent to them.
    pub magic_link: bool,
    /// Life of an access token in seconds, at least 120 (clients refresh 90 s before the end).
    pub access_token_seconds: i64,
    /// For how many seconds the token before the last may be sent again, by a client that did not get the answer.
    pub refresh_reuse_seconds: i64,
    /// Life of a link and its code in minutes.
    pub code_minutes: i64,
    /// Least seconds between two mails to one person.
    pub resend_seconds: i64,
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
            autoconfirm: false,
            signup_disabled: false,
            password: true,
            magic_link: true,
            access_token_seconds: 3600,
            refresh_reuse_seconds: 10,
            code_minutes: 60,
            resend_seconds: 60,
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
