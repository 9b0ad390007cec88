//! Why an address is not called, in words for the customer who chose it.

use std::fmt;

/// Why an address is not called. Displays as a sentence for the customer. The refusal of a name does not say what the
/// name resolves to, so that customers cannot explore the operator's network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The text is not a web address.
    Unreadable,
    /// The address is longer than [`LENGTH_LIMIT`](Self::LENGTH_LIMIT).
    TooLong,
    /// The address contains a blank, a control character, a backslash, or a percent sign before the path.
    Character,
    /// The scheme is neither `https` nor `http`.
    Scheme,
    /// Plain HTTP is not allowed to this address.
    PlainHttp,
    /// The address contains a user name or a password.
    UserInfo,
    /// The address contains a fragment, which HTTP never sends.
    Fragment,
    /// The port belongs to another protocol.
    Port(u16),
    /// The host name ends in a dot.
    TrailingDot,
    /// The host name has no dot, so it is not a name of the public internet.
    NotPublicName,
    /// The address is not on the public internet; holds what it is: `a private address`.
    Address(&'static str),
    /// The name resolves to an address that is not on the public internet.
    Name(String),
}

impl Refusal {
    /// Longest address accepted, in bytes.
    pub const LENGTH_LIMIT: usize = 2048;
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable => f.write_str("This is no address of the web: https://host/path is one."),
            Self::TooLong => write!(f, "The address is longer than {} characters.", Self::LENGTH_LIMIT),
            Self::Character => {
                f.write_str("The address holds a character that does not belong into it: a blank, a line end, a backslash, or a percent sign in the name of the host.")
            }
            Self::Scheme => f.write_str("The address has to begin with https://."),
            Self::PlainHttp => f.write_str("The address has to begin with https://: what is sent by http:// can be read on the way."),
            Self::UserInfo => f.write_str("The address may hold no user name and no password."),
            Self::Fragment => f.write_str("The address may hold no fragment (#…), because it would never be sent."),
            Self::Port(port) => write!(f, "Port {port} is not one that is called by HTTP."),
            Self::TrailingDot => f.write_str("Leave off the dot at the end of the host's name."),
            Self::NotPublicName => f.write_str("The name of the host is none of the public internet: it has no dot."),
            Self::Address(what) => write!(f, "The address is not called: it is {what}, and not one of the public internet."),
            Self::Name(host) => write!(f, "{host} is not called: it leads to an address that is not on the public internet."),
        }
    }
}

impl std::error::Error for Refusal {}
