//! Mails: what each of them says. Pure: a template's name and its data go in, subject, text and HTML come out.
//!
//! A mail's code is never in its subject and never in its preview line: both are shown on locked screens, and whoever
//! reads the code may sign in.
//!
//! Read in this order: [`Template`] names the mails there are, [`Mail`] is one of them with its data, [`Address`] is
//! where it goes.

mod address;
mod line;
mod sign_in;
mod template;

pub use address::Address;
pub use sign_in::SignIn;
pub use template::{Mail, Template};
