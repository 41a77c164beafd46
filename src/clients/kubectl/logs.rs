//! What a pod wrote.

use super::objects::Resource;
use super::{Kubectl, lines_between};
use crate::clients::call::{Ask, ask, formed};
use crate::clients::failure::{CallError, ParseFailure};
use crate::clients::form::is_dns_name;
use crate::gateway::Tool;
use regex_lite::Regex;
use std::sync::LazyLock;

/// Of more than this nobody reads the end.
const MOST: &str = "--limit-bytes=65536";

impl Kubectl<'_> {
    /// The newest of the pods that `selector` chooses; none where there is none.
    ///
    /// # Errors
    /// [`CallError`] where there is no answer.
    pub fn newest_pod(&self, namespace: &str, selector: &str) -> Result<Option<String>, CallError> {
        let args = [
            "get",
            Resource::POD.name,
            "-n",
            namespace,
            "-l",
            selector,
            "--sort-by",
            ".metadata.creationTimestamp",
            "-o",
            r#"jsonpath={"pods\n"}{range .items[*]}{.metadata.name}{"\n"}{end}{"end\n"}"#,
        ];
        self.ask("list the pods", &args, parse_newest)
    }

    /// The last lines of all containers of a pod. Untrusted text, redacted.
    ///
    /// # Errors
    /// [`CallError`] where there is no answer.
    pub fn last_lines(&self, namespace: &str, pod: &str, lines: u32) -> Result<String, CallError> {
        let tail = format!("--tail={lines}");
        let args = ["logs", pod, "-n", namespace, "--all-containers", &tail, MOST];
        let purpose = format!("read the last lines of the pod `{pod}`");
        let args = args.into_iter().chain(self.access_flags());
        let text = ask(self.gateway, &Ask::tool(Tool::Kubectl, &purpose, args), |bytes| {
            Ok(String::from_utf8_lossy(bytes).into_owned())
        })?;
        Ok(self.without_secrets(&text))
    }

    /// What a pod wrote, as it may be shown.
    pub(super) fn without_secrets(&self, text: &str) -> String {
        without_tokens(&self.gateway.words(text))
    }
}

/// A pod has its token in its environment, and may print that: whatever has a token's form is taken out. A digest of an
/// image has it too, and is of no use here.
fn without_tokens(text: &str) -> String {
    static TOKEN: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\b[0-9a-fA-F]{64}\b").ok());
    TOKEN.as_ref().map_or_else(String::new, |token| {
        token.replace_all(text, "[redacted]").into_owned()
    })
}

/// Reads what [`Kubectl::newest_pod`] asks for: the pods by age, the newest last.
///
/// # Errors
/// [`ParseFailure`] where it is not that answer, or cut short.
pub fn parse_newest(bytes: &[u8]) -> Result<Option<String>, ParseFailure> {
    lines_between(bytes, "pods")?
        .next_back()
        .map(|name| formed(name.to_owned(), is_dns_name, "metadata.name"))
        .transpose()
}

#[cfg(test)]
mod tests {
    use super::without_tokens;

    #[test]
    fn a_token_that_the_pod_prints_is_not_shown() {
        let token = "0123456789abcdef".repeat(4);
        let text = format!("TOKEN={token}\ncan't reach redis:6379\n");
        assert_eq!(
            without_tokens(&text),
            "TOKEN=[redacted]\ncan't reach redis:6379\n"
        );
    }
}
