//! Codes of an authenticator app: six digits that change every 30 seconds (RFC 6238, with SHA-1 as all apps have it).

use aws_lc_rs::{constant_time, hmac};
use base64::{Engine, engine::general_purpose::STANDARD};
use data_encoding::BASE32_NOPAD;
use freehold_core::{Context, Error, Random, Result, Secret, codes, percent_encode};
use freehold_vault::Vault;
use jiff::Timestamp;
use qrcode::{EcLevel, QrCode, render::svg};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::purposes::SECOND_FACTOR;

const PERIOD_SECONDS: i64 = 30;
const DIGITS: usize = 6;
/// As long as SHA-1's output, which RFC 4226 recommends.
const KEY_LEN: usize = 20;
/// Prefix of a stored key that is sealed.
const SEALED: &str = "sealed:";

/// The key that an authenticator app and the server share.
#[derive(Clone)]
pub struct TotpKey(Zeroizing<Vec<u8>>);

impl TotpKey {
    /// Creates a new key.
    pub fn generate(random: &Random) -> Self {
        Self(Zeroizing::new(random.bytes::<KEY_LEN>().to_vec()))
    }

    /// Parses a key as users type it; none: the text is not a key.
    pub fn from_base32(text: &str) -> Option<Self> {
        let kept = text.chars().filter(|letter| !letter.is_whitespace() && !"-=".contains(*letter));
        let text: Zeroizing<String> = Zeroizing::new(kept.map(|letter| letter.to_ascii_uppercase()).collect());
        let key = BASE32_NOPAD.decode(text.as_bytes()).ok()?;
        (!key.is_empty()).then(|| Self(Zeroizing::new(key)))
    }

    /// The key as users type it.
    pub fn to_base32(&self) -> Secret {
        Secret::new(BASE32_NOPAD.encode(&self.0))
    }

    /// Seals the key for the database, bound to this factor.
    pub fn seal(&self, vault: &Vault, factor: Uuid, random: &Random) -> String {
        let sealed = vault.seal(SECOND_FACTOR, &self.0, &factor.to_string(), random);
        format!("{SEALED}{}", STANDARD.encode(sealed))
    }

    /// Opens the key from the database, and says whether it should be sealed again: an older master key sealed it, or
    /// it was imported unsealed.
    ///
    /// # Errors
    /// `internal` when the text is no key, or the master key has changed.
    pub fn open(vault: &Vault, factor: Uuid, stored: &str) -> Result<(Self, bool)> {
        let Some(sealed) = stored.strip_prefix(SEALED) else {
            let key = Self::from_base32(stored);
            return Ok((key.ok_or_else(|| Error::internal("a factor's secret that is no base32"))?, true));
        };
        let sealed = STANDARD.decode(sealed).context("decoding a factor's secret")?;
        let key = vault
            .open(SECOND_FACTOR, &sealed, &factor.to_string())
            .context("opening a factor's secret; was the master key changed?")?;
        Ok((Self(key), !vault.is_current(&sealed)))
    }

    /// The period that the code belongs to: the current one, the one before or the one after, because clocks differ.
    /// Periods up to `used_up` are rejected, so a code that another person has seen cannot be used again.
    pub fn find_step(&self, code: &str, now: Timestamp, used_up: Option<i64>) -> Option<i64> {
        let code = code.trim();
        let current = now.as_second().div_euclid(PERIOD_SECONDS);
        let mut found = None;
        // Compares all three, so that the time taken does not reveal which one matched.
        for step in [current - 1, current, current + 1] {
            let same = constant_time::verify_slices_are_equal(self.code(step).as_bytes(), code.as_bytes()).is_ok();
            if same && used_up.is_none_or(|used| step > used) {
                found = Some(step);
            }
        }
        found
    }

