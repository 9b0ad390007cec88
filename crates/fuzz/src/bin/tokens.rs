//! Started by `make fuzz`; see [`freehold_fuzz::tokens`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| freehold_fuzz::tokens(data));
