//! Address ranges outside the public internet: IANA's special-purpose registries, and the metadata services of clouds.
//!
//! <https://www.iana.org/assignments/iana-ipv4-special-registry>,
//! <https://www.iana.org/assignments/iana-ipv6-special-registry>

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{Ipv4Net, Ipv6Net};

/// A range and its name in a sentence: `… is a loopback address`.
type Range<N> = (N, &'static str);

const PRIVATE: &str = "a private address";
const LOOPBACK: &str = "an address of the server itself";
const LINK_LOCAL: &str = "a link-local address";
const DOCUMENTATION: &str = "an address for documentation";
const BENCHMARKING: &str = "an address for benchmarks";
const PROTOCOLS: &str = "an address reserved for protocols";
const MULTICAST: &str = "a multicast address";
const RESERVED: &str = "a reserved address";
const TRANSLATED: &str = "an address that stands for another";
const METADATA: &str = "the address of a cloud's metadata service";

const V4: &[Range<Ipv4Net>] = &[
    (v4([0, 0, 0, 0], 8), LOOPBACK),
    (v4([10, 0, 0, 0], 8), PRIVATE),
    (v4([100, 64, 0, 0], 10), PRIVATE),
    (v4([127, 0, 0, 0], 8), LOOPBACK),
    (v4([169, 254, 0, 0], 16), LINK_LOCAL),
    (v4([172, 16, 0, 0], 12), PRIVATE),
    (v4([192, 0, 0, 0], 24), PROTOCOLS),
    (v4([192, 0, 2, 0], 24), DOCUMENTATION),
    (v4([192, 88, 99, 0], 24), TRANSLATED),
    (v4([192, 168, 0, 0], 16), PRIVATE),
    (v4([198, 18, 0, 0], 15), BENCHMARKING),
    (v4([198, 51, 100, 0], 24), DOCUMENTATION),
    (v4([203, 0, 113, 0], 24), DOCUMENTATION),
    (v4([224, 0, 0, 0], 4), MULTICAST),
    (v4([240, 0, 0, 0], 4), RESERVED),
];

/// Narrow ranges before wide ones: the first range that contains an address names it.
const V6: &[Range<Ipv6Net>] = &[
    (v6([0, 0, 0, 0, 0, 0, 0, 0], 127), LOOPBACK),
    (v6([0, 0, 0, 0, 0, 0, 0, 0], 96), TRANSLATED),
    (v6([0, 0, 0, 0, 0, 0xffff, 0, 0], 96), TRANSLATED),
    (v6([0, 0, 0, 0, 0xffff, 0, 0, 0], 96), TRANSLATED),
    (v6([0x64, 0xff9b, 0, 0, 0, 0, 0, 0], 96), TRANSLATED),
    (v6([0x64, 0xff9b, 1, 0, 0, 0, 0, 0], 48), TRANSLATED),
    (v6([0x100, 0, 0, 0, 0, 0, 0, 0], 64), RESERVED),
    (v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 32), TRANSLATED),
    // Benchmarking, both ORCHIDs and the rest: no web server is reachable at these.
    (v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 23), PROTOCOLS),
    (v6([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32), DOCUMENTATION),
    (v6([0x2002, 0, 0, 0, 0, 0, 0, 0], 16), TRANSLATED),
    (v6([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20), DOCUMENTATION),
    (v6([0x5f00, 0, 0, 0, 0, 0, 0, 0], 16), PROTOCOLS),
    (v6([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7), PRIVATE),
    (v6([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10), LINK_LOCAL),
    (v6([0xfec0, 0, 0, 0, 0, 0, 0, 0], 10), PRIVATE),
    (v6([0xff00, 0, 0, 0, 0, 0, 0, 0], 8), MULTICAST),
];

/// All global unicast addresses that IANA has allocated (RFC 4291, section 2.4); the rest of IPv6 is unassigned.
const GLOBAL_V6: Ipv6Net = v6([0x2000, 0, 0, 0, 0, 0, 0, 0], 3);

/// Metadata services of clouds, which give credentials to their machines. Some of these are public addresses.
const METADATA_V4: &[Ipv4Addr] = &[
    // Most clouds: AWS, Google, Azure, Oracle, DigitalOcean, Hetzner, OpenStack.
    Ipv4Addr::new(169, 254, 169, 254),
    // AWS: names, time, credentials of containers and of pods.
    Ipv4Addr::new(169, 254, 169, 253),
    Ipv4Addr::new(169, 254, 169, 123),
    Ipv4Addr::new(169, 254, 170, 2),
    Ipv4Addr::new(169, 254, 170, 23),
    // Tencent, Scaleway, Oracle's classic cloud, Alibaba, Azure's host.
    Ipv4Addr::new(169, 254, 0, 23),
    Ipv4Addr::new(169, 254, 42, 42),
    Ipv4Addr::new(192, 0, 0, 192),
    Ipv4Addr::new(100, 100, 100, 200),
    Ipv4Addr::new(168, 63, 129, 16),
];

const METADATA_V6: &[Ipv6Addr] = &[
    // AWS: metadata, names, time, credentials of pods.
    Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254),
    Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x253),
    Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x123),
    Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x23),
    // Google, Scaleway, OpenStack.
    Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254),
    Ipv6Addr::new(0xfd00, 0x42, 0, 0, 0, 0, 0, 0x42),
    Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0xa9fe, 0xa9fe),
];

