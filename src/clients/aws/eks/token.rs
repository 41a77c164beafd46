//! The token that a cluster's API server knows an AWS identity by.

use crate::clients::call::{formed, json};
use crate::clients::failure::ParseFailure;
use jiff::Timestamp;
use serde::Deserialize;

/// A token of `aws eks get-token`: a signed address that the cluster's API server has AWS look at. Made without any
/// question to AWS; good for 14 minutes (awscli, `customizations/eks/get_token.py`).
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    /// The secret itself.
    pub secret: String,
    /// When its time is over.
    pub expires: Timestamp,
}

/// What stands before the token itself; the API server knows its kind by it.
const PREFIX: &str = "k8s-aws-v1.";

impl Token {
    /// What must not be shown anywhere: the token, and the token without its prefix.
    #[must_use]
    pub fn secrets(&self) -> [String; 2] {
        let bare = self.secret.strip_prefix(PREFIX).unwrap_or(&self.secret);
        [self.secret.clone(), bare.to_owned()]
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Token([redacted], until {})", self.expires)
    }
}

/// `ExecCredential` of the Kubernetes client authentication API.
#[derive(Deserialize)]
struct Raw {
    kind: String,
    status: RawStatus,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawStatus {
    expiration_timestamp: Timestamp,
    token: String,
}

/// Reads `eks get-token`.
///
/// # Errors
/// [`ParseFailure`] where it is not that answer. Its text never has a part of the token.
pub fn parse_token(bytes: &[u8]) -> Result<Token, ParseFailure> {
    let raw: Raw = json(bytes)?;
    formed(raw.kind, |kind| kind == "ExecCredential", "kind")?;
    Ok(Token {
        secret: formed(raw.status.token, is_token, "status.token")?,
        expires: raw.status.expiration_timestamp,
    })
}

/// The prefix by which the API server knows its kind, and base64 for URLs without filling.
fn is_token(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    text.strip_prefix(PREFIX)
        .is_some_and(|rest| rest.len() >= 16 && rest.bytes().all(plain))
}
