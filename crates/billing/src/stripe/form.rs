//! Request bodies in Stripe's format: `items[0][price]=price_1&metadata[tenant]=…`.

use std::fmt::Display;

use url::form_urlencoded::Serializer;

/// The fields of a request, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Form(Vec<(String, String)>);

impl Form {
    /// An empty form.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a field. `name` is in Stripe's notation: `recurring[interval]`. An empty value removes the field's present
    /// value.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Display) -> Self {
        self.0.push((name.into(), value.to_string()));
        self
    }

    /// Adds a field, if there is a value.
    #[must_use]
    pub fn with_some(self, name: impl Into<String>, value: Option<impl Display>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// Adds the fields of another form under `name`: `price` becomes `items[0][price]`.
    #[must_use]
    pub fn within(mut self, name: &str, inner: Self) -> Self {
        for (key, value) in inner.0 {
            let (head, rest) = key.split_at(key.find('[').unwrap_or(key.len()));
            self.0.push((format!("{name}[{head}]{rest}"), value));
        }
        self
    }

    /// Adds `name[0]`, `name[1]` and so on.
    #[must_use]
    pub fn with_list<T: Display>(mut self, name: &str, values: impl IntoIterator<Item = T>) -> Self {
        for (index, value) in values.into_iter().enumerate() {
            self = self.with(format!("{name}[{index}]"), value);
        }
        self
    }

    /// Adds `metadata[…]`.
    #[must_use]
    pub fn with_metadata<'a>(mut self, pairs: impl IntoIterator<Item = (&'a str, String)>) -> Self {
        for (key, value) in pairs {
            self = self.with(format!("metadata[{key}]"), value);
        }
        self
    }

    /// Whether the form has no fields.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The form as `application/x-www-form-urlencoded`.
    pub(super) fn encode(&self) -> String {
        Serializer::new(String::new()).extend_pairs(&self.0).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_fields_are_written_in_brackets() {
        let item = Form::new().with("price", "price_1").with("recurring[interval]", "month");
        let form = Form::new()
            .with("customer", "cus_1")
            .within("items[0]", item)
            .with_some("quantity", None::<i64>)
            .with_list("expand", ["data.latest_invoice"])
            .with_metadata([("freehold_tenant", "a b&c=d".to_owned())]);
        assert_eq!(
            form.encode(),
            "customer=cus_1&items%5B0%5D%5Bprice%5D=price_1&items%5B0%5D%5Brecurring%5D%5Binterval%5D=month\
             &expand%5B0%5D=data.latest_invoice&metadata%5Bfreehold_tenant%5D=a+b%26c%3Dd"
        );
        assert_eq!(Form::new().encode(), "");
    }
}
