//! Hands mails to a mail server over SMTP.

mod conversation;
mod server;
mod verdict;

use std::{
    fs,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use freehold_core::{Context, Error, Result};
use lettre::transport::smtp::{
    client::{AsyncSmtpConnection, Certificate, TlsParameters},
    extension::ClientId,
};
use tokio::time::Instant;

use super::message::{Origin, Outgoing};
pub use server::Server;
pub(super) use verdict::Verdict;

/// How long an idle connection stays open.
const IDLE: Duration = Duration::from_secs(20);

/// A mail server with its idle connections.
pub struct Smtp {
    server: Server,
    tls: TlsParameters,
    hello: ClientId,
    /// The sender of mails.
    pub(super) from: Origin,
    idle: Mutex<Vec<(AsyncSmtpConnection, Instant)>>,
}

impl Smtp {
    /// A client for `server` that introduces itself as `host` and sends as `from`. Fails when the file of `ca` is no
    /// readable certificate.
    pub fn new(server: Server, from: Origin, host: &str) -> Result<Self> {
        let mut tls = TlsParameters::builder(server.host.clone());
        if let Some(file) = &server.ca {
            let unread =
                |_| Error::invalid("SMTP_URL", format!("the certificate in {} cannot be read", file.display()));
            let pem = fs::read(file).map_err(unread)?;
            let certificate = Certificate::from_pem(&pem)
                .map_err(|_| Error::invalid("SMTP_URL", format!("there is no certificate in {}", file.display())))?;
            tls = tls.add_root_certificate(certificate);
        }
        let tls = tls.build_rustls().context("preparing TLS to the mail server")?;
        Ok(Self { server, tls, hello: hello(host), from, idle: Mutex::default() })
    }

    /// Host and port, for operators: `mail.example.org:587`.
    pub fn place(&self) -> String {
        self.server.to_string()
    }

    /// Sends a mail.
    pub(super) async fn send(&self, mail: &Outgoing) -> Verdict {
        let connection = match self.connection().await {
            Ok(connection) => connection,
            Err(why) => return Verdict::Away(why),
        };
        let (verdict, connection) = conversation::hand_over(connection, mail).await;
        if let Some(connection) = connection {
            self.idle().push((connection, Instant::now()));
        }
        verdict
    }

    /// Connects and signs in, for `freehold doctor`. Returns whether the connection is encrypted, or why it failed.
    pub async fn check(&self) -> Result<bool, String> {
        let connection = self.open().await?;
        let encrypted = connection.is_encrypted();
        conversation::close(connection).await;
        Ok(encrypted)
    }

    /// Closes connections that have been idle for too long.
    pub(super) async fn tidy(&self) {
        self.end_idle(IDLE).await;
    }

    /// Closes all idle connections.
    pub(super) async fn close(&self) {
        self.end_idle(Duration::ZERO).await;
    }

    async fn end_idle(&self, longest: Duration) {
        let old: Vec<_> = self.idle().extract_if(.., |(_, since)| since.elapsed() >= longest).collect();
        for (connection, _) in old {
            conversation::close(connection).await;
        }
    }

    async fn connection(&self) -> Result<AsyncSmtpConnection, String> {
        loop {
            let Some((mut connection, since)) = self.idle().pop() else { return self.open().await };
            if since.elapsed() < IDLE && conversation::is_alive(&mut connection).await {
                return Ok(connection);
            }
        }
    }

    async fn open(&self) -> Result<AsyncSmtpConnection, String> {
        let opened = conversation::open(&self.server, &self.tls, &self.hello).await;
        opened.map_err(|fault| fault.words())
    }

    fn idle(&self) -> MutexGuard<'_, Vec<(AsyncSmtpConnection, Instant)>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Our name for the server (`EHLO`): a name with a dot, or an IP address.
fn hello(host: &str) -> ClientId {
    let name = host.trim_matches(['[', ']']);
    match name.parse() {
        Ok(std::net::IpAddr::V4(address)) => ClientId::Ipv4(address),
        Ok(std::net::IpAddr::V6(address)) => ClientId::Ipv6(address),
        Err(_)
            if name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'))
                && name.contains('.') =>
        {
            ClientId::Domain(name.to_owned())
        }
        Err(_) => ClientId::Ipv4(std::net::Ipv4Addr::LOCALHOST),
    }
}
