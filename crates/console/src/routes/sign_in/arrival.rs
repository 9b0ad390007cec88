//! The last steps of every sign-in: a second factor if the user has one, a new password if the user asked for one, and
//! then the hand-over of the session.

use axum::{
    http::{StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use freehold_core::{Error, Result, Secret, percent_encode};
use freehold_identity::{access_token::Claims, factor::factor_list, project::client::ProjectSession, session::Tokens};
use freehold_pages::Site;
use freehold_web::{Answer, Backbone, Visitor, ticket_open, ticket_seal};
use serde::{Deserialize, Serialize};

use super::{
    super::{NAVIGATION, bare},
    Visit, html_with_status, with_policy,
};
use crate::{Carried, FactorPage, NewPasswordPage};

/// The page that uses the cookie and is not in the navigation.
const INVITATION: &str = "/invitation";
/// Pages of this site that get the session in the fragment, like an application.
const WITH_FRAGMENT: [&str; 1] = ["/welcome"];
/// The page that the mail about a new password leads to.
pub(super) const NEW_PASSWORD: &str = "/sign-in/new-password";

/// A session to hand over, and its purpose.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Arrival {
    access_token: String,
    refresh_token: String,
    expires_in: i64,
    expires_at: i64,
    /// The `type` of the link or code that opened the session.
    pub(super) kind: String,
}

/// The next step of a sign-in. A ticket is sealed for one step only.
#[derive(Clone, Copy)]
pub(super) enum Step {
    Factor,
    NewPassword,
}

impl Step {
    const fn name(self) -> &'static str {
        match self {
            Self::Factor => "factor",
            Self::NewPassword => "new_password",
        }
    }
}

impl Arrival {
    pub(super) fn new(tokens: &Tokens, kind: &str) -> Self {
        let known = kind.bytes().all(|byte| byte == b'_' || byte.is_ascii_lowercase());
        Self {
            access_token: tokens.access_token.expose().to_owned(),
            refresh_token: tokens.refresh_token.expose().to_owned(),
            expires_in: tokens.expires_in,
            expires_at: tokens.expires_at,
            kind: if known { kind } else { "magiclink" }.to_owned(),
        }
    }

    /// A session of the Supabase project where users sign in.
    pub(super) fn of_project(session: &ProjectSession, kind: &str) -> Self {
        Self {
            access_token: session.access_token.expose().to_owned(),
            refresh_token: session.refresh_token.expose().to_owned(),
            expires_in: session.expires_in,
            expires_at: session.expires_at,
            kind: kind.to_owned(),
        }
    }

    /// `target` with the session in its fragment, which browsers send to no server.
    pub(super) fn place(&self, target: &str) -> String {
        let Self { access_token, refresh_token, expires_in, expires_at, kind } = self;
        format!(
            "{target}#access_token={access_token}&expires_at={expires_at}&expires_in={expires_in}\
             &refresh_token={refresh_token}&sb=&token_type=bearer&type={kind}"
        )
    }

    /// Opens the ticket of a step and reads the claims of its access token; none when the ticket has expired.
    pub(super) fn open(backbone: &Backbone, step: Step, ticket: &str) -> Option<(Self, std::sync::Arc<Claims>)> {
        let arrival: Self = ticket_open(backbone, step.name(), ticket)?;
        let claims = backbone.claims(&arrival.access_token).ok()?;
        Some((arrival, claims))
    }

    pub(super) fn ticket(&self, backbone: &Backbone, step: Step) -> Result<String> {
        ticket_seal(backbone, step.name(), self)
    }
}

/// Continues after a sign-in on a page of this site.
pub(super) async fn arrive(
    backbone: &Backbone,
    visit: &Visit,
    tokens: &Tokens,
    kind: &str,
    redirect_to: Option<String>,
) -> Answer<Response> {
    let arrival = Arrival::new(tokens, kind);
    let claims = backbone.claims(&arrival.access_token)?;
    let carried = visit.carried(redirect_to);
    let factors = {
        let mut tx = backbone.db.system("ask for a second factor").begin().await?;
        factor_list(&mut tx, claims.sub).await?
    };
    let has = |kind: &str| factors.iter().any(|factor| factor.verified && factor.kind == kind);
    if has("totp") && claims.aal == freehold_identity::access_token::Aal::One {
        let page = FactorPage {
            shell: bare(backbone),
            ticket: arrival.ticket(backbone, Step::Factor)?,
            app: true,
            recovery: has("recovery_code"),
            carried,
            error: None,
        };
        return factor_page(backbone, StatusCode::OK, &page);
    }
    proceed(backbone, visit, &arrival, &claims, carried)
}

/// Continues after all factors have been verified.
pub(super) fn proceed(
    backbone: &Backbone,
    visit: &Visit,
    arrival: &Arrival,
    claims: &Claims,
    carried: Carried,
) -> Answer<Response> {
    let by_password = backbone.identity.settings().password;
    let chooses = arrival.kind == "recovery" || arrival.kind == "invite" && by_password;
    let target = target_or_home(backbone, carried.redirect_to.as_deref());
    match own_path(backbone, &target) {
        Some(own) if chooses => {
            // The address of that page in the mail holds where to go afterwards.
            let carried =
                if own == NEW_PASSWORD { Carried { redirect_to: after(&target), ..carried } } else { carried };
            new_password_page(backbone, arrival, claims, carried)
        }
        _ => Ok(hand_over(backbone, visit, arrival, claims, &target)?),
    }
}

