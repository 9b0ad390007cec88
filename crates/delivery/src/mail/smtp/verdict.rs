//! What came of an attempt to send a mail.

/// What came of an attempt to send a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::mail) enum Verdict {
    /// The server has taken it; what it said.
    Taken(String),
    /// Not now; why.
    Later(String),
    /// Never; why.
    Never {
        /// Why, for an operator.
        why: String,
        /// Whether there is no such address, so that no mail should go there again.
        bounced: bool,
    },
    /// The server cannot be reached or takes nothing from us at all, which is not this mail's fault; why.
    Away(String),
}

/// Why a step of the conversation failed.
#[derive(Debug)]
pub(super) struct Fault {
    /// What the server answered; none: nothing, and the connection is of no use any more.
    pub(super) code: Option<u16>,
    /// What it said, or what happened.
    pub(super) text: String,
}

impl Fault {
    /// Without an answer.
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

    /// Code and enhanced code alone: what answers a password could repeat it.
    pub(super) fn code_words(&self) -> String {
        match (self.code, enhanced(&self.text)) {
            (Some(code), Some((class, subject, detail))) => format!("{code} {class}.{subject}.{detail}"),
            (Some(code), None) => code.to_string(),
            (None, _) => self.words(),
        }
    }

    /// Whether the same connection can go on with another mail.
    pub(super) fn keeps_connection(&self) -> bool {
        self.code.is_some_and(|code| code != 421)
    }

    /// What it means for the mail, once the server has agreed to hear it.
    pub(super) fn verdict(&self, at_recipient: bool) -> Verdict {
        match self.code {
            Some(500..) => Verdict::Never { why: self.words(), bounced: at_recipient && self.is_bounce() },
            _ => Verdict::Later(self.words()),
        }
    }

    /// Whether a recipient was refused because there is no such address. A refusal for any other reason — a policy, a
    /// full mailbox, a server that will not relay for us — says nothing about the address.
    fn is_bounce(&self) -> bool {
        match (self.code, enhanced(&self.text)) {
            // RFC 3463: of the classes of address status, 7 and 8 are about the sender's.
            (Some(500..), Some((5, 1, detail))) => !matches!(detail, 7 | 8),
            // Mailbox disabled.
            (Some(500..), Some((5, 2, 1))) => true,
            (Some(_), Some(_)) | (None, _) => false,
            // Servers without enhanced codes say so in words alone when they will not relay.
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
