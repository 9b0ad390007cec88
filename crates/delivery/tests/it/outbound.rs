//! Sent messages, checked by third-party programs: [`verifiers`] runs the official libraries, [`signatures`] checks the
//! signatures with them.

mod signatures;
pub(crate) mod verifiers;