fn new_password_page(backbone: &Backbone, arrival: &Arrival, claims: &Claims, carried: Carried) -> Answer<Response> {
    let page = NewPasswordPage {
        shell: bare(backbone),
        email: claims.email.clone(),
        first: arrival.kind == "invite",
        min_length: backbone.identity.settings().auth.password_min_length,
        ticket: arrival.ticket(backbone, Step::NewPassword)?,
        carried,
        error: None,
    };
    let policy = page.content_security_policy(&backbone.site_url);
    Ok(with_policy(html_with_status(StatusCode::OK, page.render())?, &policy))
}

pub(super) fn factor_page(backbone: &Backbone, status: StatusCode, page: &FactorPage) -> Answer<Response> {
    Ok(with_policy(html_with_status(status, page.render())?, &page.content_security_policy(&backbone.site_url)))
}

/// Redirects the browser with the session in the fragment, which browsers send to no server, and with a cookie for the
/// pages of this site. Pages that use the cookie get no fragment.
pub(super) fn hand_over(
    backbone: &Backbone,
    visit: &Visit,
    arrival: &Arrival,
    claims: &Claims,
    target: &str,
) -> Result<Response> {
    let place = match own_path(backbone, target) {
        _ if is_for_cookie(backbone, visit, target) => target.to_owned(),
        Some(own) if own == NEW_PASSWORD => {
            let then = target_or_home(backbone, after(target).as_deref());
            return hand_over(backbone, visit, arrival, claims, &then);
        }
        _ => arrival.place(target),
    };
    let mut answer = Redirect::to(&place).into_response();
    if visit.from_here {
        let visitor = Visitor { user: claims.sub, session: claims.session_id, aal: claims.aal };
        answer.headers_mut().append(header::SET_COOKIE, visitor.cookie(backbone)?);
    }
    Ok(answer)
}

/// Where a sign-in on these pages leads: `wanted`, if a browser may be redirected there, or the home page.
pub(super) fn target_or_home(backbone: &Backbone, wanted: Option<&str>) -> String {
    match wanted.filter(|wanted| !wanted.is_empty()) {
        Some(wanted) => backbone.identity.settings().redirect_or_site(Some(wanted)),
        None => format!("{}/home", backbone.site_url),
    }
}

/// Whether `target` is a page of this site, or of its product, that uses only the cookie.
pub(super) fn is_for_cookie(backbone: &Backbone, visit: &Visit, target: &str) -> bool {
    path_of(backbone, target).is_some_and(|path| uses_cookie(path) || visit.site.has(path))
}

/// The path of `target` if it is a page of this site for signed-in users; none for an application's page.
pub(super) fn own_path<'a>(backbone: &Backbone, target: &'a str) -> Option<&'a str> {
    let path = path_of(backbone, target)?;
    (uses_cookie(path) || WITH_FRAGMENT.contains(&path) || path == NEW_PASSWORD).then_some(path)
}

fn path_of<'a>(backbone: &Backbone, target: &'a str) -> Option<&'a str> {
    target.strip_prefix(backbone.site_url.as_str())?.split(['?', '#']).next()
}

/// Whether the backbone's page at this path uses the cookie, so that its address needs no token.
fn uses_cookie(path: &str) -> bool {
    path == INVITATION || Site { navigation: NAVIGATION.to_vec() }.has(path)
}

/// Where the page of the new password redirects to.
fn after(target: &str) -> Option<String> {
    let (_, query) = target.split_once('?')?;
    let value = query.split('&').find_map(|pair| pair.strip_prefix("redirect_to="))?;
    query_decode(value)
}

/// The address with these pairs added to its query.
pub(super) fn with_query(target: &str, pairs: &[(&str, &str)]) -> String {
    let joint = if target.contains('?') { '&' } else { '?' };
    format!("{target}{joint}{}", query_of(pairs))
}

/// The pairs as a query, or as a fragment of the same form.
pub(super) fn query_of(pairs: &[(&str, &str)]) -> String {
    let pairs: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={}", percent_encode(value))).collect();
    pairs.join("&")
}

fn query_decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next()?, rest.next()?];
            bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

/// Shows the sign-in page again after a ticket has expired.
pub(super) fn too_late(backbone: &Backbone, visit: &Visit, redirect_to: Option<String>) -> Answer<Response> {
    let mut page = super::page(backbone, visit.carried(redirect_to));
    page.error = Some("That took too long. Sign in again.".to_owned());
    super::show(backbone, StatusCode::UNPROCESSABLE_ENTITY, &page)
}

/// A password from a form; logs never show it.
pub(super) fn secret(text: String) -> Result<Secret> {
    if text.is_empty() {
        return Err(Error::new(freehold_core::codes::VALIDATION_FAILED, "Type a password."));
    }
    Ok(Secret::new(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_carries_another() {
        let address = with_query("https://a/new-password", &[("redirect_to", "https://b/?c=d&e=ä")]);
        assert_eq!(address, "https://a/new-password?redirect_to=https%3A%2F%2Fb%2F%3Fc%3Dd%26e%3D%C3%A4");
        assert_eq!(after(&address).as_deref(), Some("https://b/?c=d&e=ä"));
        assert_eq!(with_query("https://a/?x=1", &[("code", "2")]), "https://a/?x=1&code=2");
        for broken in ["https://a", "https://a?redirect_to=%", "https://a?redirect_to=%zz", "https://a?redirect_to=%FF"]
        {
            assert_eq!(after(broken), None, "{broken}");
        }
    }
}
