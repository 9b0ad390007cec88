//! Verifying a customer's API key for the product's application, to which the customer sent it.

use std::net::IpAddr;

use axum::extract::State;
use freehold_core::{Actor, ApiKeyId, Caller, Error, Role, Secret, Standing, TenantId};
use freehold_identity::key::KeyRefusal;
use freehold_metering::rate::{Rate, rate_take};
use freehold_web::{Answer, Backbone, Json, KeyVerdict, Operator};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::KeyMode;

/// Longest text in place of a key, in bytes; a key has 57.
const LONGEST: usize = 200;

/// The API key to verify.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct VerifyKey {
    /// The whole key that a customer sent to your application. It is neither stored nor logged.
    #[schema(value_type = String, min_length = 1, max_length = 200)]
    key: Secret,
    /// Network address from which the customer sent the key, IPv4 or IPv6. A key with allowed networks is valid only
    /// with an address in them.
    #[schema(min_length = 2, max_length = 45)]
    address: Option<String>,
}

/// Whether an API key works, and for whom. Where it does not work, only `valid` and `reason` have values.
#[derive(Default, Serialize, ToSchema)]
pub(crate) struct KeyVerificationBody {
    /// Whether the key works now. Also look at `rate_limit.exceeded`.
    valid: bool,
    /// Why the key does not work; null for a key that works.
    reason: Option<KeyRefusal>,
    /// Id of the key.
    #[schema(value_type = Option<Uuid>)]
    key_id: Option<ApiKeyId>,
    /// Id of the organization that the key belongs to.
    #[schema(value_type = Option<Uuid>)]
    organization_id: Option<TenantId>,
    /// Role of the key, limited by the current role of the key's user.
    role: Option<Role>,
    /// Scopes that narrow the role, such as `usage:read`; null for everything that the role allows. An empty list
    /// allows nothing.
    scopes: Option<Vec<String>>,
    /// Mode of the key: `live` or `test`.
    mode: Option<KeyMode>,
    /// Id of the organization's plan.
    plan: Option<String>,
    /// Version of the plan that the organization is on.
    plan_version: Option<i32>,
    /// State of the organization: `good`, `suspended` (read-only until a payment), `archived` (only paying and leaving
    /// work) or `closing` (read-only, it is being deleted).
    standing: Option<Standing>,
    /// The tightest rate limit of the key after this request; null where the plan has none.
    rate_limit: Option<KeyRateLimitBody>,
}

/// The rate limit of a key.
#[derive(Serialize, ToSchema)]
pub(crate) struct KeyRateLimitBody {
    /// Id of the meter.
    meter: String,
    /// Number of requests in a window.
    limit: i64,
    /// Length of the window, in seconds.
    window_seconds: u32,
    /// Number of requests left in this window.
    remaining: i64,
    /// Seconds until the next window begins.
    reset_seconds: u32,
    /// Whether the limit is exceeded. Refuse the customer's request with 429.
    exceeded: bool,
}

/// Verify an API key
///
/// Returns whether a customer's API key works, its organization, scopes, mode and plan. Each verification counts as one
/// request of the key against the rate limits of its plan. With `X-Organization-Id`, keys of other organizations are
/// invalid.
#[utoipa::path(
    post, path = "/keys/verify", tag = "API keys", request_body = VerifyKey,
    security(("service" = [])),
    params(("X-Organization-Id" = Option<Uuid>, Header, description = "Id of the organization that the key must belong \
     to; any organization when left out")),
    responses((status = 200, body = KeyVerificationBody)),
)]
pub(crate) async fn key_verify(
    State(backbone): State<Backbone>,
    operator: Operator,
    Json(body): Json<VerifyKey>,
) -> Answer<Json<KeyVerificationBody>> {
    let text = body.key.expose();
    // Never with the text, which may be a valid key with something around it.
    if !(1..=LONGEST).contains(&text.len()) || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Error::invalid("/key", format!("expected 1 to {LONGEST} visible ASCII characters")).into());
    }
    let address: Option<Result<IpAddr, _>> = body.address.as_deref().map(str::parse);
    let address = address.transpose().map_err(|_| Error::invalid("/address", "expected an IPv4 or IPv6 address"))?;
    let caller = match backbone.key_verify(text, operator.organization, address).await? {
        KeyVerdict::Valid(caller) => caller,
        KeyVerdict::Invalid(reason) => {
            return Ok(Json(KeyVerificationBody { reason: Some(reason), ..KeyVerificationBody::default() }));
        }
    };
    backbone.key_use_count(&caller);
    let (rate, verdict) = rate_take(&backbone.db, &backbone.entitlements, &caller, backbone.clock.now()).await?;
    Ok(Json(valid(&caller, rate, verdict.is_err())))
}

fn valid(caller: &Caller, rate: Option<Rate>, exceeded: bool) -> KeyVerificationBody {
    let live = matches!(caller.actor(), Actor::Key { live: true, .. });
    KeyVerificationBody {
        valid: true,
        reason: None,
        key_id: caller.api_key(),
        organization_id: Some(caller.tenant()),
        role: Some(caller.role()),
        scopes: (!caller.scopes().are_everything()).then(|| caller.scopes().names().to_vec()),
        mode: Some(KeyMode::of(live)),
        plan: Some(caller.plan().id.clone()),
        plan_version: Some(caller.plan().version),
        standing: Some(caller.standing()),
        rate_limit: rate.map(|rate| {
            let Rate { meter, limit, window_seconds, remaining, reset_seconds } = rate;
            KeyRateLimitBody { meter, limit, window_seconds, remaining, reset_seconds, exceeded }
        }),
    }
}
