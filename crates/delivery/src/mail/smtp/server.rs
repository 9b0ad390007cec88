//! The mail server and its options, read from `SMTP_URL`.

use std::{borrow::Cow, fmt, net::IpAddr, path::PathBuf};

use freehold_core::{Error, Result, Secret};
use percent_encoding::percent_decode_str;
use url::Url;

/// The mail server that sends our mails.
#[derive(Clone, Debug)]
pub struct Server {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) tls: Tls,
    pub(super) login: Option<Login>,
    /// PEM file of a certificate authority to trust besides the system's; none for the system's only.
    pub(super) ca: Option<PathBuf>,
}

/// User and password.
#[derive(Clone, Debug)]
pub(super) struct Login {
    pub(super) user: String,
    pub(super) password: Secret,
}

/// When the connection is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tls {
    /// From the first byte (`smtps://`).
    Always,
    /// After STARTTLS; a server that does not offer it is not used.
    Upgraded,
    /// After STARTTLS if the server offers it, or else unencrypted.
    IfOffered,
    /// Never.
    Never,
}

impl Server {
    /// Reads `smtps://user:password@host:465` or `smtp://user:password@host:587`. The query may hold `tls=required`
    /// (the default of `smtp://` unless the host is this machine), `tls=opportunistic` or `tls=none`, and `ca=FILE`, a
    /// PEM file of a certificate authority to trust besides the system's.
    ///
    /// No error repeats any of it, because it may hold a password.
    pub fn parse(text: &Secret) -> Result<Self> {
        const FORM: &str = "expected smtp:// or smtps://, such as smtp://user:password@mail.example.org:587";
        let url = Url::parse(text.expose()).map_err(|_| invalid(FORM))?;
        let implicit = match url.scheme() {
            "smtps" => true,
            "smtp" => false,
            _ => return Err(invalid(FORM)),
        };
        let host = url.host_str().map(|host| host.trim_matches(['[', ']'])).unwrap_or_default();
        let named = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':');
        if host.is_empty() || !host.chars().all(named) || !matches!(url.path(), "" | "/") || url.fragment().is_some() {
            return Err(invalid(FORM));
        }
        let (mut tls, mut ca) = (None, None);
        for (name, value) in url.query_pairs() {
            match (name.as_ref(), value.as_ref()) {
                ("tls", "required") => tls = Some(if implicit { Tls::Always } else { Tls::Upgraded }),
                ("tls", "opportunistic") if !implicit => tls = Some(Tls::IfOffered),
                ("tls", "none") if !implicit => tls = Some(Tls::Never),
                ("tls", _) => {
                    return Err(invalid("tls is none of required, opportunistic and none (smtps:// has no choice)"));
                }
                ("ca", file) => ca = Some(PathBuf::from(file)),
                _ => return Err(invalid("behind the ? only tls and ca are known")),
            }
        }
        let near = is_near(host);
        let tls = tls.unwrap_or(match (implicit, near) {
            (true, _) => Tls::Always,
            (false, true) => Tls::IfOffered,
            (false, false) => Tls::Upgraded,
        });
        let login = login(&url)?;
        if login.is_some() && !near && matches!(tls, Tls::Never | Tls::IfOffered) {
            return Err(invalid("the password would travel in the clear: leave out tls, or write tls=required"));
        }
        let port = url.port().unwrap_or(if implicit { 465 } else { 587 });
        Ok(Self { host: host.to_owned(), port, tls, login, ca })
    }

    /// Whether the server is on this machine, so that its traffic crosses no network.
    pub fn is_near(&self) -> bool {
        is_near(&self.host)
    }
}

/// Host and port, without the login.
impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

fn login(url: &Url) -> Result<Option<Login>> {
    let decoded = |text: &str| {
        let text = percent_decode_str(text).decode_utf8();
        text.map(Cow::into_owned).map_err(|_| invalid("user and password have to be UTF-8"))
    };
    match (url.username(), url.password()) {
        ("", None) => Ok(None),
        ("", Some(_)) | (_, None) => {
            Err(invalid("user and password belong together; write : @ / ? # % in them as %3A …"))
        }
        (user, Some(password)) => {
            let (user, password) = (decoded(user)?, Secret::new(decoded(password)?));
            Ok(Some(Login { user, password }))
        }
    }
}

fn invalid(why: &'static str) -> Error {
    Error::invalid("SMTP_URL", why)
}

/// Whether traffic to this host stays on this machine.
fn is_near(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(url: &str) -> Server {
        Server::parse(&Secret::new(url)).unwrap()
    }

    #[test]
    fn the_usual_addresses_mean_what_they_say() {
        for (url, place, tls) in [
            ("smtps://u:p@mail.example.org", "mail.example.org:465", Tls::Always),
            ("smtp://u:p@mail.example.org", "mail.example.org:587", Tls::Upgraded),
            ("smtp://mail.example.org:25?tls=opportunistic", "mail.example.org:25", Tls::IfOffered),
            ("smtp://mail.example.org:25/?tls=none", "mail.example.org:25", Tls::Never),
            ("smtp://127.0.0.1:1025", "127.0.0.1:1025", Tls::IfOffered),
            ("smtp://u:p@[::1]:1025", "[::1]:1025", Tls::IfOffered),
            ("smtp://localhost:1025?tls=required", "localhost:1025", Tls::Upgraded),
        ] {
            let server = read(url);
            assert_eq!((server.to_string().as_str(), server.tls), (place, tls), "{url}");
        }
        let server = read("smtps://ada%40example.org:p%40ss%3A%2F%25@mail.example.org?ca=%2Fetc%2Fca.pem");
        let login = server.login.unwrap();
        assert_eq!((login.user.as_str(), login.password.expose()), ("ada@example.org", "p@ss:/%"));
        assert_eq!(server.ca.unwrap().to_str(), Some("/etc/ca.pem"));
    }

    #[test]
    fn what_cannot_be_meant_is_refused_without_repeating_it() {
        for url in [
            "",
            "mail.example.org",
            "http://u:hunter2@mail.example.org",
            "smtp://",
            "smtp://u:hunter2@",
            "smtp://u:hunter2@mail.example.org:99999",
            "smtp://u:hunter2@mail.example.org/path",
            "smtp://u@mail.example.org",
            "smtp://:hunter2@mail.example.org",
            "smtp://u:hunter2@mail.example.org?tls=perhaps",
            "smtps://u:hunter2@mail.example.org?tls=none",
            "smtp://u:hunter2@mail.example.org?timeout=3",
            "smtp://u:hunter2@mail.example.org?tls=none",
            "smtp://u:hunter2@mail.example.org?tls=opportunistic",
            "smtp://u:hunter2@mail example.org",
            "smtp://u:hunter%FF@mail.example.org",
        ] {
            let error = Server::parse(&Secret::new(url)).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("hunter"), "{url}: {error:?}");
        }
        let shown = format!("{:?}", read("smtps://u:hunter2@mail.example.org"));
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}
