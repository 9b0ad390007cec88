//! The destination of a transferred call.

use crate::phone::Phone;

/// Returns the destination as it is dialled: a number with its country code (E.164), or a `sip:` or `sips:` address.
///
/// # Errors
/// What is wrong with it, as the end of a sentence.
pub(crate) fn dialled(to: &str) -> Result<String, String> {
    let to = to.trim();
    if let Some(address) = to.strip_prefix("sip:").or_else(|| to.strip_prefix("sips:")) {
        let clean = address.split_once('@').is_some_and(|(user, host)| !user.is_empty() && !host.is_empty())
            && to.len() <= 255
            && to.bytes().all(|byte| byte.is_ascii_graphic());
        return if clean {
            Ok(to.to_owned())
        } else {
            Err("is no sip: address, such as sip:desk@pbx.example.org".to_owned())
        };
    }
    Phone::read(to, None).map(|phone| phone.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_dialled_without_what_people_put_between_its_digits() {
        assert_eq!(dialled("+49 (30) 901-820").as_deref(), Ok("+4930901820"));
        assert_eq!(dialled("+49 (0)30 901820").as_deref(), Ok("+4930901820"));
        assert_eq!(dialled(" sip:desk@pbx.test ").as_deref(), Ok("sip:desk@pbx.test"));
        assert_eq!(dialled("sips:desk@pbx.test").as_deref(), Ok("sips:desk@pbx.test"));
    }

    #[test]
    fn what_is_no_number_with_a_country_code_and_no_sip_address_is_not_dialled() {
        for to in [
            "",
            "030 901820",
            "+0301234567",
            "+123",
            "+1234567890123456",
            "sip:desk",
            "sip:@",
            "sip:a b@c",
            "+49x123456",
        ] {
            assert!(dialled(to).is_err(), "{to}");
        }
    }
}
