//! What receivers outside think of what is sent: [`verifiers`] asks the official libraries, [`signatures`] what they say
//! of our signatures.

mod signatures;
pub(crate) mod verifiers;
