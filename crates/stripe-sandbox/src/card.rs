//! Stripe's test cards, by number and by name, and the behavior of each.

use crate::error::StripeError;

/// What happens when a card is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Behavior {
    Succeeds,
    /// The card is refused as soon as it is attached, set up or charged: code, decline code, message.
    Declines(&'static str, &'static str, &'static str),
    /// The card can be attached, and every charge is refused.
    DeclinesCharges,
    /// The card can be attached and pays while its owner is present; every charge without them is refused.
    DeclinesRenewals,
    /// The card's owner has to authenticate once; then it pays.
    AuthenticatesOnce,
    /// The card's owner has to authenticate for every payment.
    AuthenticatesAlways,
    /// The card pays; its refunds are pending for a while.
    RefundsPend,
    /// The card pays; its refunds succeed at first and fail later.
    RefundsFail,
}

/// A test card.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TestCard {
    pub(crate) number: &'static str,
    /// The card's name in the API: `pm_card_visa`.
    pub(crate) name: &'static str,
    pub(crate) brand: &'static str,
    pub(crate) funding: &'static str,
    pub(crate) behavior: Behavior,
    /// The description of its behavior on the hosted pages.
    pub(crate) words: &'static str,
}

const fn card(number: &'static str, name: &'static str, behavior: Behavior, words: &'static str) -> TestCard {
    TestCard { number, name, brand: "visa", funding: "credit", behavior, words }
}

const DECLINED: &str = "Your card was declined.";

/// Every card that the sandbox knows. Other numbers are refused, as in Stripe's test mode.
pub(crate) const CARDS: &[TestCard] = &[
    card("4242424242424242", "pm_card_visa", Behavior::Succeeds, "succeeds"),
    card(
        "4000000000000341",
        "pm_card_chargeCustomerFail",
        Behavior::DeclinesCharges,
        "attaches, then every charge fails",
    ),
    card(
        "4000000000007767",
        "pm_card_sandboxFailsOnRenewal",
        Behavior::DeclinesRenewals,
        "pays now, fails on renewal (the sandbox's own)",
    ),
    card(
        "4000000000000002",
        "pm_card_visa_chargeDeclined",
        Behavior::Declines("card_declined", "generic_decline", DECLINED),
        "is declined",
    ),
    card(
        "4000002500003155",
        "pm_card_authenticationRequiredOnSetup",
        Behavior::AuthenticatesOnce,
        "asks its owner once",
    ),
    card(
        "4000002760003184",
        "pm_card_authenticationRequired",
        Behavior::AuthenticatesAlways,
        "asks its owner every time",
    ),
    card(
        "4000000000009995",
        "pm_card_visa_chargeDeclinedInsufficientFunds",
        Behavior::Declines("card_declined", "insufficient_funds", "Your card has insufficient funds."),
        "has insufficient funds",
    ),
    card(
        "4000000000009987",
        "pm_card_visa_chargeDeclinedLostCard",
        Behavior::Declines("card_declined", "lost_card", DECLINED),
        "is lost",
    ),
    card(
        "4000000000009979",
        "pm_card_visa_chargeDeclinedStolenCard",
        Behavior::Declines("card_declined", "stolen_card", DECLINED),
        "is stolen",
    ),
    card(
        "4000000000000069",
        "pm_card_chargeDeclinedExpiredCard",
        Behavior::Declines("expired_card", "expired_card", "Your card has expired."),
        "has expired",
    ),
    card(
        "4000000000000127",
        "pm_card_chargeDeclinedIncorrectCvc",
        Behavior::Declines("incorrect_cvc", "incorrect_cvc", "Your card's security code is incorrect."),
        "has another code",
    ),
    card(
        "4000000000000119",
        "pm_card_chargeDeclinedProcessingError",
        Behavior::Declines(
            "processing_error",
            "processing_error",
            "An error occurred while processing your card. Try again in a little bit.",
        ),
        "cannot be processed",
    ),
    card("4000000000007726", "pm_card_pendingRefund", Behavior::RefundsPend, "pays, and refunds are pending"),
    card("4000000000005126", "pm_card_refundFail", Behavior::RefundsFail, "pays, and refunds fail later"),
    TestCard { funding: "debit", ..card("4000056655665556", "pm_card_visa_debit", Behavior::Succeeds, "succeeds") },
    TestCard { brand: "mastercard", ..card("5555555555554444", "pm_card_mastercard", Behavior::Succeeds, "succeeds") },
    TestCard { brand: "amex", ..card("378282246310005", "pm_card_amex", Behavior::Succeeds, "succeeds") },
    TestCard { brand: "discover", ..card("6011111111111117", "pm_card_discover", Behavior::Succeeds, "succeeds") },
];

