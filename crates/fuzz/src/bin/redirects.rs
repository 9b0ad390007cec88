//! `make fuzz` runs it: see [`freehold_fuzz::redirects`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| freehold_fuzz::redirects(data));
