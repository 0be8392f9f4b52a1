#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| souwen_fuzz::anything::decoding(bytes));
