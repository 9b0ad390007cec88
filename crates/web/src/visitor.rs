//! Visitors of our pages with an organization's data: a cookie identifies them, which browsers send to those pages only
//! and the API ignores.

use std::sync::Arc;

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderValue, request::Parts},
};
use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use freehold_core::{Caller, Error, Result, SessionId, TenantId, UserId, codes};
use freehold_identity::{access_token::Aal, codes::AAL2_REQUIRED};
use freehold_vault::Purpose;

use crate::{
    Backbone, Cookie, Problem, SameSite, authenticated::user_rate_take, cookie_read, project_visit::project_visitor,
};

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
        let mac = HEXLOWER.encode(&backbone.vault.mac(Purpose::Cookie, self.claim().as_bytes()));
        cookie(&format!("{session}.{user}.{}.{mac}", aal.name()), None).header(backbone)
    }

    /// The cookie that deletes it.
    pub fn cookie_removed(backbone: &Backbone) -> Result<HeaderValue> {
        cookie("", Some(0)).header(backbone)
    }

    /// A form's token, so that no other site can send the form in the user's name.
    pub fn form_token(&self, backbone: &Backbone) -> String {
        HEXLOWER.encode(&backbone.vault.mac(Purpose::Cookie, self.form().as_bytes()))
    }

    /// Succeeds when the form was issued by our page.
    pub fn form_check(&self, backbone: &Backbone, token: &str) -> Result<()> {
        let mac = HEXLOWER_PERMISSIVE.decode(token.as_bytes());
        let good = mac.is_ok_and(|mac| backbone.vault.mac_verify(Purpose::Cookie, self.form().as_bytes(), &mac));
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
    fn read(backbone: &Backbone, headers: &HeaderMap) -> Option<Self> {
        let (session, rest) = cookie_read(headers, NAME)?.split_once('.')?;
        let (user, rest) = rest.split_once('.')?;
        let (aal, mac) = rest.split_once('.')?;
        let aal = [Aal::One, Aal::Two].into_iter().find(|level| level.name() == aal)?;
        let visitor = Self { user: user.parse().ok()?, session: session.parse().ok()?, aal };
        let mac = HEXLOWER_PERMISSIVE.decode(mac.as_bytes()).ok()?;
        backbone.vault.mac_verify(Purpose::Cookie, visitor.claim().as_bytes(), &mac).then_some(visitor)
    }
}

/// The visitor, if their session runs and its authentication level suffices.
#[derive(Clone, Copy, Debug)]
pub struct MaybeVisitor(pub Option<Visitor>);

impl FromRequestParts<Backbone> for MaybeVisitor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, backbone: &Backbone) -> Result<Self, Problem> {
        let Some(mut visitor) = Visitor::read(backbone, &parts.headers) else { return Ok(Self(None)) };
        if backbone.identity.project.is_some() {
            match project_visitor(backbone, parts, visitor).await? {
                Some(lives) => visitor = lives,
                None => return Ok(Self(None)),
            }
        }
        match backbone.session_check(visitor.session, visitor.aal).await {
            Ok(()) => {
                // Reading pages is cheap; only requests that change something are counted.
                if !parts.method.is_safe() {
                    user_rate_take(backbone, parts, visitor.user, codes::RATE_LIMITED).await?;
                }
                Ok(Self(Some(visitor)))
            }
            Err(error) if error.is(codes::UNAUTHENTICATED) || error.is(AAL2_REQUIRED) => Ok(Self(None)),
            Err(error) => Err(error.into()),
        }
    }
}

/// Our pages have several paths. `Lax`: the cookie is sent when a user returns from the payment page, and never with a
/// form of another site.
fn cookie(value: &str, seconds: Option<u32>) -> Cookie<'_> {
    Cookie { name: NAME, value, path: "/", same_site: SameSite::Lax, seconds }
}
