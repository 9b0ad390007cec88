//! Closing a listener.

use tokio::net::TcpListener;

/// Refuses new connections, but keeps those whose clients consider them established.
///
/// Closing a listener resets every connection that waits to be accepted, and with it a request that a proxy has already
/// sent and may not repeat. So the first packet of each new connection (SYN without ACK) is dropped from now on: its
/// client sends it again a second later, and is refused then, before it has sent a request.
#[cfg(target_os = "linux")]
pub(super) fn refuse(listener: &TcpListener) {
    use socket2::{SockFilter, SockRef};

    // Classic BPF over the TCP header: load the flags; drop packets with SYN and without ACK, and keep 64 KiB of
    // others.
    const NEW: [SockFilter; 5] = [
        SockFilter::new(0x30, 0, 0, 13),
        SockFilter::new(0x54, 0, 0, 0x12),
        SockFilter::new(0x15, 0, 1, 0x02),
        SockFilter::new(0x06, 0, 0, 0),
        SockFilter::new(0x06, 0, 0, 0xffff),
    ];
    if let Err(error) = SockRef::from(listener).attach_filter(&NEW) {
        tracing::debug!("new connections may be reset while the listener closes: {error}");
    }
}

/// Does nothing: other systems have no such filter.
#[cfg(not(target_os = "linux"))]
pub(super) fn refuse(_: &TcpListener) {}
