//! Fuzzing of the code that reads input of unauthenticated callers: tokens, redirect addresses, forms and bodies. Each
//! function accepts any bytes and panics when a guarantee is broken. `make fuzz` searches for such bytes, guided by
//! code coverage, and a test runs the seeds.

mod forms;
mod redirects;
mod tokens;

pub use forms::forms;
pub use redirects::redirects;
pub use tokens::tokens;

/// Runs a future that never waits.
fn now<T>(future: impl Future<Output = T>) -> T {
    futures_util::FutureExt::now_or_never(future)
        .unwrap_or_else(|| panic!("reading a body in memory waits for nothing"))
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    #[test]
    fn the_seeds_break_nothing() {
        for (name, target) in
            [("tokens", super::tokens as fn(&[u8])), ("redirects", super::redirects), ("forms", super::forms)]
        {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds").join(name);
            let mut seen = 0;
            for seed in fs::read_dir(&folder).unwrap() {
                let seed = fs::read(seed.unwrap().path()).unwrap();
                target(&seed);
                // The seed cut off at each length, and with each byte changed.
                for end in 0..seed.len().min(2_000) {
                    target(&seed[..end]);
                    let mut changed = seed.clone();
                    changed[end] ^= 1 << (end % 8);
                    target(&changed);
                }
                seen += 1;
            }
            assert!(seen >= 3, "{} has no seeds", folder.display());
        }
    }
}
