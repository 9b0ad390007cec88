//! The one place that says whose shapes these are.

/// The version of Stripe's API whose objects the sandbox speaks: what the `stripe` packages of npm (23.1.0) and `PyPI`
/// (16.1.0) pin, which the tests drive it with.
///
/// Where things stand as of this version, and stood elsewhere before: the current period on a subscription's *items*
/// (since 2025-03-31), an invoice's subscription under `parent.subscription_details`, its payments in `payments` and
/// not in `payment_intent`, a line's price under `pricing.price_details`, previews at `POST /v1/invoices/create_preview`.
/// A request that asks for a version with other shapes is refused.
pub const API_VERSION: &str = "2026-10-28.endive";

/// The versions with these shapes: those of a release train differ in what was added.
pub(crate) const SPOKEN: &[&str] = &["2026-09-30.endive", API_VERSION];
