//! Products, prices, webhook endpoints, events and the account: the calls of the operator's commands.

use super::{
    Client, VERSION,
    calls::path,
    error::{Kind, Result},
    form::Form,
    object::{Account, Deleted, Event, Page, Price, Product, WebhookEndpoint},
    request::{EventFilter, NewPrice, PAGE, PriceUpdate, ProductFields},
};

/// Most lookup keys that Stripe accepts in one request.
const KEYS: usize = 10;

impl Client {
    /// The prices with these lookup keys, in any order, including those that are no longer sold.
    pub async fn price_list(&self, lookup_keys: &[&str]) -> Result<Vec<Price>> {
        let mut all = Vec::new();
        for keys in lookup_keys.chunks(KEYS) {
            // Without `active`, Stripe lists only prices that are sold.
            for active in [true, false] {
                let form = Form::new().with("active", active).with("limit", PAGE).with_list("lookup_keys", keys);
                all.extend(self.get::<Page<Price>>("/v1/prices", &form).await?.data);
            }
        }
        Ok(all)
    }

    /// The price with this lookup key, if it is sold.
    pub async fn price_find(&self, lookup_key: &str) -> Result<Option<Price>> {
        let form = Form::new().with("active", true).with_list("lookup_keys", [lookup_key]);
        Ok(self.get::<Page<Price>>("/v1/prices", &form).await?.data.into_iter().next())
    }

    /// All prices of a product, including those that are no longer sold.
    pub async fn price_list_of(&self, product: &str) -> Result<Vec<Price>> {
        let mut all: Vec<Price> = Vec::new();
        for active in [true, false] {
            let mut last: Option<String> = None;
            loop {
                let form = Form::new()
                    .with("product", product)
                    .with("active", active)
                    .with("limit", PAGE)
                    .with_some("starting_after", last.as_ref());
                let page: Page<Price> = self.get("/v1/prices", &form).await?;
                last = page.data.last().map(|price| price.id.clone());
                all.extend(page.data);
                if !page.has_more || last.is_none() {
                    break;
                }
            }
        }
        Ok(all)
    }

    /// Creates a price.
    pub async fn price_create(&self, price: &NewPrice<'_>, idempotency_key: Option<&str>) -> Result<Price> {
        self.post("/v1/prices", &price.form(), idempotency_key).await
    }

    /// Updates the changeable fields of a price.
    pub async fn price_update(&self, id: &str, update: &PriceUpdate<'_>) -> Result<Price> {
        self.post(&path("prices", id), &update.form(), None).await
    }

    /// All products of the account, including those that are no longer sold.
    pub async fn product_list(&self) -> Result<Vec<Product>> {
        let mut all: Vec<Product> = Vec::new();
        loop {
            let last = all.last().map(|last| last.id.as_str());
            let form = Form::new().with("limit", PAGE).with_some("starting_after", last);
            let page: Page<Product> = self.get("/v1/products", &form).await?;
            let more = page.has_more && !page.data.is_empty();
            all.extend(page.data);
            if !more {
                return Ok(all);
            }
        }
    }

    /// The product; none if there is none.
    pub async fn product_get(&self, id: &str) -> Result<Option<Product>> {
        self.find(&path("products", id), &Form::new()).await
    }

    /// Creates a product with this id. `Invalid` with code `resource_already_exists` if there is one.
    pub async fn product_create(&self, id: &str, product: &ProductFields<'_>) -> Result<Product> {
        self.post("/v1/products", &product.form().with("id", id), None).await
    }

    /// Updates a product.
    pub async fn product_update(&self, id: &str, product: &ProductFields<'_>) -> Result<Product> {
        self.post(&path("products", id), &product.form(), None).await
    }

    /// All webhook endpoints.
    pub async fn webhook_endpoint_list(&self) -> Result<Vec<WebhookEndpoint>> {
        let mut all: Vec<WebhookEndpoint> = Vec::new();
        loop {
            let last = all.last().map(|last| last.id.as_str());
            let form = Form::new().with("limit", PAGE).with_some("starting_after", last);
            let page: Page<WebhookEndpoint> = self.get("/v1/webhook_endpoints", &form).await?;
            let more = page.has_more && !page.data.is_empty();
            all.extend(page.data);
            if !more {
                return Ok(all);
            }
        }
    }

    /// Creates a webhook endpoint for these event types (`*`: all), in Freehold's version of the API. Only this answer
    /// contains the secret.
    pub async fn webhook_endpoint_create(&self, url: &str, enabled_events: &[&str]) -> Result<WebhookEndpoint> {
        let form = Form::new()
            .with("url", url)
            .with("api_version", VERSION)
            .with("description", "Freehold")
            .with_list("enabled_events", enabled_events);
        self.post("/v1/webhook_endpoints", &form, None).await
    }

    /// Deletes a webhook endpoint. Does nothing if there is none.
    pub async fn webhook_endpoint_delete(&self, id: &str) -> Result<()> {
        match self.delete::<Deleted>(&path("webhook_endpoints", id), &Form::new()).await {
            Err(error) if error.kind() != Kind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// A page of events, the newest first.
    pub async fn event_page(&self, filter: &EventFilter<'_>) -> Result<Page<Event>> {
        self.get("/v1/events", &filter.form()).await
    }

    /// The event; none if there is none, or it is older than 30 days.
    pub async fn event_get(&self, id: &str) -> Result<Option<Event>> {
        self.find(&path("events", id), &Form::new()).await
    }

    /// The account that the key belongs to: shows whether Stripe can be reached and accepts the key.
    pub async fn account_get(&self) -> Result<Account> {
        self.get("/v1/account", &Form::new()).await
    }
}
