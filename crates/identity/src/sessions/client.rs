//! The client of a sign-in.

/// The client of a sign-in, as far as it identifies itself.
#[derive(Clone, Debug, Default)]
pub struct Client {
    /// The `User-Agent` header.
    pub user_agent: Option<String>,
    /// IP address of the connection.
    pub ip: Option<std::net::IpAddr>,
}

impl Client {
    /// The `User-Agent` header as it is stored.
    pub fn agent(&self) -> Option<String> {
        self.user_agent.as_ref().map(|agent| agent.chars().take(512).collect())
    }

    /// The address as it is stored.
    pub fn address(&self) -> Option<String> {
        self.ip.map(|ip| ip.to_canonical().to_string())
    }
}
