//! Whose pages these are.

/// The product that is sold here. On every page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Brand {
    /// What people call it: `VoiceFX AI`.
    pub product_name: String,
    /// Where it is, without a slash at the end: `https://app.example.org`. What examples for programs call.
    pub site_url: String,
}
