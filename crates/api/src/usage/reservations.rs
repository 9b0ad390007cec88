//! Usage of actions that take a while: reserved when they begin, committed or released when they end.

use axum::{extract::State, response::Response};
use freehold_core::{Area, Error, Permission};
use freehold_db::TenantTx;
use freehold_metering::{
    application::{Committed, meter_recordable, reservation_commit, reservation_release},
    usage,
};
use freehold_web::{Answer, Application, Backbone, Creation, Json};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{check::one, quantity_check};

/// Longest time that a reservation may last, in seconds: a day.
const LONGEST: i64 = 86_400;

/// Usage to reserve.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReserveUsage {
    /// Id of the meter, such as `orders`; the product's `product.toml` declares it.
    meter: String,
    /// How much the action may use at most, in the meter's unit; 1 when left out.
    #[serde(default = "one")]
    #[schema(minimum = 1, maximum = 1_000_000_000_000_i64, default = 1)]
    quantity: i64,
    /// Seconds after which the reservation expires if it is neither committed nor released, 1 to 86,400; 900 when left
    /// out. Choose more than the action ever takes.
    #[serde(default = "quarter_of_an_hour")]
    #[schema(minimum = 1, maximum = 86_400, default = 900)]
    ttl_seconds: i64,
}

fn quarter_of_an_hour() -> i64 {
    900
}

/// A reservation of usage.
#[derive(Serialize, ToSchema)]
pub(crate) struct UsageReservationBody {
    /// Id of the reservation, to commit or release it.
    reservation_id: Uuid,
    /// Id of the meter.
    meter: String,
    /// Reserved quantity, in the meter's unit.
    quantity: i64,
    /// When the reservation expires, UTC.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
    /// The plan's limit in the meter's unit; null for unlimited.
    limit: Option<i64>,
    /// Usage in the current period, in the meter's unit, including everything that is reserved.
    used: i64,
    /// What can still be used, in the meter's unit; null for unlimited.
    remaining: Option<i64>,
    /// When the count restarts, UTC; null for levels.
    #[schema(value_type = Option<String>, format = DateTime)]
    resets_at: Option<Timestamp>,
    /// Page on which the organization's administrators buy a larger plan.
    #[schema(format = "uri")]
    upgrade_url: String,
}

/// Reserve usage
///
/// Reserves a quantity for an action that begins now. The limit is exact, whatever runs at once: where the quantity
/// does not fit, the answer is 402 with `limit`, `used` and `upgrade_url`. Commit the reservation when the action
/// succeeded, and release it when the action failed.
#[utoipa::path(
    post, path = "/usage/reserve", tag = "Usage and plans", request_body = ReserveUsage,
    security(("service" = [])),
    params(
        ("X-Organization-Id" = Uuid, Header, description = "Id of the organization that uses something"),
        ("Idempotency-Key" = Option<String>, Header, description = "Key of the request, at most 255 characters: a \
         retry with the same key gets the first answer again"),
    ),
    responses((status = 201, body = UsageReservationBody)),
)]
pub(crate) async fn usage_reserve(
    State(backbone): State<Backbone>,
    Application(caller): Application,
    creation: Creation<ReserveUsage>,
) -> Answer<Response> {
    caller.allow(Permission::write(Area::Usage))?;
    caller.allow_change()?;
    let create = async |tx: &mut TenantTx, new: ReserveUsage| {
        meter_recordable(&backbone.product, &new.meter, "/meter")?;
        quantity_check("/quantity", new.quantity, 1)?;
        if !(1..=LONGEST).contains(&new.ttl_seconds) {
            let message = format!("expected a whole number of seconds from 1 to {LONGEST}");
            return Err(Error::invalid("/ttl_seconds", message));
        }
        let id = tx.id::<()>().uuid();
        let expires_at = tx.now() + SignedDuration::from_secs(new.ttl_seconds);
        let allowance = backbone.entitlements.allowance(&backbone.db, &caller, &new.meter).await?;
        let used = usage::usage_reserve(tx, &allowance, id, new.quantity, expires_at).await?;
        Ok(UsageReservationBody {
            reservation_id: id,
            meter: new.meter,
            quantity: new.quantity,
            expires_at,
            limit: allowance.at_most,
            used,
            remaining: allowance.remaining(used),
            resets_at: allowance.period_end,
            upgrade_url: backbone.billing_url(),
        })
    };
    Ok(creation.run(&backbone, &caller, create).await?)
}

