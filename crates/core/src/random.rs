//! The random source is injected, like the clock.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

/// The source of random bytes: the operating system's generator, or a seed for repeatable tests.
#[derive(Clone, Debug)]
pub struct Random(Source);

#[derive(Clone, Debug)]
enum Source {
    System,
    Seeded(Arc<AtomicU64>),
}

impl Random {
    /// The operating system's cryptographic generator.
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// A repeatable sequence, never for secrets.
    pub fn seeded(seed: u64) -> Self {
        Self(Source::Seeded(Arc::new(AtomicU64::new(seed))))
    }

    /// `N` random bytes.
    ///
    /// # Panics
    /// When the operating system has no randomness, since continuing would create guessable keys.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that asks the machine")]
    #[expect(clippy::expect_used, reason = "no randomness means no safe way on")]
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        match &self.0 {
            Source::System => getrandom::fill(&mut bytes).expect("the operating system gives random bytes"),
            Source::Seeded(state) => {
                for chunk in bytes.chunks_mut(8) {
                    let word = split_mix(state.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::Relaxed)).to_le_bytes();
                    chunk.copy_from_slice(&word[..chunk.len()]);
                }
            }
        }
        bytes
    }

    /// A number below `bound`, with equal probabilities.
    pub fn below(&self, bound: u32) -> u32 {
        let bound = bound.max(1);
        // Values past the last whole multiple of the bound would make small numbers more probable.
        let usable = u32::MAX - u32::MAX % bound;
        loop {
            let value = u32::from_le_bytes(self.bytes());
            if value < usable {
                return value % bound;
            }
        }
    }
}

/// SplitMix64's output function (Steele, Lea, Flood 2014).
fn split_mix(state: u64) -> u64 {
    let z = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn below_stays_below_and_reaches_everything() {
        let random = Random::seeded(7);
        let mut seen = [false; 6];
        for _ in 0..200 {
            seen[random.below(6) as usize] = true;
        }
        assert_eq!(seen, [true; 6]);
    }

    #[test]
    fn the_system_does_not_repeat_itself() {
        let random = Random::system();
        assert_ne!(random.bytes::<16>(), random.bytes::<16>());
    }
}
