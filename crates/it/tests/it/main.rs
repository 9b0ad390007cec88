//! The one integration-test binary of the workspace.
//!
//! [`api`], [`application`], [`authority`], [`billing`], [`operators`], [`pages`] and [`organization_pages`] test the whole server with
//! the voice product; [`walk`] lists every operation with a valid request; [`house`] checks the rules of this repository
//! against the source tree and the API document. The tests of one capability or product are in its own folder.

#![expect(clippy::unwrap_used, reason = "a test's helpers are tests too, which clippy sees in a #[test] only")]

mod api;
mod application;
mod authority;
mod billing;
mod event_catalog;
mod exports;
mod fifth_product;
mod house;
mod imports;
mod operators;
mod organization_pages;
mod pages;
mod secrets;
mod signed_in;
mod walk;

use freehold::products::product;
use freehold_testing as harness;
use harness::app::Setup;

/// The setup of a server with the voice product.
fn voice() -> Setup {
    Setup::of_product(&freehold_voice::PRODUCT)
}

/// The setup of a server with the product of this name.
fn of(name: &str) -> Setup {
    // Leaked: it lives as long as the test's process.
    Setup::of_product(Box::leak(Box::new(product(name).unwrap())))
}
