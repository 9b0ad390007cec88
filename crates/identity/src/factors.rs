//! Second factors and passkeys.

pub mod enrolled;
pub mod factor;
pub mod passkey;
