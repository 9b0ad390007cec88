//! Repeatable random numbers: ids and chaos come from a seed.

use serde::{Deserialize, Serialize};

/// A repeatable sequence (`SplitMix64`, Steele, Lea, Flood 2014). Not for secrets, of which the sandbox has none.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Random(u64);

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

impl Random {
    #[cfg(test)]
    pub(crate) fn seeded(seed: u64) -> Self {
        Self(seed)
    }

    /// A sequence of its own for `name`, so that one account's ids do not depend on another account.
    pub(crate) fn named(seed: u64, name: &str) -> Self {
        // FNV-1a: it spreads names well enough and gives the same result on every machine.
        let hash = name
            .bytes()
            .fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3));
        Self(seed ^ hash)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `bound`; 0 when `bound` is 0.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        if bound == 0 { 0 } else { self.next() % bound }
    }

    /// Whether an event with this probability (0 to 1) happens.
    pub(crate) fn happens(&mut self, probability: f64) -> bool {
        // A number is drawn even if the event cannot happen, so that changing one probability does not shift the
        // numbers of the others.
        let roll = u32::try_from(self.next() >> 32).unwrap_or(u32::MAX);
        f64::from(roll) / f64::from(u32::MAX) < probability
    }

    /// Random letters and digits, as in Stripe's ids.
    pub(crate) fn letters(&mut self, length: usize) -> String {
        (0..length).map(|_| char::from(ALPHABET[usize::try_from(self.below(62)).unwrap_or(0)])).collect()
    }

    /// An id with Stripe's prefix.
    pub(crate) fn id(&mut self, prefix: &str) -> String {
        format!("{prefix}_{}", self.letters(24))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_repeats_and_a_name_differs() {
        let ids = |seed, name| {
            let mut random = Random::named(seed, name);
            (0..3).map(|_| random.id("cus")).collect::<Vec<_>>()
        };
        assert_eq!(ids(1, "sk_test_a"), ids(1, "sk_test_a"));
        assert_ne!(ids(1, "sk_test_a"), ids(1, "sk_test_b"));
        assert_ne!(ids(1, "sk_test_a"), ids(2, "sk_test_a"));
    }

    #[test]
    fn probabilities_are_kept_roughly_and_at_the_ends_exactly() {
        let mut random = Random::seeded(7);
        assert!((0..1000).all(|_| !random.happens(0.0)));
        let hits = (0..10_000).filter(|_| random.happens(0.3)).count();
        assert!((2_700..3_300).contains(&hits), "{hits}");
        assert!((0..1000).all(|_| random.happens(1.0 + f64::EPSILON)));
    }
}
