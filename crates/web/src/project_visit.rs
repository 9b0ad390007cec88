//! Visitors of our pages where users sign in at a Supabase project: besides the visitor's cookie, another one has the
//! project's refresh token, encrypted. It is exchanged when the access token expires, so a session that ended at the
//! project ends here.

use axum::http::{HeaderMap, HeaderValue, request::Parts};
use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use freehold_core::{Context, Error, Result, Secret, SessionId, codes};
use freehold_identity::{
    access_token::Claims,
    codes as identity_codes,
    project::{
        client::{ProjectSession, project_refresh, project_sign_out},
        user_check,
    },
};
use serde::{Deserialize, Serialize};

use crate::{Backbone, Cookie, SameSite, Visitor, cookie_read, frame::RequestSlot, purposes::COOKIE};

/// Name of the cookie.
const NAME: &str = "freehold_project";
/// Purpose of the encryption.
const LABEL: &str = "project_session";
/// How long before its expiry an access token is exchanged, in seconds.
const EARLY: i64 = 30;

/// The content of the cookie.
#[derive(Serialize, Deserialize)]
struct Kept {
    session: SessionId,
    refresh_token: String,
    expires_at: i64,
}

impl Kept {
    fn read(backbone: &Backbone, headers: &HeaderMap) -> Option<Self> {
        let sealed = HEXLOWER_PERMISSIVE.decode(cookie_read(headers, NAME)?.as_bytes()).ok()?;
        let opened = backbone.vault.open(COOKIE, &sealed, LABEL).ok()?;
        serde_json::from_slice(&opened).ok()
    }
}

/// Both cookies of a visitor with this session, whose access token was verified.
pub fn project_cookies(backbone: &Backbone, claims: &Claims, session: &ProjectSession) -> Result<Vec<HeaderValue>> {
    let kept = Kept {
        session: claims.session_id,
        refresh_token: session.refresh_token.expose().to_owned(),
        expires_at: session.expires_at,
    };
    let text = serde_json::to_vec(&kept).context("writing a cookie")?;
    let sealed = HEXLOWER.encode(&backbone.vault.seal(COOKIE, &text, LABEL, &backbone.random));
    let visitor = Visitor { user: claims.sub, session: claims.session_id, aal: claims.aal };
    Ok(vec![visitor.cookie(backbone)?, cookie(&sealed, None).header(backbone)?])
}

/// The cookies that delete both.
pub fn project_cookies_removed(backbone: &Backbone) -> Result<Vec<HeaderValue>> {
    Ok(vec![Visitor::cookie_removed(backbone)?, cookie("", Some(0)).header(backbone)?])
}

/// Ends the visitor's session at the project. Both cookies are deleted in any case, so a project that does not answer
/// is no failure.
pub async fn project_visit_end(backbone: &Backbone, headers: &HeaderMap) {
    let Some(kept) = Kept::read(backbone, headers) else { return };
    let ended = async {
        let session = project_refresh(backbone.identity.tokens.project()?, &Secret::new(kept.refresh_token)).await?;
        project_sign_out(backbone.identity.tokens.project()?, &session.access_token).await
    };
    if let Err(error) = ended.await {
        tracing::info!("a session could not be ended at the Supabase project: {error:?}");
    }
}

/// The visitor, while the project accepts the session; none when they have to sign in again.
pub(crate) async fn project_visitor(backbone: &Backbone, parts: &Parts, visitor: Visitor) -> Result<Option<Visitor>> {
    let found = live(backbone, parts, visitor).await;
    match found {
        Ok(Some(visitor)) => Ok(Some(visitor)),
        Ok(None) => {
            leave(parts, project_cookies_removed(backbone)?);
            Ok(None)
        }
        Err(error) if error.is(codes::UNAUTHENTICATED) => {
            leave(parts, project_cookies_removed(backbone)?);
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

async fn live(backbone: &Backbone, parts: &Parts, visitor: Visitor) -> Result<Option<Visitor>> {
    let Some(kept) = Kept::read(backbone, &parts.headers).filter(|kept| kept.session == visitor.session) else {
        return Ok(None);
    };
    let now = backbone.clock.now().as_second();
    let refreshed = if kept.expires_at > now + EARLY {
        None
    } else {
        match project_refresh(backbone.identity.tokens.project()?, &Secret::new(kept.refresh_token)).await {
            // The project sees all visitors as one address, and may be busy or unavailable. The token has not expired
            // yet.
            Err(error)
                if kept.expires_at > now
                    && (error.is_temporary() || error.is(identity_codes::OVER_REQUEST_RATE_LIMIT)) =>
            {
                None
            }
            refreshed => Some(refreshed?),
        }
    };
    let Some(session) = refreshed else {
        if let Some(project) = &backbone.identity.tokens.project {
            user_check(project, visitor.user).await?;
        }
        return Ok(Some(visitor));
    };
    let claims = backbone.person_claims(session.access_token.expose()).await?;
    if claims.sub != visitor.user {
        return Err(Error::new(codes::UNAUTHENTICATED, "The session belongs to another user. Sign in again."));
    }
    leave(parts, project_cookies(backbone, &claims, &session)?);
    Ok(Some(Visitor { user: claims.sub, session: claims.session_id, aal: claims.aal }))
}

/// Stores cookies for the response.
fn leave(parts: &Parts, cookies: Vec<HeaderValue>) {
    if let Some(slot) = parts.extensions.get::<RequestSlot>() {
        // A request has only one extractor of this kind, so the slot is empty.
        let _ = slot.0.cookies.set(cookies);
    }
}

fn cookie(value: &str, seconds: Option<u32>) -> Cookie<'_> {
    Cookie { name: NAME, value, path: "/", same_site: SameSite::Lax, seconds }
}
