//! The ARN of an ACM certificate.

use super::{AccountId, BadInput, Region};
use std::fmt;
use std::str::FromStr;

/// The ARN of an ACM certificate, `arn:PARTITION:acm:REGION:ACCOUNT:certificate/ID`.
///
/// Source: the ARN format of the ACM service model, narrowed to what ACM gives out (an ID of
/// letters, digits and `-`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CertArn {
    text: String,
    region: Region,
    account: AccountId,
}

impl CertArn {
    /// The text, exactly as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The region it names.
    #[must_use]
    pub const fn region(&self) -> &Region {
        &self.region
    }

    /// The account it names.
    #[must_use]
    pub const fn account(&self) -> &AccountId {
        &self.account
    }
}

impl fmt::Display for CertArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for CertArn {
    type Err = BadInput;

    fn from_str(text: &str) -> Result<Self, BadInput> {
        parse(text).ok_or_else(|| {
            BadInput::new(
                "the ARN of an ACM certificate, arn:aws:acm:REGION:ACCOUNT:certificate/ID",
                "arn:aws:acm:us-east-2:123456789012:certificate/12345678-1234-1234-1234-123456789012",
            )
        })
    }
}

fn parse(text: &str) -> Option<CertArn> {
    let [arn, partition, service, region, account, resource] =
        <[&str; 6]>::try_from(text.split(':').collect::<Vec<_>>()).ok()?;
    let id = resource.strip_prefix("certificate/")?;
    let good = arn == "arn"
        && is_partition(partition)
        && service == "acm"
        && (1..=64).contains(&id.len())
        && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if !good {
        return None;
    }
    Some(CertArn {
        text: text.to_owned(),
        region: region.parse().ok()?,
        account: account.parse().ok()?,
    })
}

/// `aws`, `aws-cn`, `aws-us-gov`, `aws-iso-b`, … (botocore's `partitions.json`).
fn is_partition(text: &str) -> bool {
    text == "aws"
        || text.strip_prefix("aws-").is_some_and(|rest| {
            (1..=16).contains(&rest.len()) && rest.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')
        })
}

#[cfg(test)]
mod tests {
    use super::CertArn;

    #[test]
    fn an_acm_certificate() {
        let text = "arn:aws:acm:us-east-2:123456789012:certificate/0a-B";
        let arn: CertArn = text.parse().unwrap();
        assert_eq!((arn.as_str(), arn.region().as_str()), (text, "us-east-2"));
        assert_eq!(arn.account().as_str(), "123456789012");
        assert!(
            "arn:aws-us-gov:acm:us-gov-west-1:123456789012:certificate/a"
                .parse::<CertArn>()
                .is_ok()
        );
    }

    #[test]
    fn nothing_else() {
        for bad in [
            "",
            "certificate/abc",
            "arn:aws:iam::123456789012:server-certificate/a",
            "arn:aws:acm-pca:us-east-2:123456789012:certificate/a",
            "arn:aws:acm:us-east-2:123:certificate/a",
            "arn:aws:acm::123456789012:certificate/a",
            "arn:aws:acm:us-east-2:123456789012:certificate/",
            "arn:aws:acm:us-east-2:123456789012:certificate/a/b",
            "arn:aws:acm:us-east-2:123456789012:certificate/a:b",
            "arn:aws:acm:us-east-2:123456789012:certificate/$(reboot)",
            "arn:aws:acm:us-east-2:123456789012:certificate/a\n",
            "arn:evil:acm:us-east-2:123456789012:certificate/a",
        ] {
            assert!(bad.parse::<CertArn>().is_err(), "{bad:?}");
        }
    }
}
