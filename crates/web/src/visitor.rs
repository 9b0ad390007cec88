//! Visitors of our pages with an organization's data: a cookie identifies them, which browsers send to those pages only
//! and the API ignores.

use std::sync::Arc;

use axum::http::{HeaderMap, HeaderValue};
use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use freehold_core::{Caller, Error, Result, SessionId, TenantId, UserId, codes};
use freehold_identity::access_token::Aal;

use crate::{Backbone, Cookie, SameSite, cookie_read, purposes::COOKIE};

/// Name of the cookie.
const NAME: &str = "freehold_session";

/// A user who signed in with this browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Visitor {
    /// Id of the user.
    pub user: UserId,
    /// Id of the session.
    pub session: SessionId,
    /// Authentication level at the time of the cookie.
    pub aal: Aal,
}

impl Visitor {
    /// The visitor's cookie. It ends with the browser, and is useless once the session has ended.
    pub fn cookie(&self, backbone: &Backbone) -> Result<HeaderValue> {
        let Self { user, session, aal } = self;
        let mac = HEXLOWER.encode(&backbone.vault.mac(COOKIE, self.claim().as_bytes()));
        cookie(&format!("{session}.{user}.{}.{mac}", aal.name()), None).header(backbone)
    }

    /// The cookie that deletes it.
    pub fn cookie_removed(backbone: &Backbone) -> Result<HeaderValue> {
        cookie("", Some(0)).header(backbone)
    }

    /// A form's token, so that no other site can send the form in the user's name.
    pub fn form_token(&self, backbone: &Backbone) -> String {
        HEXLOWER.encode(&backbone.vault.mac(COOKIE, self.form().as_bytes()))
    }

    /// Succeeds when the form was issued by our page.
    pub fn form_check(&self, backbone: &Backbone, token: &str) -> Result<()> {
        let mac = HEXLOWER_PERMISSIVE.decode(token.as_bytes());
        let good = mac.is_ok_and(|mac| backbone.vault.mac_verify(COOKIE, self.form().as_bytes(), &mac));
        let message =
            "The form is out of date or was not issued by this page. Load the page again and resend the form.";
        if good { Ok(()) } else { Err(Error::new(codes::PERMISSION_DENIED, message)) }
    }

    /// The visitor as a member of an organization: `wanted`, or the last selected one.
    pub async fn caller(&self, backbone: &Backbone, wanted: Option<TenantId>) -> Result<Arc<Caller>> {
        backbone.member_caller(self.user, self.session, self.aal, wanted).await
    }

    fn claim(&self) -> String {
        format!("session/{}/{}/{}", self.session, self.user, self.aal.name())
    }

    fn form(&self) -> String {
        format!("form/{}", self.session)
    }

    /// The user that the cookie names, whether or not the session has ended.
    pub(crate) fn read(backbone: &Backbone, headers: &HeaderMap) -> Option<Self> {
        let (session, rest) = cookie_read(headers, NAME)?.split_once('.')?;
        let (user, rest) = rest.split_once('.')?;
        let (aal, mac) = rest.split_once('.')?;
        let aal = [Aal::One, Aal::Two].into_iter().find(|level| level.name() == aal)?;
        let visitor = Self { user: user.parse().ok()?, session: session.parse().ok()?, aal };
        let mac = HEXLOWER_PERMISSIVE.decode(mac.as_bytes()).ok()?;
        backbone.vault.mac_verify(COOKIE, visitor.claim().as_bytes(), &mac).then_some(visitor)
    }
}

/// Our pages have several paths. `Lax`: the cookie is sent when a user returns from the payment page, and never with a
/// form of another site.
fn cookie(value: &str, seconds: Option<u32>) -> Cookie<'_> {
    Cookie { name: NAME, value, path: "/", same_site: SameSite::Lax, seconds }
}
