//! Whether one variant does better than the others, or the difference may be due to chance.
//!
//! The compared value is the share of runs that succeeded, of all runs that ended. Two variants are compared by the
//! two-proportion z test with a pooled rate (NIST/SEMATECH e-Handbook of Statistical Methods, 7.3.3):
//!
//! ```text
//! p = (s₁ + s₂) / (n₁ + n₂)        z = (s₁/n₁ − s₂/n₂) / √(p (1 − p) (1/n₁ + 1/n₂))
//! ```
//!
//! The p-value is two-sided, `erfc(|z| / √2)`. If there are more than two variants, the leader is compared with every
//! other one, and each p-value is multiplied by the number of pairs (Bonferroni), because the leader was chosen after
//! the fact. The normal distribution approximates the binomial one only if at least five successes and five failures
//! can be expected for each variant (Cochran 1954); with fewer there is no verdict.
//!
//! The test is meant to be used once. Users who check every day and stop at the first clear difference will see one
//! that does not exist in more than five of a hundred cases.

use serde::Serialize;
use utoipa::ToSchema;

use super::{VariantOutcome, interval::real};
use crate::analytics::Figures;

/// A difference counts as clear if chance alone causes it less often than this.
const SIGNIFICANCE: f64 = 0.05;
/// The fewest expected successes and failures of each variant.
const EXPECTED_LEAST: f64 = 5.0;

/// The verdict on an experiment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = SplitVerdict)]
pub enum Verdict {
    /// A variant has too few runs, or too few successes or failures.
    TooFewToTell,
    /// Chance may explain the difference between the variants.
    NoClearDifference,
    /// One variant has a higher success rate than every other, by more than chance explains.
    ClearDifference,
}

/// The result of comparing a split's outcomes.
#[derive(Clone, Debug, PartialEq)]
pub struct Judgement {
    /// The verdict, as one word.
    pub verdict: Verdict,
    /// The version that does clearly better; none: no version does.
    pub better: Option<i32>,
    /// The probability that chance alone causes a difference at least as large; none: too few runs.
    pub p_value: Option<f64>,
    /// The result as a sentence.
    pub statement: String,
}

/// Compares the outcomes of a split.
pub fn judge(outcomes: &[VariantOutcome]) -> Judgement {
    let few = || Judgement {
        verdict: Verdict::TooFewToTell,
        better: None,
        p_value: None,
        statement:
            "There are too few runs to tell: of every variant at least five that succeed and five that do not have \
                    to be expected."
                .to_owned(),
    };
    let rate = |outcome: &VariantOutcome| outcome.figures.success_rate().unwrap_or_default();
    // The first of equal ones, so that the result does not depend on floating-point rounding.
    let leader = outcomes.iter().rev().max_by(|one, other| rate(one).total_cmp(&rate(other)));
    let Some(leader) = leader else { return few() };
    let pairs = count(outcomes.len()) * (count(outcomes.len()) - 1.0) / 2.0;
    let mut largest: f64 = 0.0;
    let mut second: Option<&VariantOutcome> = None;
    for other in outcomes.iter().filter(|other| other.variant.version != leader.variant.version) {
        let Some(p_value) = two_proportions(leader.figures, other.figures) else { return few() };
        largest = largest.max((p_value * pairs).min(1.0));
        if second.is_none_or(|second| rate(second) < rate(other)) {
            second = Some(other);
        }
    }
    let Some(second) = second else { return few() };
    let (best, next) = (percent(rate(leader)), percent(rate(second)));
    if largest < SIGNIFICANCE {
        let statement = format!(
            "Version {} does better: {best} succeed, {next} with version {}. By chance alone that happens in {} of 100 cases.",
            leader.variant.version,
            second.variant.version,
            of_hundred(largest),
        );
        let better = Some(leader.variant.version);
        return Judgement { verdict: Verdict::ClearDifference, better, p_value: Some(largest), statement };
    }
    let statement = format!(
        "No clear difference: {best} succeed with version {}, {next} with version {}. By chance alone that happens in {} of 100 \
         cases.",
        leader.variant.version,
        second.variant.version,
        of_hundred(largest),
    );
    Judgement { verdict: Verdict::NoClearDifference, better: None, p_value: Some(largest), statement }
}

