//! Who looks at our own pages that show something of an organization: a cookie says it, which browsers send to those pages
//! only, and which the API never looks at.

use std::{fmt::Write, sync::Arc};

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderValue, header, request::Parts},
};
use freehold_core::{Caller, Context, Error, Result, SessionId, TenantId, UserId, codes};
use freehold_vault::Purpose;

use crate::{Backbone, Problem};

/// The cookie's name.
const NAME: &str = "freehold_session";
/// Where it is sent: our pages lie in several places. The API never looks at it.
const PATH: &str = "/";

/// A person who signed in with this browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Visitor {
    /// Who.
    pub user: UserId,
    /// In which session.
    pub session: SessionId,
}

impl Visitor {
    /// The cookie that says so. It ends with the browser, and is worth nothing once the session was ended.
    pub fn cookie(&self, backbone: &Backbone) -> Result<HeaderValue> {
        let Self { user, session } = self;
        let mac = hex(&backbone.vault.mac(Purpose::Cookie, self.claim().as_bytes()));
        set(backbone, &format!("{session}.{user}.{mac}"), "")
    }

    /// The cookie that takes it away.
    pub fn cookie_removed(backbone: &Backbone) -> Result<HeaderValue> {
        set(backbone, "", "; Max-Age=0")
    }

    /// What a form of ours carries, so that no other site can send it in this person's name.
    pub fn form_token(&self, backbone: &Backbone) -> String {
        hex(&backbone.vault.mac(Purpose::Cookie, self.form().as_bytes()))
    }

    /// Nothing, when the form is one of ours.
    pub fn form_check(&self, backbone: &Backbone, token: &str) -> Result<()> {
        let good =
            unhex(token).is_some_and(|mac| backbone.vault.mac_verify(Purpose::Cookie, self.form().as_bytes(), &mac));
        let message = "The form is not one that this page gave you. Load the page again, and then send it.";
        if good { Ok(()) } else { Err(Error::new(codes::PERMISSION_DENIED, message)) }
    }

    /// The visitor as a member of an organization: the one that is `wanted`, or the one last switched to.
    pub async fn caller(&self, backbone: &Backbone, wanted: Option<TenantId>) -> Result<Arc<Caller>> {
        backbone.member_caller(self.user, self.session, wanted).await
    }

    fn claim(&self) -> String {
        format!("session/{}/{}", self.session, self.user)
    }

    fn form(&self) -> String {
        format!("form/{}", self.session)
    }

    /// Whom the cookie names, whether or not the session lives.
    fn read(backbone: &Backbone, headers: &HeaderMap) -> Option<Self> {
        let cookies = headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
        let mut pairs = cookies.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
        let (_, value) = pairs.find(|(name, _)| *name == NAME)?;
        let (session, rest) = value.split_once('.')?;
        let (user, mac) = rest.split_once('.')?;
        let visitor = Self { user: user.parse().ok()?, session: session.parse().ok()? };
        let good = backbone.vault.mac_verify(Purpose::Cookie, visitor.claim().as_bytes(), &unhex(mac)?);
        good.then_some(visitor)
    }
}

/// The visitor, if there is one whose session lives.
#[derive(Clone, Copy, Debug)]
pub struct MaybeVisitor(pub Option<Visitor>);

impl FromRequestParts<Backbone> for MaybeVisitor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, backbone: &Backbone) -> Result<Self, Problem> {
        let Some(visitor) = Visitor::read(backbone, &parts.headers) else { return Ok(Self(None)) };
        match backbone.session_check(visitor.session).await {
            Ok(()) => Ok(Self(Some(visitor))),
            Err(error) if error.is(codes::UNAUTHENTICATED) => Ok(Self(None)),
            Err(error) => Err(error.into()),
        }
    }
}

/// `Lax`: it has to come along when somebody returns from the page where he paid, and never with a form of another site.
fn set(backbone: &Backbone, value: &str, more: &str) -> Result<HeaderValue> {
    let secure = if backbone.site_url.starts_with("https://") { "; Secure" } else { "" };
    let cookie = format!("{NAME}={value}; Path={PATH}; HttpOnly; SameSite=Lax{secure}{more}");
    HeaderValue::from_str(&cookie).context("writing a cookie")
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

pub(crate) fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    if !digits.len().is_multiple_of(2) || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let pairs = digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok());
    pairs.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_read_back() {
        assert_eq!(unhex(&hex(&[0, 15, 255])), Some(vec![0, 15, 255]));
        for wrong in ["0", "0g", "+1", "é0"] {
            assert_eq!(unhex(wrong), None, "{wrong}");
        }
    }
}
