//! The supported version of Stripe's API.

/// The version of Stripe's API whose objects the sandbox returns. The `stripe` packages of npm (23.1.0) and `PyPI`
/// (16.1.0), with which the tests run, require this version.
///
/// Some fields have other places since recent versions: the current period is on a subscription's *items* (since
/// 2025-03-31), an invoice's subscription is under `parent.subscription_details`, its payments are in `payments` and
/// not in `payment_intent`, a line's price is under `pricing.price_details`, and previews are at `POST
/// /v1/invoices/create_preview`. A request for a version with other forms is refused.
pub const API_VERSION: &str = "2026-10-28.endive";

/// The versions whose objects have this form: versions of one release train only add to it.
pub(crate) const SPOKEN: &[&str] = &["2026-09-30.endive", API_VERSION];
