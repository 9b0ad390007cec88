//! Amounts in minor units: how they are written, and how a part of an amount is rounded.

/// Currencies without minor units, as Stripe lists them.
const ZERO_DECIMAL: &[&str] =
    &["bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "ugx", "vnd", "vuv", "xaf", "xof", "xpf"];

/// Currencies whose unit has a thousand minor units.
const THREE_DECIMAL: &[&str] = &["bhd", "jod", "kwd", "omr", "tnd"];

/// The text on pages: `$99.00`, `-€5.50`, `¥500`.
pub(crate) fn words(amount: i64, currency: &str) -> String {
    let sign = if amount < 0 { "-" } else { "" };
    let symbol = match currency {
        "usd" => "$",
        "eur" => "€",
        "gbp" => "£",
        "jpy" => "¥",
        _ => "",
    };
    let suffix = if symbol.is_empty() { format!(" {}", currency.to_uppercase()) } else { String::new() };
    let amount = amount.unsigned_abs();
    let number = if ZERO_DECIMAL.contains(&currency) {
        grouped(amount)
    } else if THREE_DECIMAL.contains(&currency) {
        format!("{}.{:03}", grouped(amount / 1000), amount % 1000)
    } else {
        format!("{}.{:02}", grouped(amount / 100), amount % 100)
    };
    format!("{sign}{symbol}{number}{suffix}")
}

/// A percentage in ten thousandths, as JSON: `25`, `8.875`.
#[expect(clippy::cast_precision_loss, reason = "a percentage has at most seven digits, which a float holds")]
pub(crate) fn percent_json(percent: i64) -> serde_json::Value {
    if percent % 10_000 == 0 { (percent / 10_000).into() } else { (percent as f64 / 10_000.0).into() }
}

/// The same as a text on pages.
pub(crate) fn percent_words(percent: i64) -> String {
    let text = format!("{}.{:04}", percent / 10_000, percent % 10_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Reads a percentage with at most four decimals as ten thousandths of a percent.
pub(crate) fn percent_read(text: &str) -> Option<i64> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let decimals = decimals.trim_end_matches('0');
    if whole.is_empty() || whole.len() > 6 || decimals.len() > 4 || !digits(whole) || !digits(decimals) {
        return None;
    }
    Some(whole.parse::<i64>().ok()? * 10_000 + format!("{decimals:0<4}").parse::<i64>().ok()?)
}

/// Whether Stripe takes payments in this currency.
pub(crate) fn is_currency(word: &str) -> bool {
    CURRENCIES.split_ascii_whitespace().any(|known| known == word)
}

/// Stripe's presentment currencies, <https://docs.stripe.com/currencies#presentment-currencies>
pub(crate) const CURRENCIES: &str = "usd aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bhd bif bmd bnd bob \
    brl bsd bwp byn bzd cad cdf chf clp cny cop crc cve czk djf dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gnf gtq \
    gyd hkd hnl hrk htg huf idr ils inr isk jmd jod jpy kes kgs khr kmf krw kwd kyd kzt lak lbp lkr lrd lsl mad mdl mga \
    mkd mmk mnt mop mur mvr mwk mxn myr mzn nad ngn nio nok npr nzd omr pab pen pgk php pkr pln pyg qar ron rsd rub rwf \
    sar sbd scr sek sgd shp sle sos srd std szl thb tjs tnd top try ttd twd tzs uah ugx uyu uzs vnd vuv wst xaf xcd xcg \
    xof xpf yer zar zmw";

fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (place, digit) in digits.char_indices() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// The part `of` / `whole` of an amount, rounded to the nearest unit, with halves away from zero.
pub(crate) fn part(amount: i64, of: i64, whole: i64) -> i64 {
    if whole <= 0 {
        return 0;
    }
    let product = i128::from(amount) * i128::from(of.clamp(0, whole));
    let whole = i128::from(whole);
    let rounded = (product.abs() * 2 + whole) / (whole * 2);
    i64::try_from(rounded * product.signum()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_written_as_people_write_them() {
        assert_eq!(words(9_900, "usd"), "$99.00");
        assert_eq!(words(-123_456_789, "eur"), "-€1,234,567.89");
        assert_eq!(words(500, "jpy"), "¥500");
        assert_eq!(words(5, "chf"), "0.05 CHF");
    }

    #[test]
    fn percentages_are_read_to_four_decimals_and_written_without_zeros() {
        for (text, ten_thousandths, words) in
            [("25", 250_000, "25"), ("8.875", 88_750, "8.875"), ("0.0001", 1, "0.0001")]
        {
            assert_eq!(percent_read(text), Some(ten_thousandths));
            assert_eq!(percent_words(ten_thousandths), words);
            assert_eq!(percent_json(ten_thousandths).to_string(), words);
        }
        for wrong in ["", "-1", "1.23456", "1e2", ".5", "x", "12345678"] {
            assert_eq!(percent_read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn parts_are_rounded_to_the_nearest_unit_away_from_zero() {
        assert_eq!(part(100, 1, 3), 33);
        assert_eq!(part(100, 2, 3), 67);
        assert_eq!(part(1, 1, 2), 1);
        assert_eq!(part(-1, 1, 2), -1);
        assert_eq!(part(100, 5, 0), 0);
        assert_eq!(part(100, 9, 3), 100);
    }
}
