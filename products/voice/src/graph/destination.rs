//! Where a call is transferred to.

/// The number or address as it is dialled, without what people put between digits. None if it is neither a number with
/// its country code (E.164: at most 15 digits) nor a `sip:` or `sips:` address.
pub(crate) fn dialled(to: &str) -> Option<String> {
    let to = to.trim();
    if let Some(address) = to.strip_prefix("sip:").or_else(|| to.strip_prefix("sips:")) {
        let (user, host) = address.split_once('@')?;
        let clean =
            !user.is_empty() && !host.is_empty() && to.len() <= 255 && to.bytes().all(|byte| byte.is_ascii_graphic());
        return clean.then(|| to.to_owned());
    }
    let number: String = to.chars().filter(|letter| !matches!(letter, ' ' | '-' | '(' | ')' | '.' | '/')).collect();
    let digits = number.strip_prefix('+')?;
    let valid = (7..=15).contains(&digits.len())
        && digits.bytes().all(|digit| digit.is_ascii_digit())
        && !digits.starts_with('0');
    valid.then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_dialled_without_what_people_put_between_its_digits() {
        assert_eq!(dialled("+49 (30) 901-820").as_deref(), Some("+4930901820"));
        assert_eq!(dialled(" sip:desk@pbx.test ").as_deref(), Some("sip:desk@pbx.test"));
        assert_eq!(dialled("sips:desk@pbx.test").as_deref(), Some("sips:desk@pbx.test"));
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
            assert_eq!(dialled(to), None, "{to}");
        }
    }
}
