//! Tricks to make a server call addresses that it must not call, one per line. `PORT` stands for a port on which a trap
//! listens on loopback, for IPv4 and IPv6.
//!
//! [`refused`](super::refused) tries them.

/// One trick.
pub(super) struct Trick {
    /// The URL that a customer would save.
    pub(super) url: &'static str,
    /// The target of the trick.
    pub(super) what: &'static str,
    /// The check that stops it first.
    pub(super) stop: Stop,
    /// The answer of DNS for its name; empty when it needs none.
    pub(super) dns: &'static [&'static str],
}

/// The check that stops a trick first. The connector on its own also stops every trick that the check at saving stops.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Stop {
    /// The check at saving refuses it, and so does the connector without that check.
    Saving,
    /// It looks like any other name: only the connector can refuse it, by the address that the name resolves to.
    Connecting,
    /// No parser makes an address of it, so there is nothing to connect to.
    Reading,
    /// It has another scheme, for which there are no requests.
    Sending,
}

const fn literal(url: &'static str, what: &'static str) -> Trick {
    Trick { url, what, stop: Stop::Saving, dns: &[] }
}

const fn name(url: &'static str, what: &'static str, dns: &'static [&'static str]) -> Trick {
    Trick { url, what, stop: Stop::Connecting, dns }
}

const fn unreadable(url: &'static str, what: &'static str) -> Trick {
    Trick { url, what, stop: Stop::Reading, dns: &[] }
}

const fn scheme(url: &'static str, what: &'static str) -> Trick {
    Trick { url, what, stop: Stop::Sending, dns: &[] }
}

