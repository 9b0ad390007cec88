//! Second factors and passkeys.

pub mod factor;
pub mod passkey;
