//! Lists of users, paged by number or by cursor.

use std::fmt::Write;

use axum::{
    extract::State,
    http::{HeaderValue, Uri, header},
    response::{IntoResponse, Response},
};
use freehold_core::{Context, Result};
use freehold_identity::{
    HOUSE,
    admin::{Listing, UserFilter, UserPosition, user_list, user_list_after},
};
use freehold_web::{Answer, Backbone, Json, Query};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{administrator::Administrator, params::invalid};
use crate::auth::body::UserBody;

/// Default page size, in users.
const PAGE: i64 = 50;
/// Largest page size, in users.
const PAGE_MAX: i64 = 1000;

/// Filter, order and page of users. An empty parameter counts as left out.
#[derive(Default, Deserialize)]
pub(crate) struct PeopleQuery {
    page: Option<String>,
    per_page: Option<String>,
    limit: Option<String>,
    cursor: Option<String>,
    filter: Option<String>,
    sort: Option<String>,
    aud: Option<String>,
}

/// A page of users.
#[derive(Serialize, ToSchema)]
pub(crate) struct UserPage {
    /// The users, in the order of `sort`.
    users: Vec<UserBody>,
    /// Audience of the users' access tokens.
    aud: String,
    /// The next page, for requests with `limit` and `cursor` only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pagination: Option<UserPaginationBody>,
}

/// Continuation of a list.
#[derive(Serialize, ToSchema)]
pub(crate) struct UserPaginationBody {
    /// Value of `cursor` for the next page; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
    /// Whether another page follows.
    has_more: bool,
}

/// List users
///
/// Returns the users, newest first. With `page` and `per_page` the total is in `X-Total-Count` and the other pages are
/// in `Link`. With `limit` and `cursor` every page is equally fast.
#[utoipa::path(
    get, path = "/admin/users", tag = "Administration",
    params(
        ("page" = Option<i64>, Query, minimum = 1, description = "Number of the page, from 1; 1 when left out"),
        ("per_page" = Option<i64>, Query, minimum = 1, maximum = 1_000,
         description = "Page size, 1 to 1,000; 50 when left out"),
        ("limit" = Option<i64>, Query, minimum = 1, maximum = 1_000,
         description = "Page size, 1 to 1,000; 50 when left out"),
        ("filter" = Option<String>, Query, description = "Return only users whose e-mail address or `full_name` \
         contains this text"),
        ("sort" = Option<String>, Query, description = "Order of the list: `created_at desc` (the default) or \
         `created_at asc`"),
    ),
    responses((status = 200, body = UserPage)),
)]
pub(crate) async fn admin_user_list(
    State(backbone): State<Backbone>,
    administrator: Administrator,
    uri: Uri,
    Query(query): Query<PeopleQuery>,
) -> Answer<Response> {
    let filter = UserFilter {
        aud: filled(query.aud.as_ref()).unwrap_or("authenticated").to_owned(),
        realm: Some(administrator.realm).filter(|realm| *realm != HOUSE),
        holds: query.filter.clone(),
        oldest_first: oldest_first(query.sort.as_deref())?,
    };
    let numbered = filled(query.page.as_ref()).or(filled(query.per_page.as_ref())).is_some();
    let following = filled(query.limit.as_ref()).or(filled(query.cursor.as_ref())).is_some();
    if following && !numbered {
        following_page(&backbone, filter, &query).await
    } else {
        numbered_page(&backbone, filter, &query, &uri).await
    }
}

async fn numbered_page(backbone: &Backbone, filter: UserFilter, query: &PeopleQuery, uri: &Uri) -> Answer<Response> {
    let (page, per_page) = page_of(query.page.as_ref(), query.per_page.as_ref())?;
    let mut tx = backbone.db.system("administrator lists users").begin().await?;
    let (users, total) = user_list(&mut tx, &filter, per_page, (page - 1).saturating_mul(per_page)).await?;
    drop(tx);
    let mut response = Json(UserPage { users: bodies(users), aud: filter.aud, pagination: None }).into_response();
    page_headers(&mut response, uri, page, per_page, total)?;
    Ok(response)
}

