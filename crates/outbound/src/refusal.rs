//! Why an address is not called, in words for the customer who named it.

use std::fmt;

/// Why an address is not called. Displays as a sentence for the customer; a name's refusal does not tell where the name
/// leads, so that nobody learns from it what stands in the operator's network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It is no address of the web.
    Unreadable,
    /// It is longer than [`LENGTH_LIMIT`](Self::LENGTH_LIMIT).
    TooLong,
    /// A blank, a control character, a backslash, or a percent sign before the path.
    Character,
    /// Neither `https` nor `http`.
    Scheme,
    /// Plain HTTP to where it is not allowed.
    PlainHttp,
    /// It holds a user's name or a password.
    UserInfo,
    /// It holds a fragment, which is never sent.
    Fragment,
    /// The port belongs to another protocol.
    Port(u16),
    /// The name of the host ends in a dot.
    TrailingDot,
    /// The name of the host has no dot, so it is none of the public internet.
    NotPublicName,
    /// The address is not on the public internet; says what it is: `a private address`.
    Address(&'static str),
    /// The name leads to an address that is not on the public internet.
    Name(String),
}

impl Refusal {
    /// The longest address that is taken, in bytes.
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