pub(super) const GALLERY: &[Trick] = &[
    // IPv4 in its usual spelling.
    literal("http://127.0.0.1:PORT/", "loopback"),
    literal("http://127.255.255.254:PORT/", "the other end of loopback"),
    literal("http://0.0.0.0:PORT/", "this host"),
    literal("http://10.0.0.1:PORT/", "a private network"),
    literal("http://172.16.0.1:PORT/", "a private network"),
    literal("http://172.31.255.255:PORT/", "the end of a private network"),
    literal("http://192.168.1.1:PORT/", "a router"),
    literal("http://100.64.0.1:PORT/", "behind a carrier's address translation"),
    literal("http://169.254.1.1:PORT/", "link-local"),
    literal("http://192.0.0.8:PORT/", "a protocol's dummy address"),
    literal("http://192.0.2.1:PORT/", "documentation"),
    literal("http://198.51.100.1:PORT/", "documentation"),
    literal("http://203.0.113.1:PORT/", "documentation"),
    literal("http://198.19.255.255:PORT/", "benchmarks"),
    literal("http://192.88.99.1:PORT/", "a relay of 6to4"),
    literal("http://224.0.0.1:PORT/", "multicast"),
    literal("http://240.0.0.1:PORT/", "reserved"),
    literal("http://255.255.255.255:PORT/", "broadcast"),
    // IPv4 in spellings that only parsers accept.
    literal("http://2130706433:PORT/", "127.0.0.1 as one decimal number"),
    literal("http://017700000001:PORT/", "127.0.0.1 as one octal number"),
    literal("http://0x7f000001:PORT/", "127.0.0.1 as one hexadecimal number"),
    literal("http://0X7F000001:PORT/", "the same, upper case"),
    literal("http://0177.0.0.1:PORT/", "127.0.0.1, the first part octal"),
    literal("http://0x7f.0.0.0x1:PORT/", "127.0.0.1, parts hexadecimal"),
    literal("http://0x7f.0.1:PORT/", "127.0.0.1 of three parts"),
    literal("http://127.1:PORT/", "127.0.0.1 of two parts"),
    literal("http://127.0.1:PORT/", "127.0.0.1 of three parts"),
    literal("http://0:PORT/", "0.0.0.0 of one part"),
    literal("http://0x0:PORT/", "0.0.0.0, hexadecimal"),
    literal("http://00000000000000000000177.0.0.1:PORT/", "127.0.0.1 behind many noughts"),
    literal("http://127.0.0.1.:PORT/", "127.0.0.1 with a dot behind it"),
    literal("http://0xA9FEA9FE:PORT/", "169.254.169.254, hexadecimal"),
    literal("http://2852039166:PORT/", "169.254.169.254, decimal"),
    unreadable("http://256.0.0.1:PORT/", "a part too large, which some readers wrap round to 0.0.0.1"),
    unreadable("http://4294967297:PORT/", "a number too large, which some readers wrap round to 0.0.0.1"),
    unreadable("http://127.0.0.1.1:PORT/", "five parts"),
    unreadable("http://0x7f.0.0.09:PORT/", "an octal part with a nine"),
    // IPv4 with characters outside ASCII.
    literal("http://127\u{3002}0\u{3002}0\u{3002}1:PORT/", "127.0.0.1 with ideographic full stops"),
    literal("http://127\u{ff0e}0\u{ff0e}0\u{ff0e}1:PORT/", "127.0.0.1 with full-width dots"),
    literal("http://\u{2460}\u{2461}\u{2466}.0.0.1:PORT/", "127.0.0.1 with circled digits"),
    literal("http://\u{ff11}\u{ff12}\u{ff17}.0.0.1:PORT/", "127.0.0.1 with full-width digits"),
    literal("http://127.0.0.1\u{ad}:PORT/", "127.0.0.1 with a soft hyphen, which IDNA drops"),
    literal("http://%31%32%37.0.0.1:PORT/", "127.0.0.1, percent-encoded"),
    literal("http://127%2e0%2e0%2e1:PORT/", "127.0.0.1, its dots percent-encoded"),
    // IPv6.
    literal("http://[::1]:PORT/", "loopback"),
    literal("http://[0:0:0:0:0:0:0:1]:PORT/", "loopback in full"),
    literal("http://[::]:PORT/", "this host"),
    literal("http://[fc00::1]:PORT/", "unique local"),
    literal("http://[fd12:3456:789a::1]:PORT/", "unique local"),
    literal("http://[fe80::1]:PORT/", "link-local"),
    literal("http://[fec0::1]:PORT/", "site-local"),
    literal("http://[ff02::1]:PORT/", "multicast"),
    literal("http://[2001:db8::1]:PORT/", "documentation"),
    literal("http://[3fff::1]:PORT/", "documentation"),
    literal("http://[100::1]:PORT/", "the discarding prefix"),
    literal("http://[2001:2::1]:PORT/", "benchmarks"),
    literal("http://[2001:10::1]:PORT/", "ORCHID"),
    literal("http://[2001:20::1]:PORT/", "ORCHID, second version"),
    literal("http://[5f00::1]:PORT/", "segment routing"),
    literal("http://[4000::1]:PORT/", "unassigned"),
    unreadable("http://[fe80::1%25lo]:PORT/", "link-local with a zone"),
    unreadable("http://[::1%lo]:PORT/", "loopback with a zone"),
    unreadable("http://[v1.7f000001]:PORT/", "a literal of the future (RFC 3986)"),
    unreadable("http://[127.0.0.1]:PORT/", "IPv4 in brackets"),
    unreadable("http://::1:PORT/", "loopback without brackets"),
    // IPv6 that stands for IPv4.
    literal("http://[::ffff:127.0.0.1]:PORT/", "loopback, mapped"),
    literal("http://[::ffff:7f00:1]:PORT/", "loopback, mapped, hexadecimal"),
    literal("http://[0:0:0:0:0:FFFF:7F00:0001]:PORT/", "loopback, mapped, in full, upper case"),
    literal("http://[::127.0.0.1]:PORT/", "loopback, compatible"),
    literal("http://[::ffff:0:127.0.0.1]:PORT/", "loopback, translated"),
    literal("http://[64:ff9b::127.0.0.1]:PORT/", "loopback behind NAT64"),
    literal("http://[64:ff9b::10.0.0.1]:PORT/", "a private network behind NAT64"),
    literal("http://[64:ff9b:1::7f00:1]:PORT/", "loopback behind a network's own NAT64"),
    literal("http://[2002:7f00:1::1]:PORT/", "loopback behind 6to4"),
    literal("http://[2001:0:4136:e378:8000:63bf:80ff:fffe]:PORT/", "loopback behind Teredo"),
    // Metadata services of clouds.
    literal("http://169.254.169.254/latest/meta-data/iam/", "metadata"),
    literal("http://[::ffff:169.254.169.254]/latest/meta-data/", "metadata, mapped"),
    literal("http://[64:ff9b::a9fe:a9fe]/latest/meta-data/", "metadata behind NAT64"),
    literal("http://[fd00:ec2::254]/latest/meta-data/", "metadata of AWS over IPv6"),
    literal("http://[fe80::a9fe:a9fe]/openstack/", "metadata of OpenStack over IPv6"),
    literal("http://169.254.170.2/v2/credentials/", "credentials of a container"),
    literal("http://100.100.100.200/latest/meta-data/", "metadata of Alibaba"),
    literal("http://168.63.129.16/machine/", "Azure's host, which has a public number"),
    name("http://metadata.google.internal/computeMetadata/v1/", "metadata of Google by name", &["169.254.169.254"]),
    name("http://instance-data.ec2.internal/latest/", "metadata of AWS by name", &["169.254.169.254", "fd00:ec2::254"]),
    // Names that are this machine.
    literal("http://localhost:PORT/", "this machine"),
    literal("http://LOCALHOST:PORT/", "this machine, upper case"),
    literal("http://a.localhost:PORT/", "this machine (RFC 6761)"),
    literal("http://\u{24db}ocalhost:PORT/", "this machine, with a circled letter"),
    Trick {
        stop: Stop::Saving,
        ..name("http://localhost.:PORT/", "this machine with a dot behind it", &["127.0.0.1"])
    },
    Trick {
        stop: Stop::Saving,
        ..name("http://intranet:PORT/", "a name that the search list completes", &["10.1.2.3"])
    },
    // Public names that resolve to private addresses.
    name("http://127.0.0.1.nip.example:PORT/", "a name that says where it leads", &["127.0.0.1"]),
    name("http://inside.example:PORT/", "loopback by name", &["127.0.0.1"]),
    name("http://six.example:PORT/", "loopback by name, IPv6", &["::1"]),
    name("http://zero.example:PORT/", "this host by name", &["0.0.0.0"]),
    name("http://mapped.example:PORT/", "loopback by name, mapped", &["::ffff:127.0.0.1"]),
    name("http://nat64.example:PORT/", "loopback by name, NAT64", &["64:ff9b::7f00:1"]),
    name("http://private.example:PORT/", "a private network by name", &["192.168.0.10"]),
    name("http://unique.example:PORT/", "unique local by name", &["fd00::10"]),
    name("http://mixed.example:PORT/", "a good answer first, a bad one behind it", &["198.41.0.4", "127.0.0.1"]),
    name("http://mixed-six.example:PORT/", "good IPv4, bad IPv6", &["198.41.0.4", "::1"]),
    name("http://xn--bcher-kva.example:PORT/", "an international name that leads inside", &["127.0.0.1"]),
    // URLs in which two parsers see two hosts.
    literal("http://hooks.example@127.0.0.1:PORT/", "a user who looks like a host"),
    literal("http://hooks.example:443@127.0.0.1:PORT/", "a user and a password who look like a host"),
    literal("http://hooks.example%40127.0.0.1@127.0.0.1:PORT/", "two at signs, one of them encoded"),
    literal("http://a@b@127.0.0.1:PORT/", "two at signs"),
    literal("http://@127.0.0.1:PORT/", "an empty user"),
    literal("http://127.0.0.1:PORT\\@hooks.example/", "a backslash before the at sign"),
    literal("http:\\\\127.0.0.1:PORT\\", "backslashes for slashes"),
    literal("http:127.0.0.1:PORT/", "no slashes"),
    literal("http:///127.0.0.1:PORT/", "three slashes"),
    literal("http://127.0.0.1:PORT#@hooks.example/", "a fragment that looks like a host"),
    literal("http://127.0.0.1:PORT?@hooks.example/", "a query that looks like a host"),
    literal("http://hooks.example#.inside/", "a fragment"),
    unreadable("http://hooks.example:80:PORT/", "two ports"),
    unreadable("http://127.0.0.1:PORT:80/", "two ports behind an address"),
    // Characters that parsers drop.
    literal("http://127.0.0.1\t:PORT/", "a tab before the port"),
    literal("http://127.0\n.0.1:PORT/", "a line end inside of the address"),
    literal("\r\nhttp://127.0.0.1:PORT/", "a line end before everything"),
    literal("  http://127.0.0.1:PORT/  ", "blanks around it"),
    literal("ht\ttp://127.0.0.1:PORT/", "a tab inside of the scheme"),
    literal("http://127.0.0.1:PORT/\r\nHost: hooks.example\r\n\r\n", "headers behind the address"),
    unreadable("http://127.0.0.1 .hooks.example:PORT/", "a blank inside of the host"),
    unreadable("http://127.0.0.1\0.hooks.example:PORT/", "a nought inside of the host"),
    unreadable("http://127.0.0.1%00.hooks.example:PORT/", "an encoded nought inside of the host"),
    // Ports of other protocols.
    literal("https://198.41.0.4:22/", "SSH"),
    literal("https://198.41.0.4:25/", "mail"),
    literal("https://198.41.0.4:6379/", "Redis"),
    literal("https://198.41.0.4:11211/", "memcached"),
    literal("https://198.41.0.4:0/", "no port"),
    literal("https://198.41.0.4:00022/", "SSH behind noughts"),
    unreadable("http://127.0.0.1:65536/", "a port too large"),
    unreadable("http://127.0.0.1:99999999999999999999/", "a port far too large"),
    unreadable("http://127.0.0.1:-1/", "a port below none"),
    // Other schemes.
    scheme("file:///etc/passwd", "a file"),
    scheme("ftp://127.0.0.1:PORT/", "FTP"),
    scheme("gopher://127.0.0.1:PORT/_QUIT", "Gopher, which can speak any protocol"),
    scheme("dict://127.0.0.1:PORT/stat", "a dictionary"),
    scheme("ldap://127.0.0.1:PORT/", "a directory"),
    scheme("ws://127.0.0.1:PORT/", "a web socket"),
    scheme("data:text/plain,hello", "data"),
    scheme("javascript:alert(1)", "a script"),
    scheme("unix:///var/run/docker.sock", "a socket of this machine"),
    unreadable("//127.0.0.1:PORT/", "no scheme"),
    unreadable("127.0.0.1", "a bare address"),
    unreadable("", "nothing"),
    unreadable("http://", "no host"),
    unreadable("http://:PORT/", "a port alone"),
];
