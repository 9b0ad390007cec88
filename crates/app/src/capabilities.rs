//! The modules of the backbone.

use freehold_module::{Module, jobs, platform};

use crate::{App, hooks};

/// The capabilities and what they stand on, in the order in which they are migrated. Products and faces come after
/// them.
pub const fn capabilities() -> [Module<App>; 11] {
    [
        platform(),
        jobs(),
        freehold_identity::module(),
        freehold_metering::module(),
        freehold_tenancy::module(),
        freehold_delivery::module(),
        freehold_billing::module(),
        freehold_files::module(),
        freehold_privacy::module(),
        freehold_operators::module(),
        hooks::module(),
    ]
}
