//! Which addresses may be called.

use std::net::{IpAddr, Ipv4Addr};

use ipnet::IpNet;

use crate::{
    ranges::{embedded, metadata, special},
    refusal::Refusal,
};

/// Which addresses may be called: the public internet, and the ranges that the operator opens.
#[derive(Clone, Debug, Default)]
pub struct Allowed {
    opened: Vec<IpNet>,
    plain_http: bool,
}

/// An address that may be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Admission {
    /// The address is on the public internet.
    Public,
    /// The operator opened the address.
    Opened,
}

impl Allowed {
    /// Only the public internet, only over HTTPS.
    pub fn public_only() -> Self {
        Self::default()
    }

    /// Opens these ranges, also for plain HTTP. Only its exact range (`169.254.169.254/32`) opens a cloud's metadata
    /// address, never a wider one.
    #[must_use]
    pub fn with(mut self, ranges: &[IpNet]) -> Self {
        self.opened.extend_from_slice(ranges);
        self
    }

    /// Opens this machine: `127.0.0.0/8` and `::1`.
    #[must_use]
    pub fn with_loopback(self) -> Self {
        let loopback = IpNet::new_assert(IpAddr::V4(Ipv4Addr::new(127, 0, 0, 0)), 8);
        self.with(&[loopback, IpNet::from(IpAddr::V6(std::net::Ipv6Addr::LOCALHOST))])
    }

    /// Allows plain HTTP to public addresses, which every network on the way can read.
    #[must_use]
    pub fn with_plain_http(mut self) -> Self {
        self.plain_http = true;
        self
    }

    /// Whether the operator opened any range, so that a name may belong to the operator's network.
    pub(crate) fn opens_something(&self) -> bool {
        !self.opened.is_empty()
    }

    /// Whether plain HTTP is allowed to this address.
    pub(crate) fn plain_http_to(&self, admission: Admission) -> bool {
        self.plain_http || admission == Admission::Opened
    }

    /// Whether plain HTTP is allowed to public addresses.
    pub(crate) fn plain_http(&self) -> bool {
        self.plain_http
    }

    /// Whether this address may be called.
    pub(crate) fn admit(&self, address: IpAddr) -> Result<Admission, Refusal> {
        let exactly = IpNet::from(address);
        if self.opened.contains(&exactly) {
            return Ok(Admission::Opened);
        }
        if let Some(what) = metadata(address) {
            return Err(Refusal::Address(what));
        }
        let admission = if self.opened.iter().any(|range| range.contains(&address)) {
            Admission::Opened
        } else if let Some(what) = special(address) {
            return Err(Refusal::Address(what));
        } else {
            Admission::Public
        };
        // Opening the range of a translator such as NAT64 does not open the addresses behind it.
        if let IpAddr::V6(outer) = address
            && let Some(inner) = embedded(outer)
        {
            self.admit(IpAddr::V4(inner))?;
        }
        Ok(admission)
    }
}
