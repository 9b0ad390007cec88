//! One request.

use freehold_outbound::{
    Bytes, HeaderMap, HeaderValue, Method, Request, header,
    signature::{self, sign_headers},
};

use super::{Claimed, book::Known};
use crate::webhook::{
    Attempt, Parts,
    attempt::{CONTENT_TYPE, USER_AGENT},
    verdict::Verdict,
};

/// Signs and sends a delivery. Returns the attempt and what follows from it.
pub(super) async fn post(
    parts: &Parts,
    delivery: &Claimed,
    endpoint: &Known,
    body: Option<Bytes>,
) -> (Attempt, Verdict) {
    let now = parts.clock.now();
    let Some(body) = body else {
        return (Attempt::not_made(now, endpoint.url.clone(), "The event is no longer kept."), Verdict::given_up());
    };
    let Some((url, keys)) = &endpoint.means else {
        let attempt = Attempt::not_made(now, endpoint.url.clone(), "An internal error occurred.");
        return (attempt, Verdict::again(delivery.tried, None, now, &parts.random));
    };
    let mut headers = HeaderMap::with_capacity(8);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(CONTENT_TYPE));
    headers.insert(header::USER_AGENT, HeaderValue::from_static(USER_AGENT));
    sign_headers(&mut headers, &keys.at(now), &delivery.event_id.to_string(), now, &body);
    let signature = headers.get(&signature::SIGNATURE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let attempt = Attempt::begin(now, endpoint.url.clone(), signature.to_owned());
    let time_limit = parts.settings.time_limit;
    let result =
        parts.outbound.send(Request { url: url.clone(), method: Method::POST, headers, body, time_limit }).await;
    let verdict = Verdict::of(&result, delivery.tried, parts.clock.now(), &parts.random);
    (attempt.ended(&result), verdict)
}
