//! `/`: the product's own page.

use askama::Template;

use crate::{PlanCard, PlanLinks, PlanPrice, Shell};

/// The first page of the site, for visitors.
#[derive(Clone, Debug, Template)]
#[template(path = "front.html")]
pub struct FrontPage {
    /// The frame of the page.
    pub shell: Shell,
    /// What the product does, one sentence: `AI voice agents that answer and make your calls.`
    pub description: String,
    /// The plans, in the order of the catalog.
    pub plans: Vec<PlanCard>,
    /// Where the buttons of the plans lead.
    pub links: PlanLinks,
    /// Whether new users may sign up.
    pub sign_up: bool,
}

impl FrontPage {
    /// Renders the page as HTML.
    pub fn render(&self) -> Result<String, askama::Error> {
        Template::render(self)
    }
}
