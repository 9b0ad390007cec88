//! The purposes of keys.

use std::fmt;

/// The purpose of a secret. Each purpose has its own keys, derived from the master key, so that a secret of one purpose
/// is never accepted for another. The module that seals for a purpose declares it; no two purposes have the same label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Purpose(&'static str);

impl Purpose {
    /// The pepper of the digests of codes and tokens sent by mail.
    pub const ONE_TIME_CODE: Self = Self::new("one_time_code");
    /// Sign-in links, codes and invitation links of mails, while a mail is queued.
    pub const MAIL: Self = Self::new("mail");

    /// Secrets that sign requests to customers' servers.
    pub const WEBHOOK_SECRET: Self = Self::new("webhook_secret");

    /// The purposes that several modules share.
    pub const SHARED: &'static [Self] = &[Self::ONE_TIME_CODE, Self::MAIL, Self::WEBHOOK_SECRET];

    /// The purpose with this label, which is part of the derivation: after a change of the label, nothing sealed for
    /// the purpose can be opened. The label of a product's purpose begins with the product's name: `voice/engine`.
    pub const fn new(label: &'static str) -> Self {
        Self(label)
    }

    /// The label.
    pub const fn label(self) -> &'static str {
        self.0
    }
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.label())
    }
}
