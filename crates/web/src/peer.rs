//! The client's network address: that of the connection, or the one that a trusted proxy reports.

use std::{
    net::{IpAddr, SocketAddr},
    sync::atomic::{AtomicBool, Ordering},
};

use axum::{
    extract::ConnectInfo,
    http::{HeaderMap, HeaderName, request::Parts},
};
use freehold_outbound::IpNet;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
/// Most proxies in a chain. Entries beyond were invented by the client.
const MOST_HOPS: usize = 16;

/// The trusted reverse proxies of this server. Addresses reported by others are ignored.
#[derive(Debug, Default)]
pub struct TrustedProxies {
    ranges: Vec<IpNet>,
    /// Whether the log has reported an unknown proxy.
    told: AtomicBool,
}

impl TrustedProxies {
    /// Trusted proxies in these address ranges.
    pub fn new(ranges: Vec<IpNet>) -> Self {
        Self { ranges, told: AtomicBool::new(false) }
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.ranges.iter().any(|range| range.contains(&address))
    }

    /// The network address of the client; none for a request without a connection.
    pub fn client_address(&self, parts: &Parts) -> Option<IpAddr> {
        let ConnectInfo(peer) = parts.extensions.get::<ConnectInfo<SocketAddr>>()?;
        let peer = peer.ip().to_canonical();
        if self.ranges.is_empty()
            && parts.headers.contains_key(FORWARDED_FOR)
            && !self.told.swap(true, Ordering::Relaxed)
        {
            tracing::warn!(
                "{peer} sends X-Forwarded-For and is not in trusted_proxies. If it is your reverse proxy, add it there: until then \
                 all its clients share the rate limits of one address"
            );
        }
        Some(self.behind(peer, &parts.headers))
    }

    /// The client behind `peer`. Each proxy appends the address from which it got the request, so the list is read from
    /// its end for as long as its writers are trusted; the client itself wrote the rest.
    fn behind(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let lines = headers.get_all(FORWARDED_FOR).into_iter().filter_map(|line| line.to_str().ok());
        let hops: Vec<&str> = lines.flat_map(|line| line.split(',')).collect();
        let mut client = peer;
        for hop in hops.iter().rev().take(MOST_HOPS) {
            if !self.trusts(client) {
                break;
            }
            let Some(address) = address_of(hop.trim()) else { break };
            client = address;
        }
        client
    }
}

/// An address with or without a port.
fn address_of(hop: &str) -> Option<IpAddr> {
    let bare = hop.strip_prefix('[').and_then(|hop| hop.strip_suffix(']')).unwrap_or(hop);
    let address = bare.parse().ok().or_else(|| hop.parse::<SocketAddr>().ok().map(|place| place.ip()));
    address.map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn behind(trusted: &[&str], peer: &str, lines: &[&str]) -> String {
        let proxies = TrustedProxies::new(trusted.iter().map(|range| range.parse().unwrap()).collect());
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(FORWARDED_FOR, HeaderValue::from_str(line).unwrap());
        }
        proxies.behind(peer.parse().unwrap(), &headers).to_string()
    }

    #[test]
    fn nobody_is_believed_who_was_not_named() {
        for lines in [&["1.2.3.4"][..], &["1.2.3.4, 127.0.0.1"], &["127.0.0.1"], &[""]] {
            assert_eq!(behind(&[], "203.0.113.9", lines), "203.0.113.9");
            assert_eq!(behind(&[], "127.0.0.1", lines), "127.0.0.1");
            assert_eq!(behind(&["10.0.0.0/8"], "203.0.113.9", lines), "203.0.113.9");
        }
    }

    #[test]
    fn the_row_is_read_from_its_end() {
        let proxies = ["10.0.0.0/8", "2001:db8::/32"];
        for (lines, expected) in [
            (&["203.0.113.9"][..], "203.0.113.9"),
            (&["1.2.3.4, 203.0.113.9"], "203.0.113.9"),
            (&["1.2.3.4", "203.0.113.9"], "203.0.113.9"),
            (&["1.2.3.4, 203.0.113.9, 10.9.9.9"], "203.0.113.9"),
            (&["1.2.3.4, 203.0.113.9,10.9.9.9 , 2001:db8::7"], "203.0.113.9"),
            (&["203.0.113.9:4711"], "203.0.113.9"),
            (&["[2001:db9::1]:4711"], "2001:db9::1"),
            (&["[2001:db9::1]"], "2001:db9::1"),
            (&["::ffff:203.0.113.9"], "203.0.113.9"),
            (&["10.1.1.1, 10.2.2.2"], "10.1.1.1"),
            (&["203.0.113.9, unknown"], "10.0.0.1"),
            (&["203.0.113.9, "], "10.0.0.1"),
            (&[], "10.0.0.1"),
        ] {
            assert_eq!(behind(&proxies, "10.0.0.1", lines), expected, "{lines:?}");
        }
        let long = ["10.0.0.2"; 100].join(",");
        assert_eq!(behind(&proxies, "10.0.0.1", &["203.0.113.9", &long]), "10.0.0.2");
    }
}
