//! The resolver that DNS questions go to.

use crate::model::BadInput;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

/// A resolver's address; port 53 where none is given (RFC 1035, 4.2).
///
/// By address and not by name: a name would need the resolver that is being replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DnsServer(SocketAddr);

impl DnsServer {
    /// The address and port.
    #[must_use]
    pub const fn address(self) -> SocketAddr {
        self.0
    }
}

impl FromStr for DnsServer {
    type Err = BadInput;

    fn from_str(text: &str) -> Result<Self, BadInput> {
        let bare = text.parse::<IpAddr>().map(|ip| SocketAddr::new(ip, 53));
        match bare.or_else(|_| text.parse::<SocketAddr>()) {
            Ok(address) if address.port() != 0 => Ok(Self(address)),
            _ => Err(BadInput::new(
                "an IP address, with a port or without",
                "1.1.1.1:53",
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::DnsServer;

    #[test]
    fn addresses_with_and_without_port() {
        for (text, full) in [
            ("1.1.1.1", "1.1.1.1:53"),
            ("127.0.0.1:5353", "127.0.0.1:5353"),
            ("::1", "[::1]:53"),
            ("[::1]:5353", "[::1]:5353"),
        ] {
            assert_eq!(text.parse::<DnsServer>().unwrap().address().to_string(), full);
        }
        for bad in [
            "",
            "dns.example",
            "1.1.1.1:0",
            "1.1.1.1:65536",
            "1.1.1",
            "1.1.1.1;reboot",
            "[::1]",
        ] {
            assert!(bad.parse::<DnsServer>().is_err(), "{bad:?}");
        }
    }
}
