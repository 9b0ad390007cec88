//! The demo of a product: a walk over HTTP through a running server, in which every answer is checked.
//!
//! A product's [`Surface`](crate::Surface) names its [`Demo`], which runs steps with a [`Play`]. What every product
//! needs is here: a user signs up ([`sign_up()`]), and a key is revoked ([`revocation()`]). `freehold demo` brings the
//! HTTP client.

mod paint;
mod play;
mod print;
mod revocation;
mod sign_up;
mod step;
pub mod text;

use futures_util::future::BoxFuture;

pub use paint::Paint;
pub use play::{Broken, Play, Played};
pub use print::{Printer, outcome};
pub use revocation::revocation;
pub use sign_up::{Member, Organization, key_make, sign_up, who_am_i};
pub use step::{Answer, Badge, Request, Server, Step};

/// The steps of a demo, in the order in which a customer would meet them.
pub type Demo = for<'a> fn(&'a mut Play) -> BoxFuture<'a, Played<()>>;
