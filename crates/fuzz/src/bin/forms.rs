//! Started by `make fuzz`; see [`freehold_fuzz::forms`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| freehold_fuzz::forms(data));
