//! Sender name and look of mails.

use freehold_catalog::{Color, Product};
use freehold_core::{mail_name, mail_text};
use freehold_module::mail::one_line;

use super::{Address, Wording};

/// The most characters of a footer.
pub(super) const FOOTER_LONGEST: usize = 300;

/// The background of a mail's text in light and in dark mode.
const DAY: Color = Color::WHITE;
const NIGHT: Color = Color::of(0x19, 0x1d, 0x1a);

/// Look and sender name of a mail: the product's brand, or a tenant's brand on top of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Brand {
    /// Name of the product: `VoiceFX AI`.
    pub product_name: String,
    /// Name of the sender: `VoiceFX AI`, or `Bright Dental via VoiceFX AI`.
    pub sender_name: String,
    /// Address for replies; none when replies go to the sender.
    pub reply_to: Option<Address>,
    /// Colour of buttons and links.
    pub color: Color,
    /// Address for questions; none to leave the line out.
    pub support: Option<String>,
    /// Line below the mail; none for the product's, or for no line.
    pub footer: Option<String>,
    /// Name of the tenant in whose name the product writes; none when it writes for itself.
    pub speaks_for: Option<String>,
    /// The product's own texts of mails.
    pub wording: Wording,
}

/// A tenant's brand; fields that are none are the product's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TenantBrand {
    /// Sender name: `Bright Dental`.
    pub sender_name: Option<String>,
    /// Address for replies.
    pub reply_to: Option<Address>,
    /// Colour of buttons and links.
    pub color: Option<Color>,
    /// Line below the mail; none for the product's, or for no line.
    pub footer: Option<String>,
}

/// The colours of a mail, chosen so that each text is readable on its background.
#[derive(Clone, Copy, Debug)]
pub(super) struct Palette {
    pub(super) button: Color,
    pub(super) on_button: Color,
    pub(super) link: Color,
    pub(super) night_button: Color,
    pub(super) on_night_button: Color,
    pub(super) night_link: Color,
}

impl Brand {
    /// The product's brand, from `[brand]` in `product.toml`.
    pub fn of_product(product: &Product) -> Self {
        let brand = &product.brand;
        Self {
            product_name: one_line(&product.name),
            sender_name: one_line(&brand.sender),
            reply_to: None,
            color: brand.color,
            support: brand.support.clone(),
            footer: brand.footer.clone(),
            speaks_for: None,
            wording: Wording::new(product.mail.clone()),
        }
    }

    /// This brand with a tenant's brand on top. The product's name stays in the sender name, so that no tenant can
    /// pretend to be the product.
    #[must_use]
    pub fn of_tenant(&self, tenant: TenantBrand) -> Self {
        let TenantBrand { sender_name, reply_to, color, footer } = tenant;
        let name = sender_name.and_then(|name| mail_name(&name));
        Self {
            product_name: self.product_name.clone(),
            sender_name: match &name {
                Some(name) => format!("{name} via {}", self.product_name),
                None => self.sender_name.clone(),
            },
            reply_to: reply_to.or_else(|| self.reply_to.clone()),
            color: color.unwrap_or(self.color),
            support: self.support.clone(),
            footer: footer
                .map(|footer| mail_text(&footer, FOOTER_LONGEST))
                .filter(|footer| !footer.is_empty())
                .or_else(|| self.footer.clone()),
            speaks_for: name,
            wording: self.wording.clone(),
        }
    }

    /// The brand of a sample tenant, for previews and tests.
    #[must_use]
    pub fn sample_tenant(&self) -> Self {
        self.of_tenant(TenantBrand {
            sender_name: Some("Bright Dental".to_owned()),
            reply_to: Address::parse("reception@brightdental.example").ok(),
            color: Some(Color::of(0x6d, 0x3b, 0xc4)),
            footer: Some("Bright Dental Ltd, 12 Mill Lane, Bristol BS1 4ND, United Kingdom".to_owned()),
        })
    }

    /// The name above the mail.
    pub(super) fn heading(&self) -> &str {
        self.speaks_for.as_ref().unwrap_or(&self.product_name)
    }

    pub(super) fn palette(&self) -> Palette {
        let night_button = self.color.readable_on(NIGHT);
        Palette {
            button: self.color,
            on_button: self.color.ink(),
            link: self.color.readable_on(DAY),
            night_button,
            on_night_button: night_button.ink(),
            night_link: night_button,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn product() -> Brand {
        Brand {
            product_name: "VoiceFX AI".to_owned(),
            sender_name: "VoiceFX AI Team".to_owned(),
            reply_to: None,
            color: Color::of(0x1d, 0x6b, 0x48),
            support: Some("help@voicefx.example".to_owned()),
            footer: Some("VoiceFX AI Inc.".to_owned()),
            speaks_for: None,
            wording: Wording::default(),
        }
    }

    #[test]
    fn what_a_tenant_leaves_out_is_the_products() {
        assert_eq!(product().of_tenant(TenantBrand::default()), product());
        let tenant = TenantBrand { footer: Some("1 Mill Lane".to_owned()), ..TenantBrand::default() };
        assert_eq!(product().of_tenant(tenant), Brand { footer: Some("1 Mill Lane".to_owned()), ..product() });
    }

    #[test]
    fn a_tenants_mail_says_whose_product_it_came_by() {
        let tenant = product().sample_tenant();
        assert_eq!(tenant.sender_name, "Bright Dental via VoiceFX AI");
        assert_eq!(tenant.heading(), "Bright Dental");
        assert_eq!(tenant.support, product().support);
        let tenant = TenantBrand { sender_name: Some("VoiceFX AI\r\nBcc: x".to_owned()), ..TenantBrand::default() };
        assert_eq!(product().of_tenant(tenant).sender_name, "VoiceFX AI Bcc: x via VoiceFX AI");
    }

    #[test]
    fn a_brands_colours_are_read_by_day_and_by_night() {
        for color in [Color::WHITE, Color::BLACK, Color::of(0xff, 0xcc, 0), Color::of(0x6d, 0x3b, 0xc4)] {
            let colors = Brand { color, ..product() }.palette();
            for (text, ground) in [
                (colors.on_button, colors.button),
                (colors.link, DAY),
                (colors.on_night_button, colors.night_button),
                (colors.night_link, NIGHT),
            ] {
                assert!(text.contrast(ground) >= Color::READABLE, "{color}: {text} on {ground}");
            }
        }
    }
}
