//! The interval in which a rate lies, after so many runs.

use serde::Serialize;
use utoipa::ToSchema;

/// The 97.5 % quantile of the normal distribution: 95 % of it lie between this and its negative.
const Z_95: f64 = 1.959_963_984_540_054;

/// A range of success rates, including both ends.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = SplitConfidenceInterval)]
pub struct Interval {
    /// Lower end of the range, 0 to 1.
    #[schema(minimum = 0, maximum = 1)]
    pub low: f64,
    /// Upper end of the range, 0 to 1.
    #[schema(minimum = 0, maximum = 1)]
    pub high: f64,
}

/// The 95 % confidence interval of a rate after `succeeded` of `calls` succeeded; none without calls. E. B. Wilson,
/// "Probable Inference, the Law of Succession, and Statistical Inference", 1927: it is valid for few calls and for
/// rates near 0 and 1, too.
pub fn wilson_interval(succeeded: i64, calls: i64) -> Option<Interval> {
    if calls <= 0 {
        return None;
    }
    let (n, square) = (real(calls), Z_95 * Z_95);
    let rate = real(succeeded) / n;
    let center = rate + square / (2.0 * n);
    let margin = Z_95 * (rate * (1.0 - rate) / n + square / (4.0 * n * n)).sqrt();
    let scale = 1.0 + square / n;
    Some(Interval { low: ((center - margin) / scale).max(0.0), high: ((center + margin) / scale).min(1.0) })
}

/// The number, for a calculation.
#[expect(clippy::cast_precision_loss, reason = "no organization makes 2^53 calls")]
pub(super) fn real(number: i64) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_is_wilsons() {
        // The expected ends were found by bisection of the score test.
        for (succeeded, calls, low, high) in [
            (0, 1, 0.0, 0.793_450_685_622_762_6),
            (1, 2, 0.094_531_205_734_230_74, 0.905_468_794_265_769_3),
            (10, 100, 0.055_229_137_060_675_1, 0.174_365_661_504_913_45),
            (75, 100, 0.656_955_364_519_384, 0.824_547_886_377_123_2),
            (100, 100, 0.963_006_501_793_014_3, 1.0),
        ] {
            let found = wilson_interval(succeeded, calls).unwrap();
            assert!(
                (found.low - low).abs() < 1e-9 && (found.high - high).abs() < 1e-9,
                "{succeeded}/{calls}: {found:?}"
            );
        }
        assert_eq!(wilson_interval(0, 0), None);
    }
}