    /// The code of a period.
    fn code(&self, step: i64) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &self.0);
        let tag = hmac::sign(&key, &step.to_be_bytes());
        let tag = tag.as_ref();
        let offset = usize::from(tag[tag.len() - 1] & 0x0f);
        let number = tag[offset..offset + 4].iter().fold(0_u32, |number, byte| number << 8 | u32::from(*byte));
        format!("{:0DIGITS$}", (number & 0x7fff_ffff) % 10_u32.pow(6))
    }

    /// The URI that authenticator apps read, with issuer and account.
    pub fn uri(&self, issuer: &str, account: &str) -> Secret {
        let (issuer, account, key) = (percent_encode(issuer), percent_encode(account), self.to_base32());
        let key = key.expose();
        Secret::new(format!(
            "otpauth://totp/{issuer}:{account}?algorithm=SHA1&digits={DIGITS}&issuer={issuer}&period={PERIOD_SECONDS}&secret={key}"
        ))
    }
}

/// The URI as a QR code, in SVG. Colours are names, because clients put the picture into a `data:` URL, which a `#`
/// would end.
///
/// # Errors
/// `validation_failed` for an URI that is too long.
pub fn qr_code(uri: &Secret) -> Result<Secret> {
    let code = QrCode::with_error_correction_level(uri.expose(), EcLevel::M);
    let code = code.map_err(|_| Error::new(codes::VALIDATION_FAILED, "The issuer is too long for a QR code"))?;
    let mut picture = code.render::<svg::Color<'_>>();
    let picture = picture.module_dimensions(3, 3).dark_color(svg::Color("black")).light_color(svg::Color("white"));
    Ok(Secret::new(picture.build()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The key of RFC 6238, appendix B.
    fn key() -> TotpKey {
        TotpKey::from_base32("GEZD GNBV-gy3tqojq GEZDGNBVGY3TQOJQ==").unwrap()
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn codes_are_those_of_the_rfc() {
        for (second, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(key().code(second / 30), code);
            assert_eq!(key().find_step(code, at(second), None), Some(second / 30));
        }
    }

    #[test]
    fn clocks_may_differ_by_one_period_and_no_more() {
        let (now, step) = (at(1_234_567_890), 1_234_567_890 / 30);
        for other in -3..=3 {
            let found = key().find_step(&key().code(step + other), now, None);
            assert_eq!(found, (-1..=1).contains(&other).then_some(step + other), "{other}");
        }
    }

    #[test]
    fn a_code_counts_once_and_takes_the_older_ones_with_it() {
        let (now, step) = (at(1_234_567_890), 1_234_567_890 / 30);
        assert_eq!(key().find_step(&key().code(step), now, Some(step)), None);
        assert_eq!(key().find_step(&key().code(step - 1), now, Some(step)), None);
        assert_eq!(key().find_step(&key().code(step + 1), now, Some(step)), Some(step + 1));
    }

    #[test]
    fn what_is_no_code_is_wrong() {
        for text in ["", "5924", "0005924", "00592x", "００５９２４", "005924\0", &"0".repeat(10_000)] {
            assert_eq!(key().find_step(text, at(1_234_567_890), None), None, "{text:.20}");
        }
        assert!(key().find_step(" 005924\n", at(1_234_567_890), None).is_some());
    }

    #[test]
    fn keys_are_sealed_for_their_factor() {
        let (vault, random) = (Vault::new([7; 32]), Random::seeded(1));
        let (factor, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let sealed = key().seal(&vault, factor, &random);
        assert!(!sealed.contains("GEZDGNBV"));
        let (opened, anew) = TotpKey::open(&vault, factor, &sealed).unwrap();
        assert_eq!((opened.to_base32().expose(), anew), ("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", false));
        assert!(TotpKey::open(&vault, other, &sealed).is_err());
        let (brought, anew) = TotpKey::open(&vault, factor, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ").unwrap();
        assert_eq!((brought.code(1), anew), ("287082".to_owned(), true));
        assert!(TotpKey::open(&vault, factor, "{\"not\": \"ours\"}").is_err());
    }

    #[test]
    fn apps_can_read_the_address_and_the_picture() {
        let uri = key().uri("App & Co", "ada@example.org");
        assert_eq!(
            uri.expose(),
            "otpauth://totp/App%20%26%20Co:ada%40example.org?algorithm=SHA1&digits=6&issuer=App%20%26%20Co&period=30\
             &secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
        );
        let picture = qr_code(&uri).unwrap();
        assert!(picture.expose().contains("<svg ") && picture.expose().ends_with("</svg>"));
        assert!(!picture.expose().contains('#'));
        assert!(qr_code(&key().uri(&"x".repeat(3_000), "")).is_err());
    }
}
