//! The user who opens a page, as extractors: a page without one of them is public, and says so by its type.

use std::sync::Arc;

use axum::{
    extract::FromRequestParts,
    http::{HeaderValue, header, request::Parts},
    response::{IntoResponse, Redirect, Response},
};
use freehold_core::{Caller, Error, OptionExt, Result, TenantId, codes, percent_encode};
use freehold_identity::user::User;
use freehold_web::{Answer, Backbone, MaybeVisitor, OperatorVisit, Problem, Visitor};

use crate::{Flash, Shell, Tone, own_path, shell::asked_path, viewer::Known};

/// The context of a page for a signed-in user, whether or not they belong to an organization.
#[derive(Clone, Debug)]
pub struct UserPage {
    /// The frame of the page.
    pub shell: Shell,
    /// The user's session.
    pub visitor: Visitor,
    /// The signed-in user who sees the page.
    pub user: Arc<User>,
    /// The user as a member of the current organization; none: they belong to none.
    pub caller: Option<Arc<Caller>>,
}

/// The context of a page of an organization.
#[derive(Clone, Debug)]
pub struct MemberPage {
    /// The frame of the page.
    pub shell: Shell,
    /// The user's session.
    pub visitor: Visitor,
    /// The signed-in user who sees the page.
    pub user: Arc<User>,
    /// The user as a member of the current organization.
    pub caller: Arc<Caller>,
}

/// The same as [`UserPage`] for a page that an operator in the organization sees, too. Other pages for users are their
/// own: [`UserPage`] itself refuses operators.
#[derive(Clone, Debug)]
pub struct SharedPage(pub UserPage);

/// Why a page is not shown.
#[derive(Debug)]
pub enum Refusal {
    /// The visitor is not signed in. Answered with a redirect to this path: of the sign-in page, which leads back.
    SignedOut(String),
    /// The user belongs to no organization. Answered with a redirect to the home page, which says so.
    Nowhere,
    /// Another error.
    Problem(Problem),
}

/// Marks the answer of a page, whose error a browser gets as a page, too.
#[derive(Clone, Copy, Debug)]
pub struct PageRefused;

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Self::SignedOut(path) => Redirect::to(&path).into_response(),
            Self::Nowhere => Redirect::to("/home").into_response(),
            Self::Problem(problem) => {
                let mut response = problem.into_response();
                response.extensions_mut().insert(PageRefused);
                response
            }
        }
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Problem(error.into())
    }
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

/// The path of the sign-in page that leads back to this path of the site.
pub fn sign_in_path(backbone: &Backbone, back: &str) -> String {
    let back = own_path(back).unwrap_or("/home");
    format!("/sign-in?redirect_to={}", percent_encode(&format!("{}{back}", backbone.site_url)))
}

impl UserPage {
    /// The context of a request that acts on the organization `wanted`, or on the selected one.
    ///
    /// # Errors
    /// [`Refusal::SignedOut`] with the path of the sign-in page; `not_found` when the user is no member of `wanted`.
    pub async fn load(backbone: &Backbone, parts: &mut Parts, wanted: Wanted<'_>) -> Result<Self, Refusal> {
        let back = if parts.method.is_safe() { asked_path(parts) } else { page_of_form(&asked_path(parts)) };
        if let Some(page) = Self::of_operator(backbone, parts, wanted).await? {
            return Ok(page);
        }
        let MaybeVisitor(visitor) = MaybeVisitor::from_request_parts(parts, backbone).await?;
        let signed_out = || {
            // A form's page asks for the sign-in itself.
            let to = if parts.method.is_safe() { sign_in_path(backbone, &back) } else { back.clone() };
            Refusal::SignedOut(to)
        };
        let Some(visitor) = visitor else { return Err(signed_out()) };
        let wanted = wanted.organization(backbone, parts, visitor)?;
        let Some(known) = Known::load(backbone, visitor, wanted).await? else { return Err(signed_out()) };
        let shell = Shell::of(backbone, parts, Some(&known))?;
        Ok(Self { shell, visitor, user: known.user, caller: known.caller })
    }

    /// The context for an operator who works in an organization; none: the request is not an operator's.
    async fn of_operator(backbone: &Backbone, parts: &Parts, wanted: Wanted<'_>) -> Result<Option<Self>, Refusal> {
        let Some(visit) = OperatorVisit::read(backbone, parts).await? else { return Ok(None) };
        let wanted = wanted.organization(backbone, parts, visit.visitor)?;
        if wanted.is_some_and(|wanted| wanted != visit.caller.tenant()) {
            return Err(Error::not_found("organization").into());
        }
        let Some(known) = Known::of_operator(backbone, visit).await? else { return Ok(None) };
        let shell = Shell::of(backbone, parts, Some(&known))?;
        Ok(Some(Self { shell, visitor: known.visitor, user: known.user, caller: known.caller }))
    }

    /// Succeeds for the user themselves, and not for an operator in their place.
    ///
    /// # Errors
    /// `permission_denied`.
    pub(crate) fn own(self) -> Result<Self, Refusal> {
        if self.caller.as_deref().and_then(Caller::impersonator).is_none() {
            return Ok(self);
        }
        let message = "Operators do not see or change what is a user's own. End the session in the organization to \
                       return to your own account.";
        Err(Error::new(codes::PERMISSION_DENIED, message).into())
    }

