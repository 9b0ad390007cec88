//! `freehold audit`: verifies exports of audit logs, and shows the key that signs them.

use std::{
    fs::File,
    io::{self, BufReader},
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, Result};
use clap::Subcommand;
use freehold_core::Random;
use freehold_tenancy::audit::{AUDIT_HEAD, Expected, Head, Verified, verify};
use freehold_vault::PublicKey;

use crate::{
    secret_key,
    settings::{Options, Settings},
};

/// The actions of `freehold audit`.
#[derive(Subcommand)]
pub enum Action {
    /// Verify an export of an audit log, and name the first entry that is not as it was written; needs no server
    Verify {
        /// File that GET /api/v1/audit/export returned, as JSON lines or CSV; - reads standard input
        file: PathBuf,
        /// Public key of the server, as `freehold audit key` prints it; without it the key in the file is used
        #[arg(long, value_name = "KEY", value_parser = public_key)]
        public_key: Option<PublicKey>,
        /// Number and hash of an entry that is known from elsewhere, such as an earlier head: 17:4f0c…
        #[arg(long, value_name = "NUMBER:HASH")]
        head: Option<Head>,
    },
    /// Print the public keys that verify exports and heads: the one that signs now, then those of previous secret keys
    Key,
}

/// Runs the action.
pub fn audit(options: Options, action: Action) -> Result<ExitCode> {
    match action {
        Action::Verify { file, public_key, head } => check(&file, &Expected { public_key, head }),
        Action::Key => keys(&options.resolve()?),
    }
}

#[expect(clippy::print_stdout, reason = "this is what the command is for")]
fn keys(settings: &Settings) -> Result<ExitCode> {
    for key in secret_key::vault(settings, &Random::system())?.public_keys(AUDIT_HEAD) {
        println!("{key:?}");
    }
    Ok(ExitCode::SUCCESS)
}

#[expect(clippy::print_stdout, reason = "this is what the command is for")]
fn check(file: &Path, expected: &Expected) -> Result<ExitCode> {
    let reading = || format!("reading {}", file.display());
    let verified = if file == Path::new("-") {
        verify(io::stdin().lock(), expected)
    } else {
        verify(BufReader::new(File::open(file).with_context(reading)?), expected)
    };
    match verified.with_context(reading)? {
        Ok(verified) => {
            println!("{}", report(&verified, expected));
            Ok(ExitCode::SUCCESS)
        }
        Err(broken) => {
            println!("not as it was written: {broken}");
            Ok(ExitCode::FAILURE)
        }
    }
}

fn report(verified: &Verified, expected: &Expected) -> String {
    let Verified { organization, exported_at, cut, first, head, erased, public_key } = verified;
    let entries = match head.number - first + 1 {
        0 => "the file has no entries, and is".to_owned(),
        1 => format!("entry {first} is"),
        _ => format!("entries {first} to {} are", head.number),
    };
    let before = match (cut, first - 1) {
        (0, 0) => String::new(),
        (0, before) => format!("\nthe file begins behind entry {before}"),
        (cut, before) if *cut == before => format!("\nentries up to {cut} were deleted because of their age"),
        (cut, before) => {
            format!("\nthe file begins behind entry {before}; entries up to {cut} were deleted because of their age")
        }
    };
    let erased = match erased {
        0 => String::new(),
        1 => "\n1 entry has personal data that was erased".to_owned(),
        some => format!("\n{some} entries have personal data that was erased"),
    };
    let key = match expected.public_key {
        Some(_) => "which is the given key".to_owned(),
        None => "from the file; compare it with that of the server, or give it by --public-key".to_owned(),
    };
    format!(
        "{entries} as written: organization {organization}, exported {exported_at}{before}{erased}\nhead: {head}\nsigned by \
         {public_key:?}, {key}"
    )
}

fn public_key(text: &str) -> Result<PublicKey, String> {
    let digits = |at: usize| text.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok());
    let bytes: Option<Vec<u8>> = (0..text.len()).step_by(2).map(digits).collect();
    let key = bytes.and_then(|bytes| PublicKey::from_bytes(&bytes));
    key.ok_or_else(|| "expected 64 hexadecimal digits, as `freehold audit key` prints them".to_owned())
}

#[cfg(test)]
mod tests {
    use freehold_tenancy::audit::Broken;

    use super::*;

    #[test]
    fn a_report_says_what_was_verified() {
        let public_key = PublicKey::from_bytes(&[0xab; 32]).unwrap();
        let verified = Verified {
            organization: uuid::Uuid::nil(),
            exported_at: "2026-03-15T12:00:00.000000Z".to_owned(),
            cut: 4,
            first: 5,
            head: Head { number: 9, hash: [0x17; 32] },
            erased: 1,
            public_key,
        };
        let text = report(&verified, &Expected::default());
        for said in [
            "entries 5 to 9 are as written: organization 00000000-0000-0000-0000-000000000000, exported 2026-03-15T12",
            "\nentries up to 4 were deleted because of their age\n",
            "\n1 entry has personal data that was erased\n",
            &format!("\nhead: 9:{}\n", "17".repeat(32)),
            &format!("signed by {}, from the file", "ab".repeat(32)),
        ] {
            assert!(text.contains(said), "{said}: {text}");
        }
        let all = Verified { cut: 0, first: 1, erased: 0, ..verified.clone() };
        let text = report(&all, &Expected { public_key: Some(public_key), head: None });
        assert_eq!(text.lines().count(), 3, "{text}");
        assert!(text.ends_with("which is the given key"), "{text}");
        let none = Verified { first: 10, ..verified };
        assert!(report(&none, &Expected::default()).starts_with("the file has no entries, and is as written"));
    }

    #[test]
    fn a_file_that_is_no_export_is_refused() {
        let broken = verify(b"hello".as_slice(), &Expected::default()).unwrap().unwrap_err();
        assert_eq!(broken.to_string().split(':').next(), Some("the first line"));
        let named = Broken { number: Some(7), what: "it is missing".to_owned() };
        assert_eq!(named.to_string(), "entry 7: it is missing");
    }

    #[test]
    fn a_public_key_has_64_digits() {
        let key = public_key(&"0a".repeat(32)).unwrap();
        assert_eq!(key.as_bytes(), &[0x0a; 32]);
        for bad in ["", "0a", &"0a".repeat(33), &"zz".repeat(32), &"ä".repeat(32)] {
            assert!(public_key(bad).is_err(), "{bad}");
        }
    }
}
