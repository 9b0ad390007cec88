//! Freehold.
fn main() {}