    /// Redirects to a page of this site, which shows a message once.
    ///
    /// # Errors
    /// A cookie that cannot be written.
    pub fn done(&self, backbone: &Backbone, to: &str, text: impl Into<String>) -> Answer<Response> {
        done(backbone, &self.shell, self.visitor, to, text.into())
    }

    /// The same for an action that failed.
    ///
    /// # Errors
    /// The error itself, if it is an internal one.
    pub fn failed(&self, backbone: &Backbone, to: &str, error: Error) -> Answer<Response> {
        failed(backbone, &self.shell, self.visitor, to, error)
    }
}

impl MemberPage {
    /// Name of the current organization.
    pub fn organization_name(&self) -> &str {
        self.shell.organization().map_or("Your organization", |organization| &organization.name)
    }

    /// Redirects to a page of this site, which shows a message once.
    ///
    /// # Errors
    /// A cookie that cannot be written.
    pub fn done(&self, backbone: &Backbone, to: &str, text: impl Into<String>) -> Answer<Response> {
        done(backbone, &self.shell, self.visitor, to, text.into())
    }

    /// The same for an action that failed.
    ///
    /// # Errors
    /// The error itself, if it is an internal one.
    pub fn failed(&self, backbone: &Backbone, to: &str, error: Error) -> Answer<Response> {
        failed(backbone, &self.shell, self.visitor, to, error)
    }
}

impl TryFrom<UserPage> for MemberPage {
    type Error = Refusal;

    fn try_from(page: UserPage) -> Result<Self, Refusal> {
        let UserPage { shell, visitor, user, caller } = page;
        Ok(Self { shell, visitor, user, caller: caller.ok_or(Refusal::Nowhere)? })
    }
}

fn done(backbone: &Backbone, shell: &Shell, visitor: Visitor, to: &str, text: String) -> Answer<Response> {
    leave(backbone, shell, visitor, to, &Flash { tone: Tone::Good, text })
}

fn failed(backbone: &Backbone, shell: &Shell, visitor: Visitor, to: &str, error: Error) -> Answer<Response> {
    if error.code().status >= 500 && error.code().status != 503 {
        return Err(error.into());
    }
    leave(backbone, shell, visitor, to, &Flash { tone: Tone::Bad, text: error.message().to_owned() })
}

fn leave(backbone: &Backbone, shell: &Shell, visitor: Visitor, to: &str, flash: &Flash) -> Answer<Response> {
    let to = shell.link(own_path(to).unwrap_or("/home"));
    let cookie: HeaderValue = flash.cookie(backbone, visitor)?;
    let mut answer = Redirect::to(&to).into_response();
    answer.headers_mut().append(header::SET_COOKIE, cookie);
    Ok(answer)
}

impl FromRequestParts<Backbone> for UserPage {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, backbone: &Backbone) -> Result<Self, Refusal> {
        Self::load(backbone, parts, Wanted::InQuery).await?.own()
    }
}

impl FromRequestParts<Backbone> for SharedPage {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, backbone: &Backbone) -> Result<Self, Refusal> {
        UserPage::load(backbone, parts, Wanted::InQuery).await.map(Self)
    }
}

impl FromRequestParts<Backbone> for MemberPage {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, backbone: &Backbone) -> Result<Self, Refusal> {
        UserPage::load(backbone, parts, Wanted::InQuery).await?.try_into()
    }
}

/// The organization that a request acts on.
#[derive(Clone, Copy, Debug)]
pub enum Wanted<'a> {
    /// The one in the query of the address, `?organization=`, or the selected one.
    InQuery,
    /// The one with this id in a form, or the selected one if it is empty; and the token of the form.
    Form(&'a str, &'a str),
}

impl Wanted<'_> {
    /// The organization, after the token of a form was checked.
    fn organization(self, backbone: &Backbone, parts: &Parts, visitor: Visitor) -> Result<Option<TenantId>> {
        match self {
            Self::InQuery => organization_in(parts.uri.query().unwrap_or_default()),
            Self::Form(id, token) => {
                visitor.form_check(backbone, token)?;
                organization_id(id)
            }
        }
    }
}

/// The page on which a form stands: forms post to paths below it, such as `/billing/cancel`.
fn page_of_form(path: &str) -> String {
    let first = path.trim_start_matches('/').split(['/', '?']).next().unwrap_or_default();
    format!("/{first}")
}

/// The organization of a query. A text that is no id names no organization.
fn organization_in(query: &str) -> Result<Option<TenantId>> {
    let named = query.split('&').find_map(|pair| pair.strip_prefix("organization="));
    named.map_or(Ok(None), organization_id)
}

fn organization_id(text: &str) -> Result<Option<TenantId>> {
    match text {
        "" => Ok(None),
        id => id.parse().ok().or_not_found("organization").map(Some),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_belongs_to_the_page_above_it() {
        assert_eq!(page_of_form("/billing/cancel?x=y"), "/billing");
        assert_eq!(page_of_form("/webhooks/7/deliveries/8/replay"), "/webhooks");
        assert_eq!(page_of_form("//evil.example/x"), "/evil.example");
    }

    #[test]
    fn an_organization_is_named_by_its_id() {
        let id = "0193e4a0-5b7c-7d0e-8f00-000000000001";
        assert_eq!(
            organization_in(&format!("a=b&organization={id}")).unwrap().map(|id| id.to_string()).as_deref(),
            Some(id)
        );
        assert_eq!((organization_in("").unwrap(), organization_in("organization=").unwrap()), (None, None));
        assert!(organization_in("organization=x").unwrap_err().is(codes::NOT_FOUND));
    }
}
