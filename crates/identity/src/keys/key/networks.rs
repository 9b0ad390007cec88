//! The networks from which a key may be used.

use std::net::IpAddr;

use freehold_core::{Context, Error, FieldError, Result, codes};
use freehold_outbound::IpNet;

/// Most networks of a key.
const MOST: usize = 50;
/// Length of the prefix of the IPv6 addresses that stand for IPv4 addresses: `::ffff:0:0/96`.
const MAPPED: u8 = 96;

/// Networks from which a key may be used; empty: everywhere.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Networks(Vec<IpNet>);

impl Networks {
    /// Parses networks and single addresses, `198.51.100.0/24` or `2001:db8::7`, in this order and without duplicates.
    ///
    /// # Errors
    /// `validation_failed`, naming each entry that is invalid.
    pub fn parse(texts: &[String]) -> Result<Self> {
        if texts.len() > MOST {
            return Err(Error::invalid("/allowed_networks", format!("expected at most {MOST} networks")));
        }
        let (mut networks, mut wrong) = (Vec::new(), Vec::new());
        for (place, text) in texts.iter().enumerate() {
            match network(text.trim()) {
                Ok(network) if networks.contains(&network) => {}
                Ok(network) => networks.push(network),
                Err(message) => wrong.push(FieldError { pointer: format!("/allowed_networks/{place}"), message }),
            }
        }
        if wrong.is_empty() { Ok(Self(networks)) } else { Err(Error::invalid_fields(wrong)) }
    }

    /// The networks as [`names`](Self::names) wrote them.
    pub(super) fn stored(texts: &[String]) -> Result<Self> {
        let networks: Result<Vec<IpNet>, _> = texts.iter().map(|text| text.parse()).collect();
        networks.map(Self).context("reading the networks of a key")
    }

    /// The networks as text: `198.51.100.0/24`.
    pub fn names(&self) -> Vec<String> {
        self.0.iter().map(ToString::to_string).collect()
    }

    /// Whether a request from this address may use the key.
    pub fn allow(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.is_empty() || self.0.iter().any(|network| network.contains(&address))
    }

    /// These networks for a key that one with `giver` creates: without any, those of the giver.
    ///
    /// # Errors
    /// `permission_denied`, naming the network that the giver does not have.
    pub(super) fn within(self, giver: &Self) -> Result<Self> {
        if self.0.is_empty() {
            return Ok(giver.clone());
        }
        let outside = |network: &&IpNet| !giver.0.is_empty() && !giver.0.iter().any(|known| known.contains(*network));
        match self.0.iter().find(outside) {
            None => Ok(self),
            Some(network) => {
                let message = format!("The key that creates this key cannot be used in all of {network} itself.");
                Err(Error::new(codes::PERMISSION_DENIED, message))
            }
        }
    }
}

/// A network, or a single address. IPv6 networks that stand for IPv4 become IPv4, as the addresses of clients do.
fn network(text: &str) -> Result<IpNet, String> {
    let invalid = || "expected a network such as 198.51.100.0/24 or 2001:db8::/48, or an address".to_owned();
    let network = match text.parse::<IpAddr>() {
        Ok(address) => IpNet::from(address.to_canonical()),
        Err(_) => text.parse::<IpNet>().map_err(|_| invalid())?,
    };
    let network = match (network, network.addr().to_canonical()) {
        (IpNet::V6(mapped), address @ IpAddr::V4(_)) if mapped.prefix_len() >= MAPPED => {
            IpNet::new(address, mapped.prefix_len() - MAPPED).map_err(|_| invalid())?
        }
        (network, _) => network,
    };
    let whole = network.trunc();
    if whole != network {
        return Err(format!("the address has bits beyond the prefix: write {whole} for the network"));
    }
    Ok(network)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(texts: &[&str]) -> Result<Networks> {
        Networks::parse(&texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>())
    }

    fn allows(texts: &[&str], address: &str) -> bool {
        parse(texts).unwrap().allow(address.parse().unwrap())
    }

    #[test]
    fn networks_and_addresses_are_normalised() {
        for (text, expected) in [
            ("198.51.100.7", "198.51.100.7/32"),
            (" 198.51.100.0/24 ", "198.51.100.0/24"),
            ("2001:DB8::7", "2001:db8::7/128"),
            ("2001:db8:0::/48", "2001:db8::/48"),
            ("::ffff:198.51.100.7", "198.51.100.7/32"),
            ("::ffff:198.51.100.0/120", "198.51.100.0/24"),
            ("::ffff:0:0/96", "0.0.0.0/0"),
            ("0.0.0.0/0", "0.0.0.0/0"),
            ("::/0", "::/0"),
        ] {
            let names = parse(&[text, text]).unwrap().names();
            assert_eq!(names, [expected], "{text}");
            assert_eq!(Networks::stored(&names).unwrap(), parse(&[text]).unwrap());
        }
    }

    #[test]
    fn each_invalid_entry_is_named() {
        let mixed = ["198.51.100.7/24", "10.0.0.0/8", "", "10.0.0.0/33", "example.org", "fe80::1%eth0", "10.0.0.1:80"];
        let error = parse(&mixed).unwrap_err();
        let wrong: Vec<&str> = error.fields().iter().map(|field| field.pointer.as_str()).collect();
        let expected = [0, 2, 3, 4, 5, 6].map(|place| format!("/allowed_networks/{place}"));
        assert_eq!(wrong, expected);
        assert!(error.fields()[0].message.contains("198.51.100.0/24"), "{}", error.fields()[0].message);
        assert!(parse(&["10.0.0.1"; 51]).is_err() && parse(&["10.0.0.1"; 50]).is_ok());
    }

    #[test]
    fn an_address_is_allowed_in_every_notation() {
        let texts = ["198.51.100.0/24", "2001:db8::/48"];
        for address in ["198.51.100.0", "198.51.100.255", "::ffff:198.51.100.9", "2001:db8::ffff"] {
            assert!(allows(&texts, address) && allows(&[], address), "{address}");
        }
        for address in ["198.51.101.0", "::ffff:198.51.101.0", "::198.51.100.9", "2001:db8:1::", "::1"] {
            assert!(!allows(&texts, address) && allows(&[], address), "{address}");
        }
        assert!(!allows(&["0.0.0.0/0"], "::1") && !allows(&["::/0"], "::ffff:198.51.100.9"));
    }

    #[test]
    fn a_derived_key_has_at_most_the_networks_of_its_creator() {
        let giver = parse(&["198.51.100.0/24", "2001:db8::/48"]).unwrap();
        assert_eq!(parse(&[]).unwrap().within(&giver).unwrap(), giver);
        for within in [&["198.51.100.128/25"][..], &["198.51.100.7", "2001:db8::/64"]] {
            let wanted = parse(within).unwrap();
            assert_eq!(wanted.clone().within(&giver).unwrap(), wanted);
            assert_eq!(wanted.clone().within(&Networks::default()).unwrap(), wanted);
        }
        for outside in [&["198.51.0.0/16"][..], &["198.51.100.7", "203.0.113.1"], &["0.0.0.0/0"], &["::/0"]] {
            assert!(parse(outside).unwrap().within(&giver).unwrap_err().is(codes::PERMISSION_DENIED), "{outside:?}");
        }
    }
}
