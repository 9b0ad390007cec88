//! What operators' secrets are sealed and signed for.

use freehold_vault::Purpose;

/// Digests of the tokens with which operators set up their accounts.
pub const SET_UP: Purpose = Purpose::new("operator_set_up");
/// Tokens of operators' sessions.
pub const SESSION: Purpose = Purpose::new("operator_session");
/// Tokens of operators' sessions in organizations.
pub const IMPERSONATION: Purpose = Purpose::new("impersonation");

/// All of them.
pub const ALL: &[Purpose] = &[SET_UP, SESSION, IMPERSONATION];
