//! The brand on every page.

/// The product that this server sells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Brand {
    /// Name of the product: `VoiceFX AI`.
    pub product_name: String,
    /// Address of the site without a slash at the end: `https://app.example.org`. Example commands call it.
    pub site_url: String,
}
