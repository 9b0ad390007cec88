//! Messages that the next page shows once. They are in a cookie with a signature that is bound to the session, so
//! nothing is stored and no other site can write one.

use axum::http::{HeaderMap, HeaderValue};
use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use freehold_core::Result;
use freehold_web::purposes::COOKIE;
use freehold_web::{Backbone, Cookie, SameSite, Visitor, cookie_read};

use crate::Tone;

/// Name of the cookie.
const NAME: &str = "freehold_flash";
/// Seconds until an unseen message is forgotten.
const KEPT: u32 = 60;
/// Longest message, in bytes, far below the size at which browsers refuse a cookie.
const LONGEST: usize = 600;

/// A message that is shown once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flash {
    /// Severity of the message.
    pub tone: Tone,
    /// Text, one or two sentences: `The invitation was sent.` Never a secret: the browser stores it for a minute.
    pub text: String,
}

impl Flash {
    /// The cookie with the message, for this visitor.
    pub(crate) fn cookie(&self, backbone: &Backbone, visitor: Visitor) -> Result<HeaderValue> {
        let end = self.text.char_indices().map(|(at, _)| at).take_while(|at| *at <= LONGEST).last().unwrap_or_default();
        let text = if self.text.len() > LONGEST { &self.text[..end] } else { self.text.as_str() };
        let mac = HEXLOWER.encode(&backbone.vault.mac(COOKIE, claim(visitor, self.tone, text).as_bytes()));
        let value = format!("{}.{}.{mac}", self.tone.name(), HEXLOWER.encode(text.as_bytes()));
        cookie(&value, KEPT).header(backbone)
    }

    /// The message of a request.
    pub(crate) fn read(backbone: &Backbone, headers: &HeaderMap, visitor: Visitor) -> Option<Self> {
        let (tone, rest) = cookie_read(headers, NAME)?.split_once('.')?;
        let (text, mac) = rest.split_once('.')?;
        let tone = Tone::ALL.into_iter().find(|known| known.name() == tone)?;
        let text = String::from_utf8(HEXLOWER_PERMISSIVE.decode(text.as_bytes()).ok()?).ok()?;
        let mac = HEXLOWER_PERMISSIVE.decode(mac.as_bytes()).ok()?;
        let claim = claim(visitor, tone, &text);
        backbone.vault.mac_verify(COOKIE, claim.as_bytes(), &mac).then_some(Self { tone, text })
    }

    /// The cookie that deletes the message.
    pub(crate) fn cookie_removed(backbone: &Backbone) -> Result<HeaderValue> {
        cookie("", 0).header(backbone)
    }
}

fn claim(visitor: Visitor, tone: Tone, text: &str) -> String {
    format!("flash/{}/{}/{text}", visitor.session, tone.name())
}

fn cookie(value: &str, seconds: u32) -> Cookie<'_> {
    Cookie { name: NAME, value, path: "/", same_site: SameSite::Lax, seconds: Some(seconds) }
}
