//! Exports and erasure as a module of the program.

use freehold_module::Module;

/// Exports and erasure.
pub const fn module<C>() -> Module<C> {
    Module::named("privacy")
}
