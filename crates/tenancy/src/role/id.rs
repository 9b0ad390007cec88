//! Ids of custom roles.

use freehold_core::{Id, Kind};

/// Id of a custom role.
pub type RoleId = Id<RoleKind>;

/// The kind of [`RoleId`].
pub enum RoleKind {}
impl Kind for RoleKind {
    const NAME: &'static str = "role";
}
