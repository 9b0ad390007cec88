//! How much a long test does: little in `make test`, much in `make soak`.

/// The number of cases: the environment variable `name` if it is set; otherwise `soak` if `FREEHOLD_SOAK` is 1, and
/// `quick` if it is not.
pub fn size(name: &str, quick: u32, soak: u32) -> u32 {
    let usual = if std::env::var_os("FREEHOLD_SOAK").is_some_and(|value| value == "1") { soak } else { quick };
    number(name).unwrap_or(usual)
}

/// The seed of a random test: the environment variable `name`, or 1.
pub fn seed(name: &str) -> u32 {
    number(name).unwrap_or(1)
}

fn number(name: &str) -> Option<u32> {
    let text = std::env::var_os(name)?;
    let number = text.to_str().and_then(|text| text.parse().ok());
    Some(number.unwrap_or_else(|| panic!("{name} is {}, which is not a whole number", text.display())))
}
