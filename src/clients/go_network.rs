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
    ("connection reset by peer", Reach::Connect),
    // A connection that ended in the midst of an answer. The first was seen with eksctl 0.230, whose first question to
    // STS it ended.
    ("use of closed network connection", Reach::Connect),
    ("broken pipe", Reach::Connect),
    ("unexpected eof", Reach::Connect),
    ("server closed idle connection", Reach::Connect),
    ("client connection lost", Reach::Connect),
    ("i/o timeout", Reach::Timeout),
    ("tls handshake timeout", Reach::Timeout),
    ("client.timeout exceeded", Reach::Timeout),
];

/// How far the tool came, where its words, in lower case, are Go's for a network that fails.
#[must_use]
pub fn reach_of(words: &str) -> Option<Reach> {
    let found = WORDS.iter().find(|(known, _)| words.contains(known));
    found.map(|(_, reach)| *reach)
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
