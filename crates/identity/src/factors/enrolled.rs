//! The second factors that users have enrolled.

mod store;

use freehold_core::{Result, UserId};
use freehold_db::{SystemTx, row};
use jiff::Timestamp;
use serde::Deserialize;
use uuid::Uuid;

pub use store::STATEMENTS;

row! {
    /// A second factor (`auth.mfa_factors`).
    #[derive(Clone, Debug, Deserialize)]
    pub struct Factor {
        /// Id of the factor.
        pub id: Uuid,
        /// `totp` or `recovery_code`; imported users may have `phone` and `webauthn`.
        pub kind: String,
        /// Whether the user has entered a right code of it once.
        pub verified: bool,
        /// Name that the user gave it; may be empty.
        pub friendly_name: String,
        /// Phone number of a `phone` factor; empty for other types.
        pub phone: String,
        /// When the factor was created.
        pub created_at: Timestamp,
        /// When the factor was last changed.
        pub updated_at: Timestamp,
        /// When the last challenge was created; none: never.
        pub last_challenged_at: Option<Timestamp>,
    }
}

/// The user's factors, the oldest first, including those that were never verified.
pub async fn factor_list(tx: &mut SystemTx, user: UserId) -> Result<Vec<Factor>> {
    tx.fetch_all(store::factor_list(user)).await
}

/// Whether the user has a verified second factor.
pub(crate) async fn factor_exists(tx: &mut SystemTx, user: UserId) -> Result<bool> {
    Ok(tx.fetch_optional(store::factor_exists(user)).await?.is_some())
}
