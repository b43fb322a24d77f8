//! The only taker of the system's randomness: it seeds the generators the core runs on.

use rand::SeedableRng;
use rand::TryRng;
use rand::rngs::SysRng;
use rand_chacha::ChaCha12Rng;

/// Random bytes from the system.
///
/// # Panics
/// When the system has no randomness to give, which no supported system does after its start.
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    SysRng
        .try_fill_bytes(&mut bytes)
        .expect("the system's random number generator works");
    bytes
}

/// A generator seeded by the system.
pub fn rng() -> ChaCha12Rng {
    ChaCha12Rng::from_seed(bytes())
}
