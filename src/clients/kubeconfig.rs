//! The run's own way into a cluster: a private kubeconfig with one token, and the context that every call names.

use crate::clients::aws::Eks;
use crate::clients::aws::eks::{Cluster, Token};
use crate::clients::call::{Ask, from_gateway};
use crate::clients::failure::{CallError, ErrorClass};
use crate::gateway::{Gateway, PrivateFile, Tool};
use crate::model::ClusterName;
use jiff::Timestamp;

/// What kubectl and helm need to reach one cluster, and no other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterAccess {
    /// The kubeconfig's path where the tools run.
    pub kubeconfig: String,
    /// Its only context.
    pub context: String,
    /// When the token in it ends; a longer run opens it again before that.
    pub expires: Timestamp,
}

impl ClusterAccess {
    /// Asks for a token once and writes the private kubeconfig; a second call replaces it with a new token.
    ///
    /// # Errors
    /// [`CallError`]: no token, no private file, or a cluster of which AWS did not tell endpoint or authority.
    pub fn open(gateway: &dyn Gateway, name: &ClusterName, cluster: &Cluster) -> Result<Self, CallError> {
        let purpose = format!("write the kubeconfig of the cluster `{name}`");
        let question = Ask::tool(Tool::Kubectl, &purpose, [""; 0]);
        let (Some(endpoint), Some(authority)) = (&cluster.endpoint, &cluster.authority) else {
            return Err(CallError {
                said: "eks describe-cluster told no endpoint or no certificate authority".to_owned(),
                ..question.error(ErrorClass::BadOutput)
            });
        };
        let token = Eks { gateway }.token(name)?;
        let context = context_of(name);
        let bytes = kubeconfig(endpoint, authority, &context, &token);
        let file = PrivateFile {
            name: &format!("kubeconfig-{name}.json"),
            bytes: &bytes,
            secrets: &token.secrets(),
        };
        let kubeconfig = gateway
            .keep(&file)
            .map_err(|error| from_gateway(&question, &error))?;
        Ok(Self {
            kubeconfig,
            context,
            expires: token.expires,
        })
    }
}

/// The context's name: ours, so that no context of the user's is ever meant.
#[must_use]
pub fn context_of(name: &ClusterName) -> String {
    format!("lakehouse-{name}")
}

/// The kubeconfig, as JSON, which the tools read as the YAML that it is. It names no current context: a call that
/// forgets to name one reaches nothing.
#[must_use]
pub fn kubeconfig(endpoint: &str, authority: &str, context: &str, token: &Token) -> Vec<u8> {
    let config = serde_json::json!({
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{
            "name": context,
            "cluster": { "server": endpoint, "certificate-authority-data": authority }
        }],
        "users": [{ "name": context, "user": { "token": token.secret } }],
        "contexts": [{ "name": context, "context": { "cluster": context, "user": context } }]
    });
    config.to_string().into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kubeconfig_has_one_context_and_it_is_not_the_current_one() {
        let token = Token {
            secret: "k8s-aws-v1.aaaaaaaaaaaaaaaa".to_owned(),
            expires: Timestamp::UNIX_EPOCH,
        };
        let context = context_of(&"demo".parse().unwrap());
        let text = String::from_utf8(kubeconfig("https://e.example", "QUJD", &context, &token)).unwrap();
        assert_eq!(
            text,
            r#"{"apiVersion":"v1","clusters":[{"cluster":{"certificate-authority-data":"QUJD","server":"https://e.example"},"name":"lakehouse-demo"}],"contexts":[{"context":{"cluster":"lakehouse-demo","user":"lakehouse-demo"},"name":"lakehouse-demo"}],"kind":"Config","users":[{"name":"lakehouse-demo","user":{"token":"k8s-aws-v1.aaaaaaaaaaaaaaaa"}}]}"#
        );
        assert!(
            !format!("{token:?}").contains("aaaa"),
            "a log line must not show it"
        );
    }
}
