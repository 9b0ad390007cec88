//! The cryptographic primitives: HKDF-SHA-256 (RFC 5869), HMAC-SHA-256 (RFC 2104), AES-256-GCM (NIST SP 800-38D).

use aws_lc_rs::{
    aead::{AES_256_GCM, LessSafeKey, UnboundKey},
    hkdf, hmac,
};
use zeroize::Zeroizing;

/// Extracts the key from which others are derived.
pub(crate) fn extract(salt: &[u8], secret: &[u8]) -> hkdf::Prk {
    hkdf::Salt::new(hkdf::HKDF_SHA256, salt).extract(secret)
}

/// Derives `N` bytes from `key` for `info`.
#[expect(clippy::expect_used, reason = "HKDF-SHA-256 gives up to 8160 bytes, and we ask for 32 at most")]
pub(crate) fn expand<const N: usize>(key: &hkdf::Prk, info: &[&[u8]]) -> Zeroizing<[u8; N]> {
    struct Length(usize);
    impl hkdf::KeyType for Length {
        fn len(&self) -> usize {
            self.0
        }
    }
    let mut out = Zeroizing::new([0; N]);
    key.expand(info, Length(N)).and_then(|okm| okm.fill(out.as_mut_slice())).expect("the length is allowed");
    out
}

/// A key for encryption.
#[expect(clippy::expect_used, reason = "the type says that the key has the 32 bytes that AES-256 wants")]
pub(crate) fn sealing_key(key: &[u8; 32]) -> LessSafeKey {
    LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).expect("a key of 32 bytes"))
}

/// A key for authentication.
pub(crate) fn authentication_key(key: &[u8]) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, key)
}

/// The authentication code of `data`.
pub(crate) fn authenticate(key: &hmac::Key, data: &[u8]) -> [u8; 32] {
    let mut tag = [0; 32];
    tag.copy_from_slice(hmac::sign(key, data).as_ref());
    tag
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::aead::{Aad, Nonce};

    use super::*;

    fn hex(text: &str) -> Vec<u8> {
        (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
    }

    #[test]
    fn hkdf_agrees_with_rfc_5869() {
        let okm: Zeroizing<[u8; 42]> = expand(
            &extract(&hex("000102030405060708090a0b0c"), &[0x0b; 22]),
            &[&hex("f0f1f2f3f4"), &hex("f5f6f7f8f9")],
        );
        assert_eq!(
            okm[..],
            hex("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"),
            "test case 1"
        );
        let okm: Zeroizing<[u8; 42]> = expand(&extract(&[], &[0x0b; 22]), &[]);
        assert_eq!(
            okm[..],
            hex("8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"),
            "test case 3"
        );
    }

    #[test]
    fn hmac_agrees_with_rfc_4231() {
        assert_eq!(
            authenticate(&authentication_key(&[0x0b; 20]), b"Hi There")[..],
            hex("b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
            "test case 1"
        );
        assert_eq!(
            authenticate(&authentication_key(b"Jefe"), b"what do ya want for nothing?")[..],
            hex("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
            "test case 2"
        );
    }

    #[test]
    fn aes_gcm_agrees_with_test_case_16_of_its_authors() {
        let key: [u8; 32] = hex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308").try_into().unwrap();
        let nonce = Nonce::try_assume_unique_for_key(&hex("cafebabefacedbaddecaf888")).unwrap();
        let mut text = hex(concat!(
            "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72",
            "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
        ));
        let aad = Aad::from(hex("feedfacedeadbeeffeedfacedeadbeefabaddad2"));
        sealing_key(&key).seal_in_place_append_tag(nonce, aad, &mut text).unwrap();
        let expected = concat!(
            "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa",
            "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662",
            "76fc6ece0f4e1768cddf8853bb2d551b"
        );
        assert_eq!(text, hex(expected));
    }
}
