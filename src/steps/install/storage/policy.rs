//! A bucket's policy, and one statement more: whatever does not come over TLS is denied. Pure.

use serde_json::{Value, json};

/// The statement's name.
pub const TLS_ONLY: &str = "LakehouseTlsOnly";

/// The version of the policy language, where there is no policy yet.
const LANGUAGE: &str = "2012-10-17";

/// Keys of conditions by which AWS takes a statement for everybody as one for few, where their values are fixed
/// (S3's user guide, "The meaning of public"), in small letters.
const NARROWING: [&str; 11] = [
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceip",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:userid",
    "s3:dataaccesspointaccount",
];

/// The statement for the bucket with this ARN.
#[must_use]
pub fn tls_only(bucket_arn: &str) -> Value {
    json!({
        "Sid": TLS_ONLY,
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [bucket_arn, format!("{bucket_arn}/*")],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    })
}

/// The policy that the bucket needs, where it is not the one that it has: every statement of it in its place as it
/// was, and ours behind them. A statement that says the same under another name is as good; one under our name that
/// says something else is replaced where it stands.
#[must_use]
pub fn merged(policy: Option<&Value>, bucket_arn: &str) -> Option<Value> {
    let Some(policy) = policy else {
        return Some(json!({"Version": LANGUAGE, "Statement": [tls_only(bucket_arn)]}));
    };
    if is_tls_only(policy, bucket_arn) {
        return None;
    }
    let mut statements = statements(policy);
    match statements.iter_mut().find(|one| one["Sid"] == TLS_ONLY) {
        Some(ours) => *ours = tls_only(bucket_arn),
        None => statements.push(tls_only(bucket_arn)),
    }
    let mut merged = policy.clone();
    merged["Statement"] = Value::Array(statements);
    Some(merged)
}

/// Whether the policy denies whatever does not come over TLS, under any name.
#[must_use]
pub fn is_tls_only(policy: &Value, bucket_arn: &str) -> bool {
    statements(policy).iter().any(|one| denies_plain(one, bucket_arn))
}

/// The names of the statements that let everybody in; `-` for one without a name.
#[must_use]
pub fn public_statements(policy: &Value) -> Vec<String> {
    statements(policy)
        .iter()
        .filter(|one| is_public(one))
        .map(|one| one["Sid"].as_str().unwrap_or("-").to_owned())
        .collect()
}

/// A policy's statements; AWS takes a single one without a list, too.
fn statements(policy: &Value) -> Vec<Value> {
    match &policy["Statement"] {
        Value::Array(list) => list.clone(),
        Value::Object(_) => vec![policy["Statement"].clone()],
        _ => Vec::new(),
    }
}

/// The statement of [`tls_only`] in any of its spellings. One with more conditions, or for fewer actions, says less.
fn denies_plain(statement: &Value, bucket_arn: &str) -> bool {
    let words = |field: &str| texts(&statement[field]);
    let objects = format!("{bucket_arn}/*");
    let resources = words("Resource");
    statement["Effect"] == "Deny"
        && is_everybody(&statement["Principal"])
        && words("Action").iter().any(|action| action == "*" || action.eq_ignore_ascii_case("s3:*"))
        && [bucket_arn, &objects]
            .iter()
            .all(|wanted| resources.iter().any(|one| one == wanted))
        && is_plain_transport(&statement["Condition"])
}

/// `{"Bool": {"aws:SecureTransport": "false"}}` and nothing beside it. Names of operators and keys have no case.
fn is_plain_transport(condition: &Value) -> bool {
    let only = |value: &Value, name: &str| -> Option<Value> {
        let fields = value.as_object()?;
        let (key, inner) = fields.iter().next()?;
        (fields.len() == 1 && key.eq_ignore_ascii_case(name)).then(|| inner.clone())
    };
    let value = only(condition, "Bool").and_then(|inner| only(&inner, "aws:SecureTransport"));
    value.is_some_and(|value| {
        let values = match value {
            Value::Array(list) => list,
            one => vec![one],
        };
        matches!(values.as_slice(), [one] if *one == false || one.as_str().is_some_and(|text| text.eq_ignore_ascii_case("false")))
    })
}

fn is_public(statement: &Value) -> bool {
    let everybody = is_everybody(&statement["Principal"]) || statement.get("NotPrincipal").is_some();
    statement["Effect"] == "Allow" && everybody && !is_narrowed(&statement["Condition"])
}

/// Whether a condition leaves only few. One that excludes (`StringNotEquals`), that holds where the key is missing
/// (`IfExists`), or whose values have wildcards at their beginning may leave nearly all.
fn is_narrowed(condition: &Value) -> bool {
    let Some(operators) = condition.as_object() else {
        return false;
    };
    operators.iter().any(|(operator, keys)| {
        let operator = operator.to_ascii_lowercase();
        let excludes = operator.contains("not") || operator.ends_with("ifexists") || operator == "null";
        !excludes
            && keys.as_object().is_some_and(|keys| {
                keys.iter().any(|(key, values)| {
                    let values = texts(values);
                    NARROWING.contains(&key.to_ascii_lowercase().as_str())
                        && !values.is_empty()
                        && !values.iter().any(|value| value.starts_with('*') || value.ends_with("/0"))
                })
            })
    })
}

fn is_everybody(principal: &Value) -> bool {
    principal == "*" || texts(&principal["AWS"]).iter().any(|one| one == "*")
}

/// A text or a list of texts.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(list) => list.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}
