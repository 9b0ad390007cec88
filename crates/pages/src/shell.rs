//! What is around every page: the brand, the signed-in user, navigation, theme and flash message.

use askama::Template;
use axum::{
    extract::FromRequestParts,
    http::{HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use freehold_core::{Caller, Context, percent_encode};
use freehold_web::{Answer, Backbone, MaybeVisitor, OperatorVisit, Problem, frame::AskedAt};
use jiff::{Timestamp, tz::TimeZone};

use crate::{Brand, Flash, NavGroup, Organization, Site, Theme, Tone, Viewer, viewer::Known};

/// The frame of a page, as plain data.
#[derive(Clone, Debug, Default)]
pub struct Shell {
    /// Name, logo and colour of the product.
    pub brand: Brand,
    /// The signed-in user; none: a visitor.
    pub viewer: Option<Viewer>,
    /// The operator who sees the page in place of the user; none: the user does.
    pub operator: Option<OperatorBanner>,
    /// The theme that the visitor chose.
    pub theme: Theme,
    /// A message that is shown once; none for no message.
    pub flash: Option<Flash>,
    /// Path of the page with its query, on this site: where a switch of theme or organization returns to.
    pub path: String,
    /// The navigation of a signed-in user.
    pub navigation: Vec<NavGroup>,
    /// Whether the current organization is in the address, because it is not the selected one. Then links name it, too.
    pub pinned: bool,
    /// The cookie that deletes the message that is shown.
    pub spent: Option<HeaderValue>,
}

/// What every page says while an operator works in an organization as one of its members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperatorBanner {
    /// Whether the operator's session only reads.
    pub read_only: bool,
    /// When the session ends: `15:04 UTC`.
    pub ends: String,
}

impl OperatorBanner {
    fn of(caller: &Caller) -> Option<Self> {
        let read_only = !caller.impersonator()?.writes;
        let ends = caller.bounds().ends.unwrap_or(Timestamp::MAX).to_zoned(TimeZone::UTC);
        Some(Self { read_only, ends: ends.strftime("%H:%M UTC").to_string() })
    }
}

impl Shell {
    /// The frame for a page that does not show who is signed in: of sign-in, of an error, of a developer.
    pub fn bare(backbone: &Backbone) -> Self {
        Self { brand: Brand::of(backbone), ..Self::default() }
    }

    /// The frame for this request and signed-in user.
    pub(crate) fn of(backbone: &Backbone, parts: &Parts, known: Option<&Known>) -> freehold_core::Result<Self> {
        let path = asked_path(parts);
        let flash = known.and_then(|known| Flash::read(backbone, &parts.headers, known.visitor));
        let spent = if flash.is_some() { Some(Flash::cookie_removed(backbone)?) } else { None };
        let place = path.split('?').next().unwrap_or_default();
        let caller = known.and_then(|known| known.caller.as_deref());
        Ok(Self {
            brand: Brand::of(backbone),
            viewer: known.map(|known| known.viewer(backbone)),
            operator: caller.and_then(OperatorBanner::of),
            theme: Theme::read(&parts.headers),
            flash,
            navigation: known.map_or_else(Vec::new, |_| Site::of(parts).groups(caller, place)),
            pinned: known.is_some_and(Known::pinned),
            path,
            spent,
        })
    }

    /// The current organization; none for a visitor, or a user without one.
    pub fn organization(&self) -> Option<&Organization> {
        self.viewer.as_ref()?.organizations.iter().find(|organization| organization.current)
    }

    /// Id of the current organization; empty for none. Forms send it, so that they act on the organization of the page
    /// even after another tab has switched.
    pub fn organization_id(&self) -> &str {
        self.organization().map_or("", |organization| &organization.id)
    }

    /// Token of forms; empty for visitors.
    pub fn token(&self) -> &str {
        self.viewer.as_ref().map_or("", |viewer| &viewer.token)
    }

    /// A path of this site as the target of a link; names the organization if the address of the page does.
    pub fn link(&self, path: &str) -> String {
        if !self.pinned {
            return path.to_owned();
        }
        let (path, anchor) = path.split_once('#').map_or((path, String::new()), |(path, id)| (path, format!("#{id}")));
        let joint = if path.contains('?') { '&' } else { '?' };
        format!("{path}{joint}organization={}{anchor}", percent_encode(self.organization_id()))
    }

    /// The themes of the account menu.
    pub fn themes(&self) -> [Theme; 3] {
        Theme::ALL
    }

    /// Whether the navigation has this page, so that another page may link to it.
    pub fn has(&self, path: &str) -> bool {
        self.navigation.iter().flat_map(|group| &group.entries).any(|entry| entry.path == path)
    }

    /// The same frame with a message in place of the one that was stored.
    #[must_use]
    pub fn with_flash(self, tone: Tone, text: impl Into<String>) -> Self {
        Self { flash: Some(Flash { tone, text: text.into() }), ..self }
    }

    /// The page as an answer.
    ///
    /// # Errors
    /// A template that cannot be written.
    pub fn show(&self, page: &impl Template) -> Answer<Response> {
        self.show_with(StatusCode::OK, page)
    }

    /// The page as an answer with this status: 422 for a form with invalid input, for instance.
    ///
    /// # Errors
    /// A template that cannot be written.
    pub fn show_with(&self, status: StatusCode, page: &impl Template) -> Answer<Response> {
        let mut answer = html(status, page.render())?;
        if let Some(spent) = &self.spent {
            answer.headers_mut().append(header::SET_COOKIE, spent.clone());
        }
        Ok(answer)
    }
}

/// The frame of a page that visitors see, too.
impl FromRequestParts<Backbone> for Shell {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, backbone: &Backbone) -> Result<Self, Problem> {
        if let Some(visit) = OperatorVisit::read(backbone, parts).await? {
            let known = Known::of_operator(backbone, visit).await?;
            return Ok(Self::of(backbone, parts, known.as_ref())?);
        }
        let MaybeVisitor(visitor) = MaybeVisitor::from_request_parts(parts, backbone).await?;
        let known = match visitor {
            Some(visitor) => Known::load(backbone, visitor, None).await?,
            None => None,
        };
        Ok(Self::of(backbone, parts, known.as_ref())?)
    }
}

/// The path of a request, with its query.
pub(crate) fn asked_path(parts: &Parts) -> String {
    let uri = parts.extensions.get::<AskedAt>().map_or(&parts.uri, |asked| &asked.0);
    uri.path_and_query().map_or_else(|| "/".to_owned(), |path| path.as_str().to_owned())
}

/// A rendered page as an answer.
///
/// # Errors
/// A template that cannot be written.
pub fn html(status: StatusCode, rendered: Result<String, askama::Error>) -> Answer<Response> {
    let page = rendered.context("writing a page")?;
    Ok((status, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], page).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_name_an_organization_that_is_not_the_selected_one() {
        let organization =
            Organization { id: "7".into(), name: "Riverside".into(), role: "owner".into(), current: true };
        let viewer = Viewer {
            name: None,
            email: "ada@example.org".into(),
            organizations: vec![organization],
            token: "t".into(),
        };
        let mut shell = Shell { viewer: Some(viewer), ..Shell::default() };
        assert_eq!(shell.link("/keys"), "/keys");
        shell.pinned = true;
        assert_eq!(shell.link("/keys?a=b#c"), "/keys?a=b&organization=7#c");
        assert_eq!(shell.viewer.as_ref().map(Viewer::initial).as_deref(), Some("A"));
    }
}