const fn v4(octets: [u8; 4], length: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::from_octets(octets), length)
}

const fn v6(segments: [u16; 8], length: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::from_segments(segments), length)
}

/// Name of the special range of an address; none when the address is on the public internet.
pub(crate) fn special(address: IpAddr) -> Option<&'static str> {
    if let Some(what) = metadata(address) {
        return Some(what);
    }
    match address {
        IpAddr::V4(address) => V4.iter().find(|(range, _)| range.contains(&address)).map(|(_, what)| *what),
        IpAddr::V6(address) => match V6.iter().find(|(range, _)| range.contains(&address)) {
            Some((_, what)) => Some(*what),
            None => (!GLOBAL_V6.contains(&address)).then_some(RESERVED),
        },
    }
}

/// Name of the cloud's metadata service at an address, also when the address only maps to it; none when there is none.
pub(crate) fn metadata(address: IpAddr) -> Option<&'static str> {
    let known = match address {
        IpAddr::V4(address) => METADATA_V4.contains(&address),
        IpAddr::V6(address) => {
            METADATA_V6.contains(&address) || embedded(address).is_some_and(|inner| METADATA_V4.contains(&inner))
        }
    };
    known.then_some(METADATA)
}

/// The IPv4 address that an IPv6 address maps to through a translator or a tunnel.
pub(crate) fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let bytes = address.octets();
    let at = |first: usize| Ipv4Addr::new(bytes[first], bytes[first + 1], bytes[first + 2], bytes[first + 3]);
    match address.segments() {
        // The unspecified address and loopback map to no IPv4 address.
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => None,
        // NAT64 with a local prefix (RFC 8215): after 48 bits and around the byte that must be zero, or as below.
        [0x64, 0xff9b, 1, .., 0, 0] => Some(Ipv4Addr::new(bytes[6], bytes[7], bytes[9], bytes[10])),
        // Compatible, mapped (RFC 4291), translated (RFC 2765), NAT64 (RFC 6052).
        [0, 0, 0, 0, 0, 0 | 0xffff, ..]
        | [0, 0, 0, 0, 0xffff, 0, ..]
        | [0x64, 0xff9b, 0, 0, 0, 0, ..]
        | [0x64, 0xff9b, 1, ..] => Some(at(12)),
        // 6to4 (RFC 3056).
        [0x2002, ..] => Some(at(2)),
        // A Teredo client, with every bit inverted (RFC 4380).
        [0x2001, 0, ..] => Some(Ipv4Addr::from_bits(!at(12).to_bits())),
        _ => None,
    }
}
