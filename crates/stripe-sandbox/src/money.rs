//! Amounts in minor units: how they are written, and how a part of one is rounded.

/// Currencies without minor units, as Stripe lists them.
const ZERO_DECIMAL: &[&str] =
    &["bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "ugx", "vnd", "vuv", "xaf", "xof", "xpf"];

/// For people: `$99.00`, `-€5.50`, `¥500`.
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
    } else {
        format!("{}.{:02}", grouped(amount / 100), amount % 100)
    };
    format!("{sign}{symbol}{number}{suffix}")
}

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

/// The part `of` out of `whole` of an amount, rounded to the nearest unit, halves away from zero.
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
    fn parts_are_rounded_to_the_nearest_unit_away_from_zero() {
        assert_eq!(part(100, 1, 3), 33);
        assert_eq!(part(100, 2, 3), 67);
        assert_eq!(part(1, 1, 2), 1);
        assert_eq!(part(-1, 1, 2), -1);
        assert_eq!(part(100, 5, 0), 0);
        assert_eq!(part(100, 9, 3), 100);
    }
}
