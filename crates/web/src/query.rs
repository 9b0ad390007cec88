//! Reading of the path and the query.

use std::str::FromStr;

use axum::{extract::FromRequestParts, http::request::Parts};
use freehold_core::{Cursor, Error, Id, Kind, PageRequest, Place, PlaceRequest, Result, codes};
use serde::de::DeserializeOwned;
use serde_path_to_error::Segment;
use url::form_urlencoded;

use crate::{Problem, refusal};

/// The id in the path. An invalid id identifies nothing, so it is answered like an unknown one.
#[derive(Clone, Copy, Debug)]
pub struct Path<T>(pub T);

impl<K: Kind, S: Send + Sync> FromRequestParts<S> for Path<Id<K>> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let text = one_segment(parts, state).await;
        text.and_then(|text| Id::from_str(&text).ok()).map(Self).ok_or_else(|| Error::not_found(K::NAME).into())
    }
}

impl<A: Kind, B: Kind, S: Send + Sync> FromRequestParts<S> for Path<(Id<A>, Id<B>)> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = axum::extract::Path::<(String, String)>::from_request_parts(parts, state).await;
        let texts = path.ok().map(|path| path.0);
        let ids = texts.and_then(|(a, b)| Some((Id::from_str(&a).ok()?, Id::from_str(&b).ok()?)));
        ids.map(Self).ok_or_else(|| Error::not_found(B::NAME).into())
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Path<String> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        one_segment(parts, state).await.map(Self).ok_or_else(|| Error::not_found("thing").into())
    }
}

async fn one_segment<S: Send + Sync>(parts: &mut Parts, state: &S) -> Option<String> {
    let path = <axum::extract::Path<String> as FromRequestParts<S>>::from_request_parts(parts, state).await;
    path.ok().map(|path| path.0)
}

/// The query; unknown parameters are refused where the type says so.
#[derive(Clone, Debug)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Ok(Self(read_query(parts.uri.query().unwrap_or_default())?))
    }
}

/// Parses a query; the error names the parameter.
///
/// # Errors
/// `malformed_request`.
pub fn read_query<T: DeserializeOwned>(query: &str) -> Result<T> {
    // Postgres stores no NUL in texts, so the API refuses it, as in bodies.
    if query.contains("%00") {
        return Err(Error::new(codes::MALFORMED_REQUEST, "The query contains the character NUL (%00). Remove it."));
    }
    read_pairs(query.as_bytes()).map_err(|(name, error)| refusal::of_query(&name, &error))
}

/// Parses the fields of a page's form; the error names the field.
///
/// # Errors
/// `malformed_request`.
pub fn read_form<T: DeserializeOwned>(form: &[u8]) -> Result<T> {
    read_pairs(form).map_err(|(name, error)| refusal::of_form(&name, &error))
}

/// Parses names with values; an error has the last name and the parser's text.
fn read_pairs<T: DeserializeOwned>(pairs: &[u8]) -> std::result::Result<T, (String, String)> {
    let reader = serde_urlencoded::Deserializer::new(form_urlencoded::parse(pairs));
    serde_path_to_error::deserialize(reader).map_err(|error| {
        let name = match error.path().iter().next_back() {
            Some(Segment::Map { key }) => key.clone(),
            _ => String::new(),
        };
        (name, error.into_inner().to_string())
    })
}

/// The parameters `limit` and `cursor` of a list.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Paging {
    limit: Option<i64>,
    cursor: Option<String>,
}

impl Paging {
    /// The paging of a list with further parameters.
    pub fn new(limit: Option<i64>, cursor: Option<String>) -> Self {
        Self { limit, cursor }
    }

    /// The requested page.
    pub fn request(&self) -> Result<PageRequest> {
        let cursor = self.cursor.as_deref().map(str::parse::<Cursor>).transpose()?;
        PageRequest::new(self.limit, cursor)
    }

    /// The requested page of a list that is ordered by a time.
    pub fn place_request(&self) -> Result<PlaceRequest> {
        let after = self.cursor.as_deref().map(str::parse::<Place>).transpose()?;
        PlaceRequest::new(self.limit, after)
    }
}
