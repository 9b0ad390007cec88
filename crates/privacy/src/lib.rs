//! Personal data: exports of an organization's and a user's data, and their erasure.

mod module;

pub use module::module;
