//! Forms that a tool's text must have before it goes into a message, an argument or the evidence.

/// A DNS name in ASCII, with or without its last dot. Underscores are allowed (validation records have them).
#[must_use]
pub fn is_dns_name(text: &str) -> bool {
    let name = text.strip_suffix('.').unwrap_or(text);
    !name.is_empty() && name.len() <= 253 && name.split('.').all(is_label)
}

/// A name on a certificate: a DNS name, or `*.` before one.
#[must_use]
pub fn is_certificate_name(text: &str) -> bool {
    is_dns_name(text.strip_prefix("*.").unwrap_or(text))
}

fn is_label(label: &str) -> bool {
    !label.is_empty()
        && label.len() <= 63
        && label
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

/// An AWS region: `us-east-2`, `us-gov-west-1`.
#[must_use]
pub fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let Some((number, words)) = parts.split_last() else {
        return false;
    };
    words.len() >= 2
        && text.len() <= 32
        && (1..=2).contains(&number.len())
        && number.bytes().all(|byte| byte.is_ascii_digit())
        && words
            .iter()
            .all(|word| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase()))
}

/// Twelve digits.
#[must_use]
pub fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The five fields after `arn:`, where the text is an ARN without blanks or control characters.
#[must_use]
pub fn arn_fields(text: &str) -> Option<[&str; 5]> {
    if text.len() > 2048 || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return None;
    }
    let rest = text.strip_prefix("arn:")?;
    let mut fields = rest.splitn(5, ':');
    let found = [
        fields.next()?,
        fields.next()?,
        fields.next()?,
        fields.next()?,
        fields.next()?,
    ];
    let [partition, service, _, _, resource] = found;
    (partition.starts_with("aws") && !service.is_empty() && !resource.is_empty()).then_some(found)
}

/// Partitions beside `aws`, and how their regions begin (botocore's `partitions.json`).
const PARTITIONS: [(&str, &str); 7] = [
    ("aws-cn", "cn-"),
    ("aws-us-gov", "us-gov-"),
    ("aws-iso", "us-iso-"),
    ("aws-iso-b", "us-isob-"),
    ("aws-iso-e", "eu-isoe-"),
    ("aws-iso-f", "us-isof-"),
    ("aws-eusc", "eusc-"),
];

/// Whether a region can be of a partition. A partition that is not known here contradicts no `aws` region.
#[must_use]
pub fn partition_fits(partition: &str, region: &str) -> bool {
    let of_region = PARTITIONS.iter().find(|(_, start)| region.starts_with(start));
    of_region.map_or_else(
        || !PARTITIONS.iter().any(|(known, _)| *known == partition),
        |(name, _)| *name == partition,
    )
}

/// The region of an ACM certificate's ARN, where the text is one.
#[must_use]
pub fn certificate_region(arn: &str) -> Option<&str> {
    let [_, service, region, account, resource] = arn_fields(arn)?;
    let id = resource.strip_prefix("certificate/")?;
    let fits = service == "acm" && is_region(region) && is_account(account) && is_word(id, 128);
    fits.then_some(region)
}

/// Letters, digits, `-` and `_`, as AWS's names of things are.
#[must_use]
pub fn is_word(text: &str, most: usize) -> bool {
    !text.is_empty()
        && text.len() <= most
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

/// AWS's error codes: letters, digits, `.`, `-` and `_`.
#[must_use]
pub fn is_error_code(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 96
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'))
}
