//! The backbone's API, over the real router.

mod malformed;
