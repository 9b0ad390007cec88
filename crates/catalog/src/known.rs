//! What the modules of the program declare, as far as a `product.toml` may name it.

use crate::counter::{Counter, MEMBERS};

/// The names that a `product.toml` may use of what the program does by itself.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// The mails that the program sends, each with the variables of its texts: `product_name` for `{product_name}`.
    pub mails: &'a [(&'a str, &'a [&'a str])],
    /// What the program counts by itself, for `counts` of a meter.
    pub counters: &'a [Counter],
}

/// A program that sends no mails and counts members.
impl Default for Known<'_> {
    fn default() -> Self {
        Self { mails: &[], counters: &[MEMBERS] }
    }
}
