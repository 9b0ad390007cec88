//! `Stripe-Signature`: `t=` with the seconds, and for each secret `v1=` with the HMAC-SHA256 of `t.body`.

use std::fmt::Write as _;

use aws_lc_rs::hmac;

/// The header for a body sent at `seconds`.
pub(crate) fn header(secrets: &[String], seconds: i64, body: &str) -> String {
    let mut header = format!("t={seconds}");
    for secret in secrets {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        let tag = hmac::sign(&key, format!("{seconds}.{body}").as_bytes());
        header.push_str(",v1=");
        for byte in tag.as_ref() {
            // Writing to a string cannot fail.
            let _ = write!(header, "{byte:02x}");
        }
    }
    header
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_signs_as_openssl_does() {
        // printf '12345.{"id":"evt_1"}' | openssl dgst -sha256 -hmac whsec_test
        let signed = header(&["whsec_test".to_owned()], 12345, r#"{"id":"evt_1"}"#);
        assert_eq!(signed, "t=12345,v1=8c990f992d95eb2978e78609f4caf526f4191a35a20d6ab00c821fc4f95c6338");
        let both = header(&["whsec_test".to_owned(), "whsec_old".to_owned()], 12345, "{}");
        assert_eq!(both.matches(",v1=").count(), 2);
    }
}
