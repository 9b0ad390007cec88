//! The SMTP conversation with a mail server (RFC 5321).

use std::{future::Future, time::Duration};

use lettre::transport::smtp::{
    authentication::{Credentials, Mechanism},
    client::{AsyncSmtpConnection, TlsParameters},
    commands::{Data, Mail, Quit, Rcpt, Rset},
    extension::{ClientId, Extension, MailBodyParameter, MailParameter},
};

use super::{
    server::{Server, Tls},
    verdict::{Fault, Verdict},
};
use crate::mail::message::Outgoing;

/// Time limit to connect.
const CONNECT: Duration = Duration::from_secs(15);
/// Time limit for the answer to a command.
const COMMAND: Duration = Duration::from_secs(30);
/// Time limit for the answer to a mail; many servers scan it for viruses first.
const CONTENT: Duration = Duration::from_mins(2);

type Answered<T> = Result<T, lettre::transport::smtp::Error>;

/// Connects, encrypts and signs in.
pub(super) async fn open(server: &Server, tls: &TlsParameters, hello: &ClientId) -> Result<AsyncSmtpConnection, Fault> {
    let implicit = (server.tls == Tls::Always).then(|| tls.clone());
    let place = (server.host.as_str(), server.port);
    let connecting = AsyncSmtpConnection::connect_tokio1(place, Some(CONNECT), hello, implicit, None);
    let mut connection = within(CONNECT + COMMAND, connecting).await?;
    match server.tls {
        Tls::Upgraded if !connection.can_starttls() => {
            return Err(Fault::silent("it offers no STARTTLS, and nothing is sent in the clear"));
        }
        Tls::Upgraded => within(COMMAND, connection.starttls(tls.clone(), hello)).await?,
        Tls::IfOffered if connection.can_starttls() => within(COMMAND, connection.starttls(tls.clone(), hello)).await?,
        Tls::Always | Tls::IfOffered | Tls::Never => {}
    }
    if let Some(login) = &server.login {
        let credentials = Credentials::new(login.user.clone(), login.password.expose().to_owned());
        let signing_in = connection.auth(&[Mechanism::Plain, Mechanism::Login], &credentials);
        within(COMMAND, signing_in)
            .await
            .map_err(|fault| Fault::silent(format!("it refuses the login of SMTP_URL: {}", fault.code_words())))?;
    }
    Ok(connection)
}

/// Whether an idle connection still works.
pub(super) async fn is_alive(connection: &mut AsyncSmtpConnection) -> bool {
    within(COMMAND, async { Ok(connection.test_connected().await) }).await.unwrap_or(false)
}

/// Closes a connection with `QUIT`.
pub(super) async fn close(mut connection: AsyncSmtpConnection) {
    // Whatever the server answers, the connection is closed.
    let _ = within(Duration::from_secs(2), connection.command(Quit)).await;
}

/// Sends one mail. Returns the connection if it can send another.
///
/// A refusal up to `MAIL FROM` concerns the server or our address; a refusal from the recipient on concerns the mail.
pub(super) async fn hand_over(
    mut connection: AsyncSmtpConnection,
    mail: &Outgoing,
) -> (Verdict, Option<AsyncSmtpConnection>) {
    let parameters = match parameters(&connection, mail) {
        Ok(parameters) => parameters,
        Err(why) => return (Verdict::Never { why: why.to_owned(), bounced: false }, Some(connection)),
    };
    let begun = within(COMMAND, connection.command(Mail::new(Some(mail.from.clone()), parameters))).await;
    if let Err(fault) = begun {
        return (Verdict::Away(format!("it takes nothing from {}: {}", mail.from, fault.words())), None);
    }
    let (fault, at_recipient) = match give(&mut connection, mail).await {
        Ok(answer) => return (Verdict::Taken(answer), Some(connection)),
        Err(refused) => refused,
    };
    let verdict = fault.verdict(at_recipient);
    let usable = fault.keeps_connection() && within(COMMAND, connection.command(Rset)).await.is_ok();
    (verdict, usable.then_some(connection))
}

/// Sends recipient and content. Returns the server's answer, or the fault and whether the server refused the recipient.
async fn give(connection: &mut AsyncSmtpConnection, mail: &Outgoing) -> Result<String, (Fault, bool)> {
    let recipient = Rcpt::new(mail.to.clone(), vec![]);
    within(COMMAND, connection.command(recipient)).await.map_err(|fault| (fault, true))?;
    within(COMMAND, connection.command(Data)).await.map_err(|fault| (fault, false))?;
    let answer = within(CONTENT, connection.message(&mail.content)).await.map_err(|fault| (fault, false))?;
    let text = answer.message().collect::<Vec<_>>().join(" ");
    Ok(Fault { code: Some(answer.code().into()), text }.words())
}

/// The SMTP extensions that the mail needs (RFC 6152, RFC 6531).
fn parameters(connection: &AsyncSmtpConnection, mail: &Outgoing) -> Result<Vec<MailParameter>, &'static str> {
    let offers = |feature| connection.server_info().supports_feature(feature);
    let mut parameters = Vec::new();
    if mail.needs_utf8_addresses() {
        if !offers(Extension::SmtpUtfEight) {
            return Err("the mail server takes no addresses with letters outside of ASCII (SMTPUTF8)");
        }
        parameters.push(MailParameter::SmtpUtfEight);
    }
    if !mail.content.is_ascii() {
        if !offers(Extension::EightBitMime) {
            return Err("the mail server takes no letters outside of ASCII (8BITMIME)");
        }
        parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
    }
    Ok(parameters)
}

/// Limits the time of a step. A connection whose step was interrupted cannot be used again; every caller drops it.
async fn within<T>(limit: Duration, step: impl Future<Output = Answered<T>>) -> Result<T, Fault> {
    match tokio::time::timeout(limit, step).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) => Err(fault(&error)),
        Err(_) => Err(Fault::silent(format!("no answer within {} s", limit.as_secs()))),
    }
}

fn fault(error: &lettre::transport::smtp::Error) -> Fault {
    let code = error.status().map(u16::from);
    let mut texts = Vec::new();
    let mut cause = std::error::Error::source(error);
    while let Some(next) = cause {
        texts.push(next.to_string());
        cause = next.source();
    }
    let text = if texts.is_empty() { error.to_string() } else { texts.join(": ") };
    Fault { code, text }
}
