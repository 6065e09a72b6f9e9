//! The fuzz target whose name is that of the program: every program of Cargo.toml is made of this file.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sandtill_fuzz::run(env!("CARGO_BIN_NAME"), data));
