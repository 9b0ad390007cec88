//! The brand on every page: name, logo, color and links of the product.

use freehold_catalog::{Color, Product};
use freehold_core::percent_encode;
use freehold_web::Backbone;

/// The only stylesheet, served at `/assets/freehold.css` as `text/css`.
pub const STYLESHEET: &str = concat!(include_str!("../assets/frame.css"), include_str!("../assets/freehold.css"));

/// Freehold's mark, served at `/assets/mark.svg`. It is on developers' pages only, never on those of a product.
pub const MARK: &str = include_str!("../assets/mark.svg");

/// The grounds with the least contrast in the light and in the dark theme, as in the stylesheet.
const GROUNDS: [Color; 2] = [Color::of(0xf2, 0xf0, 0xea), Color::of(0x18, 0x1c, 0x19)];

/// The product that this server sells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Brand {
    /// Name of the product: `VoiceFX AI`.
    pub product_name: String,
    /// Address of the site without a slash at the end: `https://app.example.org`. Example commands call it.
    pub site_url: String,
    /// Address of the terms of service; none: no link.
    pub terms: Option<String>,
    /// Address of the privacy notice; none: no link.
    pub privacy: Option<String>,
    /// Where to contact the operator: a web page or `mailto:` with an e-mail address; none: no link.
    pub contact: Option<String>,
    /// Whether the footer says that the product is powered by Freehold.
    pub credit: bool,
}

impl Brand {
    /// The brand of the server's product.
    pub fn of(backbone: &Backbone) -> Self {
        let brand = &backbone.product.brand;
        // `percent_encode` keeps an address from adding fields such as `?bcc=`; `@` stays readable.
        let support =
            || brand.support.as_ref().map(|address| format!("mailto:{}", percent_encode(address).replace("%40", "@")));
        Self {
            product_name: backbone.product.name.clone(),
            site_url: backbone.site_url.clone(),
            terms: brand.terms.clone(),
            privacy: brand.privacy.clone(),
            contact: brand.contact.clone().or_else(support),
            credit: brand.credit,
        }
    }
}

/// The product's logo as SVG, served at `/assets/logo.svg`: its own, or the first letter of its name on its color.
pub fn logo(product: &Product) -> String {
    if let Some(logo) = &product.brand.logo {
        return logo.clone();
    }
    let color = product.brand.color;
    let letter = product.name.chars().find(|letter| letter.is_alphanumeric()).unwrap_or('•');
    let letter: String = letter.to_uppercase().take(1).collect();
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 32 32\" width=\"32\" height=\"32\">\
         <rect width=\"32\" height=\"32\" rx=\"8\" fill=\"{color}\"/>\
         <text x=\"16\" y=\"22.5\" text-anchor=\"middle\" font-family=\"system-ui, sans-serif\" font-size=\"18\" \
         font-weight=\"700\" fill=\"{}\">{letter}</text></svg>",
        color.ink()
    )
}

/// The product's color as tokens of the stylesheet, served at `/assets/brand.css`: a shade that is readable on the
/// light and one on the dark ground.
pub fn brand_css(product: &Product) -> String {
    let [light, dark] = GROUNDS.map(|ground| product.brand.color.readable_on(ground));
    format!(
        ":root {{\n  --accent: light-dark({light}, {dark});\n  --on-accent: light-dark({}, {});\n}}\n",
        light.ink(),
        dark.ink()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn product(brand: &str) -> Product {
        let toml = include_str!("../../../products/voice/product.toml");
        let (before, _) = toml.split_once("[brand]").unwrap();
        let (_, after) = toml.split_once("color = \"#1d6b48\"").unwrap();
        Product::parse("product.toml", &format!("{before}[brand]\n{brand}\n{after}")).unwrap()
    }

    #[test]
    fn a_product_without_a_logo_gets_its_letter_on_its_color() {
        let logo = logo(&product("color = \"#ffcc00\""));
        assert!(logo.contains(">V</text>") && logo.contains("#ffcc00") && logo.contains("fill=\"#000000\""), "{logo}");
        let own = "<svg xmlns='http://www.w3.org/2000/svg'><circle r='4'/></svg>";
        assert_eq!(super::logo(&product(&format!("logo = \"{own}\""))), own);
    }

    #[test]
    fn the_color_is_readable_in_both_themes() {
        let css = brand_css(&product("color = \"#ffcc00\""));
        assert!(css.contains("--accent: light-dark(#") && !css.contains("light-dark(#ffcc00,"), "{css}");
    }
}