async fn following_page(backbone: &Backbone, filter: UserFilter, query: &PeopleQuery) -> Answer<Response> {
    let limit = number(query.limit.as_ref(), PAGE, "limit")?.min(PAGE_MAX);
    let after = filled(query.cursor.as_ref()).map(position).transpose()?;
    let mut tx = backbone.db.system("administrator lists users").begin().await?;
    let (users, next) = user_list_after(&mut tx, &filter, after, limit).await?;
    drop(tx);
    let next_cursor = next.map(cursor);
    let pagination = Some(UserPaginationBody { has_more: next_cursor.is_some(), next_cursor });
    Ok(Json(UserPage { users: bodies(users), aud: filter.aud, pagination }).into_response())
}

fn bodies(users: Listing) -> Vec<UserBody> {
    users.into_iter().map(|(user, identities)| UserBody::new(user, identities)).collect()
}

/// Page number and page size of a request.
pub(super) fn page_of(page: Option<&String>, per_page: Option<&String>) -> Result<(i64, i64)> {
    Ok((number(page, 1, "page")?, number(per_page, PAGE, "per_page")?.min(PAGE_MAX)))
}

/// `Link` and `X-Total-Count`. Supabase's client reads one character behind the first `=` of each link, so the page
/// comes first.
pub(super) fn page_headers(response: &mut Response, uri: &Uri, page: i64, per_page: i64, total: i64) -> Result<()> {
    let last = (total + per_page - 1) / per_page;
    let kept: Vec<&str> = uri
        .query()
        .unwrap_or_default()
        .split('&')
        .filter(|pair| !pair.is_empty() && !["page", "per_page"].contains(&pair.split('=').next().unwrap_or_default()))
        // Drop characters that delimit links in the header.
        .filter(|pair| !pair.contains(['<', '>', ',', ';', '"']))
        .collect();
    let rest = kept.iter().fold(String::new(), |rest, pair| rest + "&" + pair);
    let path = uri.path();
    let mut links = String::new();
    // Writing to a String cannot fail.
    if page < last {
        let _ = write!(links, "</auth/v1{path}?page={}&per_page={per_page}{rest}>; rel=\"next\", ", page + 1);
    }
    let _ = write!(links, "</auth/v1{path}?page={last}&per_page={per_page}{rest}>; rel=\"last\"");
    let links = HeaderValue::from_str(&links).context("writing the links of a list")?;
    response.headers_mut().insert(header::LINK, links);
    response.headers_mut().insert("x-total-count", HeaderValue::from(total));
    Ok(())
}

fn filled(text: Option<&String>) -> Option<&str> {
    text.map(String::as_str).filter(|text| !text.is_empty())
}

fn number(text: Option<&String>, otherwise: i64, name: &str) -> Result<i64> {
    let Some(text) = filled(text) else { return Ok(otherwise) };
    let read: Option<i64> = text.parse::<u32>().ok().map(i64::from);
    let read = read.ok_or_else(|| invalid(format!("Bad Pagination Parameters: {name} is not a number: {text:?}")))?;
    if read == 0 {
        return Err(invalid(format!("Bad Pagination Parameters: {name} must be greater than 0")));
    }
    Ok(read)
}

fn oldest_first(sort: Option<&str>) -> Result<bool> {
    let Some(sort) = sort.filter(|sort| !sort.is_empty()) else { return Ok(false) };
    let (field, direction) = sort.split_once(' ').unwrap_or((sort, "desc"));
    if field != "created_at" {
        return Err(invalid(format!("Bad Sort Parameters: bad field for sort '{field}'")));
    }
    match direction.to_ascii_lowercase().as_str() {
        "asc" => Ok(true),
        "desc" => Ok(false),
        _ => {
            let message =
                format!("Bad Sort Parameters: bad direction for sort '{direction}', only 'asc' and 'desc' allowed");
            Err(invalid(message))
        }
    }
}

/// An opaque cursor for a position in the list.
fn cursor(position: UserPosition) -> String {
    format!("{}_{}", position.created_at.as_microsecond(), position.id.uuid().simple())
}

fn position(text: &str) -> Result<UserPosition> {
    let bad = || invalid("Bad Pagination Parameters: invalid cursor");
    let (created, id) = text.split_once('_').ok_or_else(bad)?;
    let created = created.parse().ok().and_then(|micros| jiff::Timestamp::from_microsecond(micros).ok());
    let id = id.parse().ok().filter(|_| id.len() == 32);
    match (created, id) {
        (Some(created_at), Some(id)) => Ok(UserPosition { created_at, id }),
        _ => Err(bad()),
    }
}
