//! The words of Go's own libraries for a network that fails: kubectl, helm and eksctl all pass them on.

use crate::clients::failure::Reach;

/// Pieces of the words, in lower case, from Go's `net`, `net/http`, `io` and `crypto/x509`; the first that is found
/// decides.
const WORDS: &[(&str, Reach)] = &[
    ("proxyconnect tcp:", Reach::Proxy),
    ("x509: ", Reach::Tls),
    ("tls: failed to verify certificate", Reach::Tls),
    ("server gave http response to https client", Reach::Tls),
    ("no such host", Reach::Connect),
    ("dial tcp: lookup ", Reach::Connect),
    ("connection refused", Reach::Connect),
    ("no route to host", Reach::Connect),
    ("network is unreachable", Reach::Connect),
    ("i/o timeout", Reach::Timeout),
    ("tls handshake timeout", Reach::Timeout),
    ("client.timeout exceeded", Reach::Timeout),
];

/// The same for a connection that stood and then ended, before a question was answered or in the midst of the answer.
/// The first was seen with eksctl 0.230, whose first question to STS it ended, twice in some hundred runs.
const CUT: [&str; 6] = [
    "use of closed network connection",
    "connection reset by peer",
    "broken pipe",
    "unexpected eof",
    "server closed idle connection",
    "client connection lost",
];

/// How far the tool came, where its words, in lower case, are Go's for a network that fails.
#[must_use]
pub fn reach_of(words: &str) -> Option<Reach> {
    let found = WORDS.iter().find(|(known, _)| words.contains(known));
    let reach = found.map(|(_, reach)| *reach);
    reach.or_else(|| is_cut(words).then_some(Reach::Connect))
}

/// Whether the tool's words, in lower case, tell of a connection that was cut: the same question may do a moment later.
#[must_use]
pub fn is_cut(words: &str) -> bool {
    CUT.iter().any(|known| words.contains(known))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cause_decides_over_the_question_that_met_it() {
        for (words, expected) in [
            (
                "dial tcp: lookup k8s.example on 10.0.0.2:53: read udp: i/o timeout",
                Some(Reach::Connect),
            ),
            ("dial tcp 10.0.0.7:443: i/o timeout", Some(Reach::Timeout)),
            (
                "tls: failed to verify certificate: x509: certificate signed by unknown authority",
                Some(Reach::Tls),
            ),
            (
                "proxyconnect tcp: dial tcp 10.0.0.9:3128: connect: connection refused",
                Some(Reach::Proxy),
            ),
            (
                "context deadline exceeded (client.timeout exceeded while awaiting headers)",
                Some(Reach::Timeout),
            ),
            ("the release has no such value", None),
        ] {
            assert_eq!(reach_of(words), expected, "{words}");
        }
    }
}
