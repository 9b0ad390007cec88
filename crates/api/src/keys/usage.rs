//! How often an API key is used.

use axum::extract::State;
use freehold_core::ApiKeyId;
use freehold_identity::key::days::{KeyDay, key_days};
use freehold_web::{Answer, Authenticated, Backbone, Json, Path};
use jiff::{civil::Date, tz::TimeZone};
use serde::Serialize;
use utoipa::ToSchema;

/// Requests of an API key on a day.
#[derive(Serialize, ToSchema)]
pub(crate) struct KeyDayBody {
    /// The day, UTC.
    #[schema(value_type = String, format = Date)]
    day: Date,
    /// Number of requests that the key made on this day.
    requests: i64,
}

/// Requests of an API key by day.
#[derive(Serialize, ToSchema)]
pub(crate) struct KeyUsageBody {
    /// The last 90 days, oldest first. The last one is today.
    data: Vec<KeyDayBody>,
}

impl From<KeyDay> for KeyDayBody {
    fn from(KeyDay { day, requests }: KeyDay) -> Self {
        Self { day: day.to_zoned(TimeZone::UTC).date(), requests }
    }
}

/// Get an API key's usage
///
/// Returns how many requests a key made on each of the last 90 days, with those that your application verified. Requests
/// count about ten seconds later; those refused for their network address do not count.
#[utoipa::path(
    get, path = "/keys/{id}/usage", tag = "API keys",
    params(("id" = Uuid, Path, description = "Id of the API key")),
    responses((status = 200, body = KeyUsageBody)),
)]
pub(crate) async fn key_usage_get(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path(id): Path<ApiKeyId>,
) -> Answer<Json<KeyUsageBody>> {
    let days = key_days(&backbone.db, &caller, id).await?;
    Ok(Json(KeyUsageBody { data: days.into_iter().map(KeyDayBody::from).collect() }))
}
