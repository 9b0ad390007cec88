//! Signed links: anyone who has one can download the file without signing in, until it expires.
//!
//! A link is authority that its maker gave away, so it is limited at each use by what the maker may do then: the link
//! names the maker, and the interface asks before it serves the file ([`LinkMaker`]).

use std::{fmt, str::FromStr};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use freehold_core::{Actor, ApiKeyId, Caller, Error, Result, TenantId, UserId, codes};
use freehold_vault::{Purpose, Vault};
use jiff::{SignedDuration, Timestamp};

use crate::{
    error::{FILE_LINK_EXPIRED, FILE_LINK_INVALID},
    file::{File, READ},
    path::FileId,
};

/// What links are signed for.
pub const LINK: Purpose = Purpose::new("files/link");

/// The path under which links are served.
pub const PATH: &str = "/files";

/// How long a link is valid when the request does not say: an hour.
const USUAL: i64 = 3600;
/// How long a link is valid at most: a week, as an S3's own links.
const LONGEST: i64 = 7 * 24 * 3600;

/// Who made a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkMaker {
    /// A member.
    User(UserId),
    /// An API key.
    Key(ApiKeyId),
    /// Freehold itself, for a file that it mails to members.
    System,
}

/// A link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The organization of the file.
    pub tenant: TenantId,
    /// Id of the file that the link opens.
    pub file: FileId,
    /// Who made the link.
    pub maker: LinkMaker,
    /// When the link expires, UTC.
    pub expires_at: Timestamp,
}

/// The query of a link's address.
#[derive(Clone, Debug)]
pub struct LinkQuery {
    /// When the link expires, in seconds since 1970.
    pub expires: String,
    /// Who made the link.
    pub by: String,
    /// Signature of all of it.
    pub signature: String,
}

impl Link {
    /// A link to a file of the caller's organization, valid for this many seconds: 1 to 604,800 (a week), an hour by
    /// default.
    ///
    /// # Errors
    /// `permission_denied`; `validation_failed`.
    pub fn to(file: &File, caller: &Caller, seconds: Option<i64>, now: Timestamp) -> Result<Self> {
        caller.allow(READ)?;
        let seconds = seconds.unwrap_or(USUAL);
        if !(1..=LONGEST).contains(&seconds) {
            let expected = format!("expected 1 to {LONGEST} seconds (a week), not {seconds}");
            return Err(Error::invalid("/expires_in", expected));
        }
        let maker = match caller.actor() {
            Actor::User { user, .. } => LinkMaker::User(user),
            Actor::Key { key, .. } => LinkMaker::Key(key),
            Actor::Service { .. } | Actor::System { .. } => LinkMaker::System,
            Actor::Operator(_) => {
                let message = "Operators create no links to a customer's files; a link would outlast their session.";
                return Err(Error::new(codes::PERMISSION_DENIED, message));
            }
        };
        let expires_at = Timestamp::from_second(now.as_second()).unwrap_or(now) + SignedDuration::from_secs(seconds);
        Ok(Self { tenant: caller.tenant(), file: file.id, maker, expires_at })
    }

    /// The link's path and query.
    pub fn address(&self, vault: &Vault) -> String {
        self.address_for(vault, LINK, PATH)
    }

    /// The same for links of another purpose, which are served under another path.
    pub fn address_for(&self, vault: &Vault, purpose: Purpose, path: &str) -> String {
        let Self { tenant, file, maker, expires_at } = self;
        let signature = BASE64_URL_SAFE_NO_PAD.encode(vault.mac(purpose, self.signed().as_bytes()));
        let expires = expires_at.as_second();
        format!("{path}/{tenant}/{file}?expires={expires}&by={maker}&signature={signature}")
    }

    /// The link to a file with this query.
    ///
    /// # Errors
    /// `file_link_invalid` when the signature is wrong, `file_link_expired`.
    pub fn check(vault: &Vault, tenant: TenantId, file: FileId, query: &LinkQuery, now: Timestamp) -> Result<Self> {
        Self::check_for(vault, LINK, tenant, file, query, now)
    }

