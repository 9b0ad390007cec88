//! What leaves the house: mail, and what waits to be sent.

pub mod mail;
