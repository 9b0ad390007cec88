//! Sizes in decimal units, as on disks and cloud bills: 1 MB is 1,000,000 bytes.

const UNITS: [(&str, i64); 5] =
    [("TB", 1_000_000_000_000), ("GB", 1_000_000_000), ("MB", 1_000_000), ("KB", 1000), ("B", 1)];

/// Parses `500 MB` or `10GB` to bytes.
pub(crate) fn bytes_parse(text: &str) -> Option<i64> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (amount, unit) = text.split_at_checked(digits)?;
    let (_, factor) = UNITS.into_iter().find(|(name, _)| *name == unit.trim_start())?;
    amount.parse::<i64>().ok()?.checked_mul(factor)
}

/// A number of bytes as a text, decimal with at most one decimal place, rounded down so that a quota never looks larger
/// or fuller than it is: `500 MB`, `1.5 GB`.
pub fn bytes_display(bytes: i64) -> String {
    let (name, factor) =
        UNITS.into_iter().find(|(_, factor)| bytes.unsigned_abs() >= factor.unsigned_abs()).unwrap_or(("B", 1));
    let tenths = i128::from(bytes) * 10 / i128::from(factor);
    if tenths % 10 == 0 {
        format!("{} {name}", tenths / 10)
    } else {
        format!("{}.{} {name}", tenths / 10, (tenths % 10).abs())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_decimal() {
        for (text, bytes) in
            [("500 MB", 500_000_000), ("10GB", 10_000_000_000), ("1 TB", 1_000_000_000_000), ("0 B", 0), ("7 KB", 7000)]
        {
            assert_eq!(bytes_parse(text), Some(bytes), "{text}");
        }
        for text in ["", "MB", "500", "500 MiB", "1.5 GB", "-1 GB", "500 mb", "9999999999 TB", "5 MB x", "५ MB"] {
            assert_eq!(bytes_parse(text), None, "{text}");
        }
    }

    #[test]
    fn sizes_print_as_people_write_them() {
        for (bytes, text) in [
            (0, "0 B"),
            (999, "999 B"),
            (1_550_000, "1.5 MB"),
            (500_000_000, "500 MB"),
            (-2_500, "-2.5 KB"),
            (i64::MIN, "-9223372 TB"),
        ] {
            assert_eq!(bytes_display(bytes), text);
        }
    }
}
