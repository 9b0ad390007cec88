//! The result of an attempt to send a mail.

/// The result of an attempt to send a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::mail) enum Verdict {
    /// The server accepted the mail; holds its answer.
    Taken(String),
    /// The mail can be retried; holds the reason.
    Later(String),
    /// The mail has failed for good.
    Never {
        /// The reason, for operators.
        why: String,
        /// Whether the address does not exist, so that it is suppressed.
        bounced: bool,
    },
    /// The server cannot be reached or refuses all mails, which is not the fault of this mail; holds the reason.
    Away(String),
}

/// The failure of a step of the conversation.
#[derive(Debug)]
pub(super) struct Fault {
    /// Code of the server's answer; none when it did not answer and the connection cannot be used again.
    pub(super) code: Option<u16>,
    /// Text of the server's answer, or what happened.
    pub(super) text: String,
}

impl Fault {
    /// A failure without an answer of the server.
    pub(super) fn silent(text: impl Into<String>) -> Self {
        Self { code: None, text: text.into() }
    }

    /// Code and text on one line.
    pub(super) fn words(&self) -> String {
        let text = self.text.split_whitespace().collect::<Vec<_>>().join(" ");
        let text: String = text.chars().filter(|c| !c.is_control()).take(300).collect();
        match self.code {
            Some(code) => format!("{code} {text}"),
            None => text,
        }
    }

    /// Code and enhanced code only, because the text of an answer to a login may repeat the password.
    pub(super) fn code_words(&self) -> String {
        match (self.code, enhanced(&self.text)) {
            (Some(code), Some((class, subject, detail))) => format!("{code} {class}.{subject}.{detail}"),
            (Some(code), None) => code.to_string(),
            (None, _) => self.words(),
        }
    }

    /// Whether the connection can send another mail.
    pub(super) fn keeps_connection(&self) -> bool {
        self.code.is_some_and(|code| code != 421)
    }

    /// What the failure means for the mail, after the server has accepted `MAIL FROM`.
    pub(super) fn verdict(&self, at_recipient: bool) -> Verdict {
        match self.code {
            Some(500..) => Verdict::Never { why: self.words(), bounced: at_recipient && self.is_bounce() },
            _ => Verdict::Later(self.words()),
        }
    }

    /// Whether the recipient was refused because the address does not exist. A refusal for another reason (a policy, a
    /// full mailbox, a server that does not relay for us) says nothing about the address.
    fn is_bounce(&self) -> bool {
        match (self.code, enhanced(&self.text)) {
            // RFC 3463: of the address status codes, 7 and 8 concern the sender's address.
            (Some(500..), Some((5, 1, detail))) => !matches!(detail, 7 | 8),
            // Mailbox disabled.
            (Some(500..), Some((5, 2, 1))) => true,
            (Some(_), Some(_)) | (None, _) => false,
            // Servers without enhanced codes say only in words that they do not relay.
            (Some(code), None) => matches!(code, 550 | 551 | 553) && !self.text.to_ascii_lowercase().contains("relay"),
        }
    }
}

/// `5.1.1` at the beginning of an answer's text (RFC 2034).
fn enhanced(text: &str) -> Option<(u16, u16, u16)> {
    let mut parts = text.split_whitespace().next()?.split('.').map(|part| part.parse().ok());
    match (parts.next()??, parts.next()??, parts.next()??, parts.next()) {
        (class @ (2 | 4 | 5), subject, detail, None) => Some((class, subject, detail)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(code: u16, text: &str) -> Fault {
        Fault { code: Some(code), text: text.to_owned() }
    }

    #[test]
    fn only_an_address_that_is_not_there_bounces() {
        for (code, text, bounced) in [
            (550, "5.1.1 <ada@example.org>: Recipient address rejected: User unknown", true),
            (550, "5.1.10 RESOLVER.ADR.RecipientNotFound", true),
            (551, "User not local", true),
            (550, "no such user here", true),
            (550, "5.2.1 The account is disabled", true),
            (554, "5.7.1 Relay access denied", false),
            (550, "relay not permitted", false),
            (550, "5.7.1 blocked by our policy", false),
            (552, "5.2.2 mailbox full", false),
            (550, "5.1.8 sender's domain does not resolve", false),
            (554, "refused", false),
        ] {
            let why = format!("{code} {text}");
            assert_eq!(fault(code, text).verdict(true), Verdict::Never { why: why.clone(), bounced }, "{why}");
            assert_eq!(fault(code, text).verdict(false), Verdict::Never { why, bounced: false });
        }
    }

    #[test]
    fn what_may_pass_is_tried_again() {
        assert_eq!(fault(450, "4.2.0 greylisted").verdict(true), Verdict::Later("450 4.2.0 greylisted".to_owned()));
        let lost = Fault::silent("connection reset");
        assert_eq!(lost.verdict(true), Verdict::Later("connection reset".to_owned()));
        assert!(!lost.keeps_connection() && !fault(421, "bye").keeps_connection());
        assert!(fault(550, "no").keeps_connection());
    }

    #[test]
    fn an_answer_is_one_line_of_bounded_length() {
        let long = fault(550, &format!("a\r\nb\u{7} {}", "x".repeat(1_000)));
        assert_eq!(long.words().chars().count(), "550 ".len() + 300);
        assert!(!long.words().contains(char::is_control));
        assert_eq!(fault(535, "5.7.8 bad: AGFkYQBodW50ZXIy").code_words(), "535 5.7.8");
        assert_eq!(fault(500, "unknown: AUTH PLAIN AGFkYQBodW50ZXIy").code_words(), "500");
    }
}
