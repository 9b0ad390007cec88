//! RSA keys in the format that signing needs: `RSAPrivateKey` of RFC 8017, A.1.2, whose parts a JWK has as separate
//! members.

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der},
    rsa::{KeyPair, KeySize},
};
use freehold_core::Secret;
use zeroize::Zeroizing;

use super::{KeyError, jwk::GivenJwk};

/// Length of the PKCS#8 header before a key of 2048 bits or more: the outer header, the version, the algorithm's name,
/// and the header of the octet string with the key.
const WRAPPING: usize = 4 + 3 + 15 + 4;

/// Creates a key of 2048 bits.
pub(super) fn generate() -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let pair = KeyPair::generate(KeySize::Rsa2048).map_err(|_| KeyError::Failed)?;
    let wrapped: Pkcs8V1Der<'_> = pair.as_der().map_err(|_| KeyError::Failed)?;
    let key = wrapped.as_ref().get(WRAPPING..).ok_or(KeyError::Failed)?;
    KeyPair::from_der(key).map_err(|_| KeyError::Failed)?;
    Ok(Zeroizing::new(key.to_vec()))
}

/// Builds the key from a JWK, which must have all parts.
pub(super) fn from_jwk(jwk: &GivenJwk) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let public = [&jwk.n, &jwk.e].map(|member| member.as_deref());
    let private = [&jwk.d, &jwk.p, &jwk.q, &jwk.dp, &jwk.dq, &jwk.qi].map(|member| member.as_ref().map(Secret::expose));
    let mut numbers = Zeroizing::new(vec![2, 1, 0]);
    for member in public.into_iter().chain(private) {
        let number = Zeroizing::new(super::jwk::bytes(member).ok_or(KeyError::Private)?);
        integer(&mut numbers, &number);
    }
    let mut key = Zeroizing::new(Vec::with_capacity(numbers.len() + 4));
    head(&mut key, 0x30, numbers.len());
    key.extend_from_slice(&numbers);
    KeyPair::from_der(&key).map_err(|_| KeyError::Private)?;
    Ok(key)
}

/// Writes a number in DER: in the fewest bytes, with the first bit zero because it is not negative.
fn integer(out: &mut Vec<u8>, number: &[u8]) {
    let from = number.iter().position(|byte| *byte != 0).unwrap_or(number.len());
    let number = &number[from..];
    let sign = number.first().is_none_or(|first| first & 0x80 != 0);
    head(out, 2, number.len() + usize::from(sign));
    if sign {
        out.push(0);
    }
    out.extend_from_slice(number);
}

/// Writes the header of a value of this type and length.
fn head(out: &mut Vec<u8>, kind: u8, length: usize) {
    let bytes = length.to_be_bytes();
    let from = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len() - 1);
    let bytes = &bytes[from..];
    out.push(kind);
    if length >= 0x80 {
        // A length has at most eight bytes.
        out.push(0x80 | u8::try_from(bytes.len()).unwrap_or_default());
    }
    out.extend_from_slice(bytes);
}
