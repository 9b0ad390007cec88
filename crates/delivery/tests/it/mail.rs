//! Mails: sent by the real sender to a real mail server (`aiosmtpd`), and parsed by Python's mail parser.
//!
//! Read in this order: [`server`] is the mail server, [`room`] a database with senders; the other modules are the
//! tests.

mod away;
mod brand;
mod delivered;
mod lanes;
mod once;
mod pages;
mod refused;
mod room;
mod secrets;
mod secure;
mod server;
mod texts;
