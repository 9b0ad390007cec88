//! Parameters of special kinds: percentages, currencies, enumerations, and options for which the sandbox accepts only
//! Stripe's default.

use serde_json::{Map, Value};

use super::Params;
use crate::{
    error::{Result, StripeError},
    money,
};

impl Params {
    /// Takes an integer within limits.
    pub(crate) fn int_within(&mut self, key: &str, least: i64, most: i64) -> Result<Option<i64>> {
        let name = self.name(key);
        let number = self.int_from(key, least)?;
        if number.is_some_and(|number| number > most) {
            let message = format!("This value must be less than or equal to {most}.");
            return Err(StripeError::coded("parameter_invalid_integer", message).at(&name));
        }
        Ok(number)
    }

    /// Takes a percentage with at most four decimals, in ten thousandths of a percent.
    pub(crate) fn percent(&mut self, key: &str) -> Result<Option<i64>> {
        let name = self.name(key);
        let Some(text) = self.text(key)? else { return Ok(None) };
        let wrong = || StripeError::invalid(format!("Invalid decimal: {text}")).at(&name);
        money::percent_read(&text).ok_or_else(wrong).map(Some)
    }

    /// Takes a currency code, in lower case.
    pub(crate) fn currency(&mut self, key: &str) -> Result<Option<String>> {
        let name = self.name(key);
        let Some(text) = self.text(key)? else { return Ok(None) };
        let code = text.to_ascii_lowercase();
        if money::is_currency(&code) {
            return Ok(Some(code));
        }
        let known: Vec<&str> = money::CURRENCIES.split_ascii_whitespace().collect();
        let message =
            format!("Invalid currency: {code}. Stripe currently supports these currencies: {}", known.join(", "));
        Err(StripeError::invalid(message).at(&name))
    }

    /// Takes one of these values.
    pub(crate) fn one_of(&mut self, key: &str, words: &[&str]) -> Result<Option<String>> {
        let name = self.name(key);
        let text = self.text(key)?;
        if let Some(text) = &text {
            word_check(&name, text, words)?;
        }
        Ok(text)
    }

    /// Takes one of the values that the sandbox supports. Other values of Stripe are refused as not modelled.
    pub(crate) fn only(&mut self, key: &str, ours: &[&str], stripes: &[&str]) -> Result<Option<String>> {
        let name = self.name(key);
        match self.one_of(key, stripes)? {
            Some(word) if !ours.contains(&word.as_str()) => {
                Err(StripeError::not_modelled(&format!("{name}={word}"), &name))
            }
            word => Ok(word),
        }
    }

    /// Sets an optional value of an enumeration, if it was sent; an empty one unsets it.
    pub(crate) fn set_one_of(&mut self, key: &str, words: &[&str], target: &mut Option<String>) -> Result<()> {
        let name = self.name(key);
        if let Some(text) = self.text(key)? {
            if !text.is_empty() {
                word_check(&name, &text, words)?;
            }
            *target = (!text.is_empty()).then_some(text);
        }
        Ok(())
    }

    /// Takes a list of values of an enumeration.
    pub(crate) fn words(&mut self, key: &str, words: &[&str]) -> Result<Option<Vec<String>>> {
        let name = self.name(key);
        let Some(texts) = self.texts(key)? else { return Ok(None) };
        for (index, text) in texts.iter().enumerate() {
            word_check(&format!("{name}[{index}]"), text, words)?;
        }
        Ok(Some(texts))
    }

    /// Takes fields that are only stored and returned, such as the footer of an invoice; an empty one becomes null.
    pub(crate) fn keep(&mut self, keys: &[&str], target: &mut Map<String, Value>) -> Result<()> {
        for key in keys {
            if let Some(text) = self.text(key)? {
                target.insert((*key).to_owned(), if text.is_empty() { Value::Null } else { Value::String(text) });
            }
        }
        Ok(())
    }

    /// Takes payment method types: the sandbox supports only cards and refuses others.
    pub(crate) fn cards_only(&mut self, key: &str) -> Result<()> {
        let name = self.name(key);
        match self.texts(key)?.unwrap_or_default().into_iter().find(|kind| kind != "card") {
            None => Ok(()),
            Some(kind) => Err(StripeError::not_modelled(&format!("{name} other than card, such as {kind},"), &name)),
        }
    }

    /// Takes `automatic_tax`, which the sandbox refuses as Stripe does when Stripe Tax is not set up.
    pub(crate) fn automatic_tax(&mut self) -> Result<()> {
        let name = self.name("automatic_tax");
        let Some(mut tax) = self.map("automatic_tax")? else { return Ok(()) };
        if tax.flag("enabled")? == Some(true) {
            let message = "You must have a valid head office address to enable automatic tax calculation in test mode. \
                           The sandbox has no Stripe Tax; give tax rates instead.";
            return Err(StripeError::invalid(message).at(&format!("{name}[enabled]")));
        }
        tax.done()
    }

    /// Takes an object that switches off a feature which the sandbox does not have: `automatic_tax[enabled]=false`.
    pub(crate) fn disabled(&mut self, key: &str) -> Result<()> {
        let name = self.name(key);
        let Some(mut object) = self.map(key)? else { return Ok(()) };
        if object.flag("enabled")? == Some(true) {
            return Err(StripeError::not_modelled(&format!("{name}[enabled]=true"), &format!("{name}[enabled]")));
        }
        object.done()
    }

    /// Merges `metadata` as Stripe does: an empty value deletes its key, and an empty `metadata` deletes all keys.
    pub(crate) fn metadata(&mut self, target: &mut Map<String, Value>) -> Result<()> {
        let Some(mut sent) = self.map("metadata")? else { return Ok(()) };
        if sent.is_empty() {
            target.clear();
        }
        for (key, text) in sent.pairs()? {
            if text.is_empty() {
                target.remove(&key);
            } else {
                target.insert(key, Value::String(text));
            }
        }
        Ok(())
    }

    /// Sets an optional text, if it was sent; an empty one unsets it.
    pub(crate) fn set(&mut self, key: &str, target: &mut Option<String>) -> Result<()> {
        if let Some(text) = self.text(key)? {
            *target = (!text.is_empty()).then_some(text);
        }
        Ok(())
    }
}

fn word_check(name: &str, text: &str, words: &[&str]) -> Result<()> {
    if words.contains(&text) {
        return Ok(());
    }
    Err(StripeError::invalid(format!("Invalid {name}: must be one of {}", words.join(", "))).at(name))
}
