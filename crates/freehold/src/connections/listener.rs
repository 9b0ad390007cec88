//! The end of a listener.

use tokio::net::TcpListener;

/// Stops new connections, and goes on with those that clients believe to have made.
///
/// Closing a listener resets every connection that waits to be accepted, and with it a request that a proxy has sent already
/// and may not repeat. So the first packet of each new connection (SYN without ACK) is dropped from now on: its client sends
/// it once more a second later, and is refused then, before it has sent a request.
#[cfg(target_os = "linux")]
pub(super) fn refuse(listener: &TcpListener) {
    use socket2::{SockFilter, SockRef};

    // Classic BPF over the TCP header: load the flags; drop where of SYN and ACK only SYN is set, and keep 64 KiB of the rest.
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

/// Nothing of the kind is known on this system.
#[cfg(not(target_os = "linux"))]
pub(super) fn refuse(_: &TcpListener) {}
