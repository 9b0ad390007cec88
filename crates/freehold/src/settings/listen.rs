//! The address on which the server listens.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    str::FromStr,
};

use serde::{
    Deserialize, Deserializer,
    de::{Error, Visitor},
};

/// An address to listen on, as an operator writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListenAddress {
    host: Host,
    /// The port; 0: any free one.
    port: u16,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Host {
    Address(IpAddr),
    /// `localhost` is this machine, by IPv4 and IPv6, whatever the system's table of hosts says.
    Localhost,
    Name(String),
}

/// The accepted forms, for error messages and documentation.
pub(super) const FORMS: &str = "Write an address and a port: 127.0.0.1:8080, [::1]:8080, localhost:8080 or 8080 for this machine, \
                                0.0.0.0:8080 or :8080 for all of its addresses.";

impl ListenAddress {
    /// This machine's IPv4 loopback address with this port.
    pub const fn local(port: u16) -> Self {
        Self { host: Host::Address(IpAddr::V4(Ipv4Addr::LOCALHOST)), port }
    }

    /// The socket addresses that it stands for. A host name is looked up.
    ///
    /// # Errors
    /// The host name does not exist.
    pub async fn addresses(&self) -> std::io::Result<Vec<SocketAddr>> {
        let port = self.port;
        match &self.host {
            Host::Address(address) => Ok(vec![SocketAddr::new(*address, port)]),
            Host::Localhost => Ok(vec![(Ipv4Addr::LOCALHOST, port).into(), (Ipv6Addr::LOCALHOST, port).into()]),
            Host::Name(name) => {
                let mut found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), port)).await?.collect();
                found.sort_unstable();
                found.dedup();
                Ok(found)
            }
        }
    }

    /// Whether only this machine can reach it.
    pub fn is_near(&self) -> bool {
        match &self.host {
            Host::Address(address) => address.to_canonical().is_loopback(),
            Host::Localhost => true,
            Host::Name(_) => false,
        }
    }

    /// The same address with the port that the system chose.
    #[must_use]
    pub fn with_port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// The port; 0: any free one.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The address by which this machine reaches the server, for `http://`: `localhost` if it listens on all addresses.
    pub fn site(&self) -> String {
        match &self.host {
            Host::Address(address) if !address.is_unspecified() => {
                format!("http://{}", SocketAddr::new(*address, self.port))
            }
            Host::Name(name) => format!("http://{name}:{}", self.port),
            _ => format!("http://localhost:{}", self.port),
        }
    }
}

impl From<SocketAddr> for ListenAddress {
    fn from(address: SocketAddr) -> Self {
        Self { host: Host::Address(address.ip()), port: address.port() }
    }
}

impl fmt::Display for ListenAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            Host::Address(address) => SocketAddr::new(*address, self.port).fmt(f),
            Host::Localhost => write!(f, "localhost:{}", self.port),
            Host::Name(name) => write!(f, "{name}:{}", self.port),
        }
    }
}

impl FromStr for ListenAddress {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let port = |text: &str| {
            let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            text.parse::<u16>().ok().filter(|_| digits)
        };
        if let Some(port) = port(text) {
            return Ok(Self::local(port));
        }
        if text.contains("://") {
            return Err(format!("It is a URL. {FORMS}"));
        }
        let Some((host, after)) = text.rsplit_once(':') else { return Err(format!("It has no port. {FORMS}")) };
        let Some(port) = port(after) else { return Err(format!("The port is not a number from 0 to 65535. {FORMS}")) };
        let bracketed = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        let host = match (bracketed, host) {
            (Some(host), _) => match host.parse::<Ipv6Addr>() {
                Ok(address) => Host::Address(address.into()),
                Err(_) => return Err(format!("Between the brackets is no IPv6 address. {FORMS}")),
            },
            (None, "" | "*") => Host::Address(Ipv4Addr::UNSPECIFIED.into()),
            (None, host) if host.eq_ignore_ascii_case("localhost") => Host::Localhost,
            (None, host) if host.contains(':') => return Err(format!("An IPv6 address stands in brackets. {FORMS}")),
            (None, host) => match host.parse::<IpAddr>() {
                Ok(address) => Host::Address(address),
                Err(_) if is_name(host) => Host::Name(host.to_ascii_lowercase()),
                Err(_) => return Err(format!("The host is neither an address nor a name. {FORMS}")),
            },
        };
        Ok(Self { host, port })
    }
}

/// Whether it can be a host name; `1.2.3` and `999.1.1.1` are misspelt addresses.
fn is_name(text: &str) -> bool {
    let label = |label: &str| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        (1..=63).contains(&label.len()) && label.bytes().all(plain)
    };
    let last = text.trim_end_matches('.').rsplit('.').next().unwrap_or_default();
    text.len() <= 253
        && text.trim_end_matches('.').split('.').all(label)
        && !last.bytes().all(|byte| byte.is_ascii_digit())
}

impl<'de> Deserialize<'de> for ListenAddress {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Written;

        impl Visitor<'_> for Written {
            type Value = ListenAddress;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an address and a port")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<ListenAddress, E> {
                text.parse().map_err(E::custom)
            }

            fn visit_i64<E: Error>(self, port: i64) -> Result<ListenAddress, E> {
                self.visit_str(&port.to_string())
            }
        }

        deserializer.deserialize_str(Written)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_forms_are_addresses() {
        for (text, expected, near) in [
            ("127.0.0.1:8080", "127.0.0.1:8080", true),
            ("localhost:8080", "localhost:8080", true),
            ("LocalHost:0", "localhost:0", true),
            (":8080", "0.0.0.0:8080", false),
            ("*:8080", "0.0.0.0:8080", false),
            ("8080", "127.0.0.1:8080", true),
            (" 8080 ", "127.0.0.1:8080", true),
            ("[::1]:8080", "[::1]:8080", true),
            ("[::]:8080", "[::]:8080", false),
            ("0.0.0.0:80", "0.0.0.0:80", false),
            ("web-1.example.org:8080", "web-1.example.org:8080", false),
        ] {
            let address: ListenAddress = text.parse().unwrap();
            assert_eq!((address.to_string().as_str(), address.is_near()), (expected, near), "{text}");
        }
    }

    #[test]
    fn another_form_is_refused_with_the_forms() {
        for (text, said) in [
            ("", "no port"),
            ("localhost", "no port"),
            ("127.0.0.1", "no port"),
            ("127.0.0.1:", "not a number"),
            ("127.0.0.1:http", "not a number"),
            ("127.0.0.1:70000", "not a number"),
            ("+80", "no port"),
            ("70000", "no port"),
            ("::1:8080", "brackets"),
            ("[::1:8080", "brackets"),
            ("[nowhere]:8080", "brackets"),
            ("999.1.1.1:8080", "neither"),
            ("a b:8080", "neither"),
            ("http://localhost:8080", "URL"),
        ] {
            let error = text.parse::<ListenAddress>().unwrap_err();
            assert!(error.contains(said) && error.contains("localhost:8080"), "{text}: {error}");
        }
    }

    #[tokio::test]
    async fn localhost_is_this_machine_by_both_protocols() {
        let found = "localhost:8080".parse::<ListenAddress>().unwrap().addresses().await.unwrap();
        assert_eq!(found.iter().map(ToString::to_string).collect::<Vec<_>>(), ["127.0.0.1:8080", "[::1]:8080"]);
        assert!("nowhere.invalid:8080".parse::<ListenAddress>().unwrap().addresses().await.is_err());
    }
}
