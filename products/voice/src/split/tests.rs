use proptest::prelude::*;

use super::*;

fn split(number: u128) -> SplitId {
    SplitId::new(Uuid::from_u128(number))
}

fn variants(weights: &[u32]) -> Vec<Variant> {
    (1..).zip(weights).map(|(version, &weight)| Variant { version, weight }).collect()
}

/// The share of 20,000 subjects that each variant gets.
fn shares(split: SplitId, variants: &[Variant]) -> Vec<f64> {
    let mut counts = vec![0_u32; variants.len()];
    for subject in 0..20_000 {
        let version = variant_of(split, variants, &format!("+4930{subject}")).unwrap();
        counts[usize::try_from(version).unwrap() - 1] += 1;
    }
    counts.into_iter().map(|count| f64::from(count) / 20_000.0).collect()
}

#[test]
fn every_variant_gets_its_share() {
    for weights in [&[1, 1][..], &[90, 10], &[1, 2, 3, 4], &[999, 1], &[33, 33, 34]] {
        let total = f64::from(weights.iter().sum::<u32>());
        let variants = variants(weights);
        for (share, &weight) in shares(split(7), &variants).into_iter().zip(weights) {
            let expected = f64::from(weight) / total;
            // A tolerance of five standard deviations.
            let tolerance = 5.0 * (expected * (1.0 - expected) / 20_000.0).sqrt();
            assert!((share - expected).abs() < tolerance, "{weights:?}: {share} instead of {expected}");
        }
    }
}

#[test]
fn subjects_fall_anew_in_every_split() {
    let variants = variants(&[1, 1]);
    let same = (0..10_000).filter(|subject| {
        let version = |number| variant_of(split(number), &variants, &subject.to_string());
        version(1) == version(2)
    });
    assert!((4_750..5_250).contains(&same.count()));
}

#[test]
fn the_choice_is_written_in_stone() {
    // Servers of two releases run at the same time: if they chose differently for the same subject, the variants would
    // be mixed.
    let chosen: Vec<i32> = ["+49301234567", "ada@example.org", "", "Zoë", "5"]
        .into_iter()
        .filter_map(|subject| variant_of(split(7), &variants(&[1, 2, 3]), subject))
        .collect();
    assert_eq!(chosen, [3, 2, 3, 3, 3]);
}

proptest! {
    #[test]
    fn the_choice_is_one_of_the_variants_and_always_the_same(
        number: u128, weights in prop::collection::vec(1..=WEIGHT_MAX, 2..=VARIANTS_MAX), subject: String,
    ) {
        let variants = variants(&weights);
        let chosen = variant_of(split(number), &variants, &subject);
        prop_assert!(variants.iter().any(|variant| Some(variant.version) == chosen));
        prop_assert_eq!(chosen, variant_of(split(number), &variants, &subject));
    }
}

#[test]
fn what_cannot_be_compared_is_refused_with_its_place() {
    let refused = |weights: &[u32]| variants_check(&variants(weights)).unwrap_err().fields()[0].pointer.clone();
    assert_eq!(refused(&[1]), "/variants");
    assert_eq!(refused(&[1; 11]), "/variants");
    assert_eq!(refused(&[1, 0]), "/variants/1/weight");
    assert_eq!(refused(&[1_001, 1]), "/variants/0/weight");
    let twice = [Variant { version: 3, weight: 1 }, Variant { version: 3, weight: 2 }];
    assert_eq!(variants_check(&twice).unwrap_err().fields()[0].pointer, "/variants/1/version");
    assert!(variants_check(&variants(&[1, 1_000])).is_ok());
}