/// A reservation to commit.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CommitUsage {
    /// Id of the reservation.
    reservation_id: Uuid,
    /// How much the action really used, in the meter's unit; what was reserved when left out. More than was reserved is
    /// recorded as well, since it was used.
    #[schema(minimum = 1, maximum = 1_000_000_000_000_i64)]
    quantity: Option<i64>,
}

/// A reservation that became usage.
#[derive(Serialize, ToSchema)]
pub(crate) struct CommittedUsageBody {
    /// Id of the reservation.
    reservation_id: Uuid,
    /// Id of the meter.
    meter: String,
    /// The recorded quantity, in the meter's unit.
    quantity: i64,
}

/// Commit a reservation
///
/// Records what an action used, after it succeeded, in the period in which it was reserved. Repeating the request
/// changes nothing and returns what was recorded. Also works in a suspended or archived organization, for actions that
/// began before.
#[utoipa::path(
    post, path = "/usage/commit", tag = "Usage and plans", request_body = CommitUsage,
    security(("service" = [])),
    params(("X-Organization-Id" = Uuid, Header, description = "Id of the organization that uses something")),
    responses((status = 200, body = CommittedUsageBody)),
)]
pub(crate) async fn usage_commit(
    State(backbone): State<Backbone>,
    Application(caller): Application,
    Json(body): Json<CommitUsage>,
) -> Answer<Json<CommittedUsageBody>> {
    // What began before the suspension is completed.
    let caller = caller.allow_taking_away(Permission::write(Area::Usage))?;
    let CommitUsage { reservation_id, quantity } = body;
    if let Some(quantity) = quantity {
        quantity_check("/quantity", quantity, 1)?;
    }
    let mut tx = backbone.db.tenant(&caller).begin().await?;
    let committed = reservation_commit(&mut tx, &backbone.product, reservation_id, quantity).await?;
    tx.commit().await?;
    let Committed { meter, quantity } = committed;
    Ok(Json(CommittedUsageBody { reservation_id, meter, quantity }))
}

/// A reservation to release.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReleaseUsage {
    /// Id of the reservation.
    reservation_id: Uuid,
}

/// Whether a reservation was released.
#[derive(Serialize, ToSchema)]
pub(crate) struct ReleasedUsageBody {
    /// Id of the reservation.
    reservation_id: Uuid,
    /// Whether this request released it; false when it was committed or released before, or has expired.
    released: bool,
}

/// Release a reservation
///
/// Gives a reserved quantity back, after its action failed. Repeating the request changes nothing. Also works in a
/// suspended or archived organization.
#[utoipa::path(
    post, path = "/usage/release", tag = "Usage and plans", request_body = ReleaseUsage,
    security(("service" = [])),
    params(("X-Organization-Id" = Uuid, Header, description = "Id of the organization that uses something")),
    responses((status = 200, body = ReleasedUsageBody)),
)]
pub(crate) async fn usage_release(
    State(backbone): State<Backbone>,
    Application(caller): Application,
    Json(body): Json<ReleaseUsage>,
) -> Answer<Json<ReleasedUsageBody>> {
    let caller = caller.allow_taking_away(Permission::write(Area::Usage))?;
    let ReleaseUsage { reservation_id } = body;
    let mut tx = backbone.db.tenant(&caller).begin().await?;
    let released = reservation_release(&mut tx, &backbone.product, reservation_id).await?;
    tx.commit().await?;
    Ok(Json(ReleasedUsageBody { reservation_id, released }))
}
