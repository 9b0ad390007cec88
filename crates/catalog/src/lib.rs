//! The product definition: `product.toml`, parsed and validated, with the line of every mistake. No I/O: this crate
//! gets the text and the file's name.
//!
//! Read in this order: [`Product`] is the whole file, a [`Meter`] is something counted, a [`Module`] a part of the
//! product that plans switch on, a [`Plan`] has limits and a [`Price`]. A [`Limit`] is the amount of a meter, over a
//! [`Period`] or a [`Window`]. [`Exports`] limits exports of an organization's
//! data. An [`Event`] is a type of events that the application publishes. A [`Brand`] with its
//! [`Color`] is the branding of mails, [`MailWords`] their texts. [`Known`] is what the program's modules declare, as
//! far as the file may name it. [`Mistakes`] are the errors of a file. `read/` turns the text into values.
//!
//! ```
//! let text = r#"
//!     id = "notes"
//!     name = "Notes"
//!     description = "Notes that find themselves."
//!     tenancy = "personal"
//!     isolation = "shared"
//!     sign_in = ["password"]
//!     default_plan = "free"
//!     currency = "usd"
//!
//!     [meters.notes]
//!     name = "notes"
//!     kind = "level"
//!
//!     [plans.free]
//!     version = 1
//!     name = "Free"
//!     price = "free"
//!     [plans.free.limits]
//!     notes = 20
//! "#;
//! let product = freehold_catalog::Product::parse("product.toml", text)?;
//! assert_eq!(product.default_plan().limit("notes").and_then(|limit| limit.amount()), Some(20));
//! # Ok::<(), freehold_catalog::Mistakes>(())
//! ```

mod brand;
mod change;
mod color;
mod counter;
mod event;
mod exports;
mod known;
mod limit;
mod mail;
mod meter;
mod mistake;
mod module;
mod period;
mod plan;
mod price;
mod product;
mod queue;
mod read;
mod size;
mod trial;

pub use brand::Brand;
pub use change::Change;
pub use color::Color;
pub use counter::{Counter, CounterKind, MEMBERS};
pub use event::{Event, EventField, FieldKind, RESERVED_EVENTS};
pub use exports::{ExportLimit, Exports};
pub use known::Known;
pub use limit::Limit;
pub use mail::MailWords;
pub use meter::{Meter, MeterKind, RecordedBy, Unit};
pub use mistake::{Mistake, Mistakes};
pub use module::{Module, Modules};
pub use period::{Per, Period, Window};
pub use plan::{Plan, Processing};
pub use price::Price;
pub use product::{Isolation, Product, SignIn, Tenancy};
pub use queue::Queue;
pub use size::bytes_display;
pub use trial::{Lifecycle, Trial};
