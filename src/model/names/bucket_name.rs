//! An S3 bucket's name.

use super::{BadInput, name};
use std::net::Ipv4Addr;

name! {
    /// The name of a general purpose S3 bucket.
    ///
    /// Source: AWS, "General purpose bucket naming rules" (the S3 user guide, `bucketnamingrules`).
    BucketName, check
}

const EXAMPLE: &str = "ingext-lakehouse-123456789012";

/// Beginnings that S3 keeps for itself (same source).
const RESERVED_PREFIXES: [&str; 3] = ["xn--", "sthree-", "amzn-s3-demo-"];

/// Endings that S3 keeps for itself; `-an` is for buckets of the account-regional namespace alone (same source).
const RESERVED_SUFFIXES: [&str; 6] = ["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3", "-an"];

fn check(text: &str) -> Result<(), BadInput> {
    let refuse = |rule: String| Err(BadInput::new(rule, EXAMPLE));
    let edge = |b: Option<&u8>| b.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    let bytes = text.as_bytes();
    if !(3..=63).contains(&bytes.len())
        || !bytes
            .iter()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'-'))
    {
        return refuse("3 to 63 lower-case letters, digits, '.' and '-'".into());
    }
    if !edge(bytes.first()) || !edge(bytes.last()) {
        return refuse("a bucket name that begins and ends with a lower-case letter or a digit".into());
    }
    if text.contains("..") {
        return refuse("a bucket name without two dots in a row".into());
    }
    if text.parse::<Ipv4Addr>().is_ok() || looks_like_ipv4(text) {
        return refuse("a bucket name that is not formed like an IP address".into());
    }
    if let Some(prefix) = RESERVED_PREFIXES.iter().find(|p| text.starts_with(**p)) {
        return refuse(format!(
            "a bucket name that does not begin with {prefix} (reserved by S3)"
        ));
    }
    if let Some(suffix) = RESERVED_SUFFIXES.iter().find(|s| text.ends_with(**s)) {
        return refuse(format!(
            "a bucket name that does not end with {suffix} (reserved by S3)"
        ));
    }
    Ok(())
}

/// S3 refuses the form, not only the addresses: `999.1.1.1` is no address and no bucket either.
fn looks_like_ipv4(text: &str) -> bool {
    let mut parts = 0;
    text.split('.').all(|part| {
        parts += 1;
        (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit())
    }) && parts == 4
}

#[cfg(test)]
mod tests {
    use super::{BucketName, EXAMPLE};

    #[test]
    fn good() {
        for good in ["abc", EXAMPLE, "my.bucket-1", "1a1", "a.b.c", "1.2.3.4.5"] {
            assert_eq!(good.parse::<BucketName>().unwrap().as_str(), good);
        }
        assert!("a".repeat(63).parse::<BucketName>().is_ok());
    }

    #[test]
    fn each_rule_refuses() {
        for (bad, word) in [
            ("", "3 to 63"),
            ("ab", "3 to 63"),
            (&*"a".repeat(64), "3 to 63"),
            ("My-Bucket", "lower-case"),
            ("my_bucket", "lower-case"),
            ("$(reboot)", "lower-case"),
            ("abc\n", "lower-case"),
            ("-abc", "begins and ends"),
            ("abc.", "begins and ends"),
            ("a..b", "two dots"),
            ("192.168.5.4", "IP address"),
            ("999.168.5.4", "IP address"),
            ("xn--abc", "xn--"),
            ("sthree-abc", "sthree-"),
            ("amzn-s3-demo-abc", "amzn-s3-demo-"),
            ("abc-s3alias", "-s3alias"),
            ("abc--ol-s3", "--ol-s3"),
            ("abc.mrap", ".mrap"),
            ("abc--x-s3", "--x-s3"),
            ("abc--table-s3", "--table-s3"),
            ("abc-an", "-an"),
        ] {
            let refused = bad.parse::<BucketName>().unwrap_err();
            assert!(refused.rule.contains(word), "{bad:?}: {refused}");
        }
    }
}
