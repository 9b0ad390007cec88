//! `freehold keys check`: whether a text is an API key, by its checksum. It needs no settings and no database.

use std::io::{self, Read, stdin};

use anyhow::{Context, Result, bail};
use freehold_identity::api_key::ApiKey;

/// Most bytes that are read: a key has 57, and a longer text is none.
const MOST: u64 = 1_024;

/// Checks the key on standard input. It is never an argument, which other users of the machine could read.
///
/// # Errors
/// When standard input cannot be read or has no key. The message does not contain the text.
#[expect(clippy::print_stdout, reason = "this is what the command is for")]
pub fn check() -> Result<()> {
    println!("{}", checked(stdin().lock())?);
    Ok(())
}

/// What to say of the key that `input` has.
fn checked(input: impl Read) -> Result<String> {
    let mut text = Vec::new();
    input.take(MOST).read_to_end(&mut text).context("reading standard input")?;
    let text = text.trim_ascii();
    if text.is_empty() {
        bail!("standard input is empty: pipe an API key into the command, such as `freehold keys check < key.txt`");
    }
    let text = std::str::from_utf8(text).map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8"));
    let key = text.map(ApiKey::parse).context("this is not an API key of Freehold")?;
    let key = key.context("this is not an API key of Freehold")?;
    let kind = if key.live() { "live" } else { "test" };
    Ok(format!("{kind} API key {key}: its checksum is right. Whether it still works, only the server knows."))
}

#[cfg(test)]
mod tests {
    use freehold_core::Random;

    use super::*;

    #[test]
    fn a_key_is_recognised_with_spaces_around_it() {
        for live in [true, false] {
            let key = ApiKey::generate(live, &Random::system());
            let (prefix, secret) = (key.lookup_prefix().to_owned(), key.into_secret());
            let said = checked(format!(" {}\r\n", secret.expose()).as_bytes()).unwrap();
            let kind = if live { "live" } else { "test" };
            assert!(said.starts_with(&format!("{kind} API key sk_{kind}_{prefix}…: its checksum is right")), "{said}");
            assert!(!said.contains(&secret.expose()[8..17]), "{said}");
        }
    }

    #[test]
    fn what_is_no_key_is_refused_without_being_shown() {
        let key = ApiKey::generate(true, &Random::seeded(7)).into_secret();
        let mistyped = key.expose().replace('w', "v");
        let long = "x".repeat(5_000);
        for (text, why) in [
            ("", "is empty"),
            (" \n", "is empty"),
            (mistyped.as_str(), "checksum"),
            (&key.expose()[..56], "57 characters"),
            (long.as_str(), "sk_live_"),
        ] {
            let said = format!("{:#}", checked(text.as_bytes()).unwrap_err());
            assert!(said.contains(why), "{said}");
            assert!(text.trim().is_empty() || !said.contains(&text[8..]), "{said}");
        }
        let said = format!("{:#}", checked(&[0xff, 0xfe][..]).unwrap_err());
        assert!(said.contains("not an API key") && said.contains("UTF-8"), "{said}");
    }
}