    /// The same for links of another purpose.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    pub fn check_for(
        vault: &Vault,
        purpose: Purpose,
        tenant: TenantId,
        file: FileId,
        query: &LinkQuery,
        now: Timestamp,
    ) -> Result<Self> {
        let expires = query.expires.parse().ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
        let (Some(expires_at), Ok(maker)) = (expires, query.by.parse()) else { return Err(link_invalid()) };
        let link = Self { tenant, file, maker, expires_at };
        let signature = BASE64_URL_SAFE_NO_PAD.decode(&query.signature).unwrap_or_default();
        if !vault.mac_verify(purpose, link.signed().as_bytes(), &signature) {
            return Err(link_invalid());
        }
        if link.expires_at <= now {
            let message = "The link to the file has expired. Ask for another one.";
            return Err(Error::new(FILE_LINK_EXPIRED, message));
        }
        Ok(link)
    }

    fn signed(&self) -> String {
        let Self { tenant, file, maker, expires_at } = self;
        format!("{tenant}\n{file}\n{maker}\n{}", expires_at.as_second())
    }
}

/// The error for a link that gives nothing.
#[track_caller]
pub fn link_invalid() -> Error {
    Error::new(FILE_LINK_INVALID, "The link to the file is invalid. Copy the whole link, or ask for another one.")
}

impl fmt::Display for LinkMaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(user) => write!(f, "user.{user}"),
            Self::Key(key) => write!(f, "key.{key}"),
            Self::System => f.write_str("system"),
        }
    }
}

impl FromStr for LinkMaker {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let maker = match text.split_once('.') {
            Some(("user", id)) => id.parse().ok().map(Self::User),
            Some(("key", id)) => id.parse().ok().map(Self::Key),
            None if text == "system" => Some(Self::System),
            _ => None,
        };
        maker.ok_or_else(|| link_invalid())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_valid_as_it_was_signed_and_until_it_expires() {
        let vault = Vault::new([7; 32]);
        let id = |last: u8| format!("019cf1a0-7000-7000-8000-0000000000{last:02x}");
        let expires_at = Timestamp::from_second(1_800_000_000).unwrap();
        let maker = LinkMaker::User(id(3).parse().unwrap());
        let (tenant, file) = (id(1).parse().unwrap(), id(2).parse().unwrap());
        let link = Link { tenant, file, maker, expires_at };
        let address = link.address(&vault);
        let value = |name: &str| {
            let (_, rest) = address.split_once(&format!("{name}=")).unwrap();
            rest.split('&').next().unwrap().to_owned()
        };
        let query = LinkQuery { expires: value("expires"), by: value("by"), signature: value("signature") };
        let before = Timestamp::from_second(1_799_999_999).unwrap();
        let check = |file, query: &LinkQuery, now| Link::check(&vault, tenant, file, query, now).map_err(|e| e.code());
        assert_eq!(check(file, &query, before), Ok(link));
        assert_eq!(check(file, &query, expires_at), Err(FILE_LINK_EXPIRED));
        assert_eq!(check(id(9).parse().unwrap(), &query, before), Err(FILE_LINK_INVALID));
        let changed = |change: fn(&mut LinkQuery)| {
            let mut query = query.clone();
            change(&mut query);
            check(file, &query, before)
        };
        assert_eq!(changed(|query| query.expires = "1900000000".to_owned()), Err(FILE_LINK_INVALID));
        assert_eq!(changed(|query| query.expires = "soon".to_owned()), Err(FILE_LINK_INVALID));
        assert_eq!(changed(|query| query.by = "system".to_owned()), Err(FILE_LINK_INVALID));
        assert_eq!(changed(|query| query.signature.replace_range(..1, "_")), Err(FILE_LINK_INVALID));
        assert_eq!(changed(|query| query.signature.clear()), Err(FILE_LINK_INVALID));
    }
}