/// The p-value of the difference between two variants; none: too few runs.
fn two_proportions(one: Figures, other: Figures) -> Option<f64> {
    let (n1, n2) = (real(one.calls), real(other.calls));
    if n1 == 0.0 || n2 == 0.0 {
        return None;
    }
    let pooled = (real(one.succeeded) + real(other.succeeded)) / (n1 + n2);
    if pooled.min(1.0 - pooled) * n1.min(n2) < EXPECTED_LEAST {
        return None;
    }
    let z = (real(one.succeeded) / n1 - real(other.succeeded) / n2)
        / (pooled * (1.0 - pooled) * (1.0 / n1 + 1.0 / n2)).sqrt();
    Some(libm::erfc(z.abs() * std::f64::consts::FRAC_1_SQRT_2))
}

fn percent(rate: f64) -> String {
    format!("{:.1} %", rate * 100.0)
}

fn of_hundred(p_value: f64) -> String {
    if p_value < 0.001 { "less than 0.1".to_owned() } else { format!("{:.1}", p_value * 100.0) }
}

#[expect(clippy::cast_precision_loss, reason = "there are at most ten variants")]
fn count(number: usize) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::split::Variant;

    fn outcomes(of: &[(i64, i64)]) -> Vec<VariantOutcome> {
        let outcome = |(version, (succeeded, calls)): (i32, &(i64, i64))| {
            let figures = Figures { calls: *calls, succeeded: *succeeded, ..Figures::default() };
            VariantOutcome::new(Variant { version, weight: 1 }, figures)
        };
        (1..).zip(of).map(outcome).collect()
    }

    #[test]
    fn the_p_value_is_that_of_the_textbook() {
        // z = -1.266015, two-sided.
        let [one, other] =
            [(140, 200), (255, 340)].map(|(succeeded, calls)| Figures { calls, succeeded, ..Figures::default() });
        assert!((two_proportions(one, other).unwrap() - 0.205_51).abs() < 1e-4);
        assert!((two_proportions(other, one).unwrap() - 0.205_51).abs() < 1e-4);
    }

    #[test]
    fn few_runs_say_nothing_however_different_they_are() {
        for few in
            [&[(0, 0), (0, 0)][..], &[(9, 9), (0, 9)], &[(4, 1_000), (0, 1_000)], &[(50, 100), (50, 100), (0, 3)], &[]]
        {
            let judgement = judge(&outcomes(few));
            assert_eq!((judgement.verdict, judgement.p_value), (Verdict::TooFewToTell, None), "{few:?}");
        }
    }

    #[test]
    fn a_clear_difference_names_the_better_version() {
        let clear = judge(&outcomes(&[(480, 1_000), (620, 1_000)]));
        assert_eq!((clear.verdict, clear.better), (Verdict::ClearDifference, Some(2)));
        assert_eq!(
            clear.statement,
            "Version 2 does better: 62.0 % succeed, 48.0 % with version 1. By chance alone that happens in less than 0.1 of \
             100 cases."
        );
        let unclear = judge(&outcomes(&[(140, 200), (255, 340)]));
        assert_eq!((unclear.verdict, unclear.better), (Verdict::NoClearDifference, None));
        assert!(unclear.statement.ends_with("happens in 20.6 of 100 cases."), "{}", unclear.statement);
    }

    #[test]
    fn more_variants_need_a_larger_difference() {
        let two = [(100, 200), (122, 200)];
        assert_eq!(judge(&outcomes(&two)).verdict, Verdict::ClearDifference);
        let many = [two[0], two[1], two[0], two[0]];
        assert_eq!(judge(&outcomes(&many)).verdict, Verdict::NoClearDifference);
    }

    #[test]
    fn equals_are_equal() {
        let equal = judge(&outcomes(&[(50, 100), (50, 100)]));
        assert_eq!((equal.verdict, equal.p_value), (Verdict::NoClearDifference, Some(1.0)));
    }
}
