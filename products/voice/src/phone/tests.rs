use super::*;

fn read(text: &str, home: &str) -> Result<String, String> {
    Phone::read(text, Country::find(home)).map(|phone| phone.to_string())
}

#[test]
fn a_number_is_read_however_people_write_it() {
    for (text, home, number) in [
        ("+49 (0)30 901820", "", "+4930901820"),
        ("+49 (30) 901-820", "", "+4930901820"),
        ("+49(0)30/901820", "", "+4930901820"),
        ("030 901820", "DE", "+4930901820"),
        ("030/90 18 20", "DE", "+4930901820"),
        ("0049 30 901820", "DE", "+4930901820"),
        ("0049 30 901820", "", "+4930901820"),
        ("0049 30 901820", "US", "+4930901820"),
        ("011 49 30 901820", "US", "+4930901820"),
        ("++49 30 901820", "", "+4930901820"),
        ("+0049 30 901820", "", "+4930901820"),
        ("+49 030 901820", "", "+4930901820"),
        ("1-800-GO-FEDEX", "US", "+18004633339"),
        ("Büro: 030 901820", "DE", "+4930901820"),
        ("+49 30 901820;", "", "+4930901820"),
        ("tel:+49-30-901820", "", "+4930901820"),
        ("TEL:+49-30-901820", "", "+4930901820"),
        ("tel:030-901820;phone-context=+49", "", "+4930901820"),
        ("callto:+4930901820", "", "+4930901820"),
        ("Tel.: +49 30 901820", "", "+4930901820"),
        ("+４９３０９０１８２０", "", "+4930901820"),
        ("＋４９ ３０ ９０１８２０", "", "+4930901820"),
        ("٠٣٠ ٩٠١٨٢٠", "DE", "+4930901820"),
        ("+49\u{a0}30\u{202f}901\u{2007}820", "", "+4930901820"),
        ("\u{202a}+49 30 901820\u{202c}", "", "+4930901820"),
        ("\u{feff}+49\u{200b}30\u{2060}90\u{ad}1820\u{200e}", "", "+4930901820"),
        ("+49–30—901820", "", "+4930901820"),
        ("=\"+4930901820\"", "", "+4930901820"),
        ("'+4930901820", "", "+4930901820"),
        ("\"+4930901820\"", "", "+4930901820"),
        ("4930901820", "DE", "+4930901820"),
        ("4930901820.0", "DE", "+4930901820"),
        ("30901820", "DE", "+4930901820"),
        ("1701234567", "DE", "+491701234567"),
        ("1-800-FLOWERS", "US", "+18003569377"),
        ("+1 800 FLOWERS", "", "+18003569377"),
        ("(415) 555-0132", "US", "+14155550132"),
        ("4155550132", "US", "+14155550132"),
        ("+44 (0)20 7946 0018", "", "+442079460018"),
        ("+7 (0)495 123-45-67", "", "+74951234567"),
        // The zero belongs to the number in Italy.
        ("+39 06 698 12345", "", "+390669812345"),
        ("+39 (0)6 698 12345", "", "+390669812345"),
        ("06 698 12345", "IT", "+390669812345"),
        ("+54 9 11 2345-6789", "", "+5491123456789"),
        ("011 15-2345-6789", "AR", "+5491123456789"),
        ("+800 1234 5678", "", "+80012345678"),
    ] {
        assert_eq!(read(text, home).as_deref(), Ok(number), "{text:?} of {home:?}");
    }
}

