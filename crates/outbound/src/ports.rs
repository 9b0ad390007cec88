//! Ports that are never called over HTTP.

/// The ports that browsers block by the Fetch standard (<https://fetch.spec.whatwg.org/#port-blocking>), because a
/// server of another protocol there could take a request for commands. And 0, which is no port.
const REFUSED: &[u16] = &[
    0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109,
    110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515, 526, 530, 531,
    532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060,
    5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
];

/// Ports of databases and caches with line protocols, which the Fetch standard's list lacks.
const ALSO_REFUSED: &[u16] = &[1433, 1521, 3306, 3389, 5432, 6379, 11211, 27017];

/// Whether a port may be called.
pub(crate) fn port_is_called(port: u16) -> bool {
    !REFUSED.contains(&port) && !ALSO_REFUSED.contains(&port)
}
