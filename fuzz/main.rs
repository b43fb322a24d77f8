//! The fuzzer: libFuzzer around the target that `LANTERM_FUZZ_TARGET` names. See `scripts/fuzz`.
#![no_main]

use std::sync::OnceLock;

mod targets;

/// The target's body, looked up once.
static BODY: OnceLock<targets::Body> = OnceLock::new();

libfuzzer_sys::fuzz_target!(
    init: {
        let name = std::env::var("LANTERM_FUZZ_TARGET").unwrap_or_default();
        let names = targets::ALL.map(|(name, _)| name).join(", ");
        let Some((_, body)) = targets::ALL.into_iter().find(|(known, _)| *known == name) else {
            eprintln!("error: set LANTERM_FUZZ_TARGET to one of {names}");
            std::process::exit(2);
        };
        BODY.get_or_init(|| body);
    },
    |data: &[u8]| {
        if let Some(body) = BODY.get() {
            body(data);
        }
    }
);