#[test]
fn what_is_no_number_is_refused_with_what_to_do() {
    for (text, home, said) in [
        ("", "", "is empty"),
        ("\u{200b}", "", "is empty"),
        ("nobody", "", "expected a number with + and its country code"),
        ("030 901820", "", "name the country of numbers without one as `default_country`"),
        ("4930901820", "", "expected a number with +"),
        ("call me", "DE", "expected a number of DE"),
        ("+999 123456", "", "country code that does not exist"),
        ("+0301234567", "", "country code that does not exist"),
        ("+49 110", "", "too short for a number of +49"),
        ("110", "DE", "too short for a number of +49"),
        ("+1 555 0100", "", "too short for a number of +1"),
        ("+1 000 000 0000", "", "is not a number that can be called"),
        ("+1 202 555 01000", "", "is too long for a number of +1"),
        ("+49 30 9018201234567", "", "17 digits"),
        ("+123456789012345678901", "", "too long"),
        ("+52 1 55 1234 5678 9", "", "+52"),
        ("4.93090182E+11", "DE", "was changed to 4.93090182E+11 by a spreadsheet"),
        ("4,93E+11", "", "was changed to 4,93E+11 by a spreadsheet"),
        ("4.93e11", "", "by a spreadsheet"),
        ("+49 30 901820 ext. 12", "", "the extension 12, which cannot be dialled. Remove it to call +4930901820"),
        ("+49 30 901820;ext=5", "", "the extension 5"),
        ("+49 30 9018 20 x5", "", "the extension 5"),
        ("030 1234567 (work)", "DE", "contains 'work' behind the number"),
        ("+49 30 901820 office", "", "contains 'office' behind the number"),
        ("+49 30 901820 / +49 30 901821", "", "more than one number"),
        ("+49 30 901820 ::: +49 30 901821", "", "more than one number"),
        ("030 901820, 030 901821", "DE", "more than one number"),
        ("030 901820; 030 901821", "DE", "more than one number"),
        ("+49 30 90€1820", "", "contains '€' (U+20AC)"),
        ("+49 30 90\u{e000}1820", "", "U+E000"),
        ("15732345678", "DE", "could be +4915732345678 or +15732345678"),
        ("sip:ada@example.test", "", "contains '@'"),
        ("+49 3O 901820", "", "contains 'O' among its digits"),
        ("+49 30 9o1B20", "", "among its digits"),
        ("+49 30 901820 Büro", "", "contains 'Büro' behind the number"),
        ("0000000000", "", "expected a number with +"),
        ("*100#", "DE", "expected a number of DE"),
    ] {
        let refused = read(text, home).expect_err(text);
        assert!(refused.contains(said), "{text:?} of {home:?}: {refused}");
    }
    assert!(read(&"1".repeat(101), "").expect_err("it is long").contains("longer than 100"));
}

#[test]
fn a_number_says_its_time_zone_where_it_has_one() {
    for (number, zone) in [
        ("+4930901820", Some("Europe/Berlin")),
        ("+12125550132", Some("America/New_York")),
        ("+14155550132", Some("America/Los_Angeles")),
        ("+442079460018", Some("Europe/London")),
        ("+447911123456", Some("Europe/London")),
        ("+81312345678", Some("Asia/Tokyo")),
        // Toll-free and satellite numbers belong to no place.
        ("+18003569377", None),
        ("+80012345678", None),
    ] {
        assert_eq!(Phone::read(number, None).expect(number).time_zone(), zone, "{number}");
    }
    for zone in ZONES.values().flatten() {
        assert!(jiff::tz::TimeZone::get(zone).is_ok(), "{zone}");
    }
}

proptest::proptest! {
    /// Any text is either read as an E.164 number or refused with a message.
    #[test]
    fn any_text_is_read_or_refused(text in "[-+0-9()/ .a-zA-Z;=:'\"\u{200b}\u{ff10}-\u{ff19}\u{0660}-\u{0669}]{0,30}|.{0,60}") {
        for home in [None, Country::find("DE"), Country::find("US")] {
            match Phone::read(&text, home) {
                Ok(phone) => {
                    let digits = phone.0.strip_prefix('+').expect("it begins with a plus");
                    proptest::prop_assert!((5..=15).contains(&digits.len()), "{}", phone);
                    proptest::prop_assert!(digits.bytes().all(|digit| digit.is_ascii_digit()), "{}", phone);
                    // Reading a number again does not change it.
                    proptest::prop_assert_eq!(Phone::read(&phone.0, home), Ok(phone));
                }
                Err(said) => proptest::prop_assert!(!said.is_empty()),
            }
        }
    }
}
