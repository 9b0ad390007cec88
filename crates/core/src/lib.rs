//! The types that all crates share. No I/O: nothing here opens a socket, a file or a database.
//!
//! Read in this order: [`Id`] identifies resources, [`Permission`] and [`Role`] say who may do what, [`Bounds`] limit a
//! derived credential, [`Caller`] is who acts, [`Error`] is how a capability fails. [`Clock`], [`Random`] and [`Ids`]
//! inject time and randomness, [`Money`] is an amount, [`Secret`] hides a text, [`Page`] is a page of a list.
//! [`percent_encode`] encodes texts for URLs, [`slug()`] makes names for URLs, [`formula_guard`] protects spreadsheets,
//! [`EmailAddress`] parses e-mail addresses, [`name_check`] checks names, [`reason_check`] an operator's reason, and [`mail_name`] and [`mail_text()`] prepare
//! users' texts for mails to others.

mod authority;
mod caller;
mod clock;
mod email_address;
mod error;
mod formula;
mod hidden;
mod id;
mod impersonator;
mod mail_text;
mod money;
mod page;
mod percent;
mod permission;
mod random;
mod reason;
mod secret;
mod slug;

pub use authority::Bounds;
pub use caller::{Actor, Caller, Plan, Standing};
pub use clock::Clock;
pub use email_address::{EmailAddress, EmailAddressError};
pub use error::{Code, Context, Error, FieldError, Limit, OptionExt, Result, codes};
pub use formula::{formula_guard, formula_unguard};
pub use hidden::{HiddenCharacter, name_check, visible_line};
pub use id::{
    ApiKeyId, ApiKeyKind, Id, Ids, ImpersonationId, ImpersonationKind, Kind, OperatorId, OperatorKind, ServiceKeyId,
    ServiceKeyKind, SessionId, SessionKind, TenantId, TenantKind, UserId, UserKind,
};
pub use impersonator::Impersonator;
pub use mail_text::{mail_address, mail_name, mail_text};
pub use money::{Currency, Money, ParseMoneyError};
pub use page::{Cursor, Page, PageRequest, Place, PlacePage, PlaceRequest};
pub use percent::percent_encode;
pub use permission::{Action, Area, Permission, Role, Scopes};
pub use random::Random;
pub use reason::reason_check;
pub use secret::Secret;
pub use slug::{slug, slug_is_reserved};