/// Other names of the same cards.
const NAMES: &[(&str, &str)] = &[
    ("pm_card_us", "pm_card_visa"),
    ("pm_card_chargeDeclined", "pm_card_visa_chargeDeclined"),
    ("pm_card_chargeDeclinedInsufficientFunds", "pm_card_visa_chargeDeclinedInsufficientFunds"),
    ("pm_card_threeDSecure2Required", "pm_card_authenticationRequired"),
    ("pm_card_threeDSecureRequired", "pm_card_authenticationRequired"),
];

impl TestCard {
    /// Finds a card by its number (ignoring spaces and dashes) or by its name: `pm_card_visa`, `tok_visa`.
    pub(crate) fn find(text: &str) -> Option<&'static Self> {
        let number: String = text.chars().filter(|letter| !matches!(letter, ' ' | '-')).collect();
        let name = text.strip_prefix("tok_").map_or_else(|| text.to_owned(), |rest| format!("pm_card_{rest}"));
        let name = NAMES.iter().find(|(other, _)| *other == name).map_or(name.as_str(), |(_, card)| card);
        CARDS.iter().find(|card| card.number == number || card.name == name)
    }

    pub(crate) fn last4(&self) -> &'static str {
        &self.number[self.number.len() - 4..]
    }

    /// Why the card cannot be attached; none: it can.
    pub(crate) fn attach_refusal(&self) -> Option<StripeError> {
        match self.behavior {
            Behavior::Declines(code, decline, message) => Some(StripeError::card(code, Some(decline), message)),
            _ => None,
        }
    }

    /// Why a charge is refused; none: it is not.
    pub(crate) fn charge_refusal(&self, off_session: bool) -> Option<StripeError> {
        match self.behavior {
            Behavior::DeclinesCharges => Some(StripeError::card("card_declined", Some("generic_decline"), DECLINED)),
            Behavior::DeclinesRenewals if off_session => {
                Some(StripeError::card("card_declined", Some("generic_decline"), DECLINED))
            }
            _ => self.attach_refusal(),
        }
    }
}

/// Serializes a card as its number, for the data file.
pub(crate) mod by_number {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    use super::TestCard;

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference to the field")]
    pub(crate) fn serialize<S: Serializer>(card: &&'static TestCard, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(card.number)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<&'static TestCard, D::Error> {
        let number = String::deserialize(deserializer)?;
        TestCard::find(&number).ok_or_else(|| D::Error::custom(format!("no test card has the number {number}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passes_luhn(number: &str) -> bool {
        let digits = number.bytes().rev().map(|digit| u32::from(digit - b'0'));
        let sum: u32 = digits
            .enumerate()
            .map(|(place, digit)| match (place % 2, digit * 2) {
                (0, _) => digit,
                (_, double) if double > 9 => double - 9,
                (_, double) => double,
            })
            .sum();
        sum.is_multiple_of(10)
    }

    #[test]
    fn every_card_has_a_valid_number_and_a_name_of_its_own() {
        for card in CARDS {
            assert!(passes_luhn(card.number), "{}", card.number);
            assert_eq!(TestCard::find(card.name), Some(card));
            assert_eq!(TestCard::find(card.number), Some(card));
        }
        assert_eq!(TestCard::find("tok_visa").map(TestCard::last4), Some("4242"));
        assert_eq!(TestCard::find("4242 4242 4242 4242").map(TestCard::last4), Some("4242"));
        assert_eq!(TestCard::find("4111111111111112"), None);
    }
}
