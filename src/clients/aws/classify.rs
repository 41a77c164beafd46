//! What a failed aws command means: by its exit code, then by AWS's own error code, and by text only where aws
//! has nothing else (its local errors, exit 253 and 255). Texts are those of botocore's `exceptions.py` and of
//! the recorded fixtures, and must stand at the beginning of a line.

use super::local_errors::local;
use crate::clients::failure::ErrorClass;
use crate::clients::form::is_error_code;
use serde::Deserialize;

/// Classifies a failed aws command. `code` is AWS's own, where it gave one.
#[must_use]
pub fn classify_aws(exit: i32, stderr: &str) -> (ErrorClass, Option<String>) {
    match exit {
        // 252: bad parameters; 2: unparsable command line; 1: only `aws s3`, which is not used.
        2 | 252 => (ErrorClass::BadUsage, None),
        253 | 255 => (local(stderr), None),
        254 => service(stderr),
        130 => (ErrorClass::Interrupted, None),
        129..=192 => (ErrorClass::Killed, None),
        _ => (ErrorClass::Other, None),
    }
}

/// The structured part of a service's error.
#[derive(Debug, PartialEq, Eq)]
struct ServiceError<'a> {
    code: &'a str,
    operation: Option<&'a str>,
    message: &'a str,
}

/// `--cli-error-format json` (aws 2.34): one object, no operation.
#[derive(Deserialize)]
struct JsonError {
    #[serde(rename = "Code")]
    code: String,
    #[serde(rename = "Message", default)]
    message: String,
}

fn service(stderr: &str) -> (ErrorClass, Option<String>) {
    if let Some(found) = lines(stderr).find_map(service_line) {
        return (by_code(&found), Some(found.code.to_owned()));
    }
    let start = lines(stderr)
        .next()
        .map_or("", |_| strip_prefix(stderr.trim_start()));
    let mut documents = serde_json::Deserializer::from_str(start).into_iter::<JsonError>();
    match documents.next() {
        Some(Ok(found)) if is_error_code(&found.code) => {
            let error = ServiceError {
                code: &found.code,
                operation: None,
                message: &found.message,
            };
            (by_code(&error), Some(found.code.clone()))
        }
        _ => (ErrorClass::Other, None),
    }
}

/// Lines without aws 2.34's prefix; the empty one that aws prints first is left out.
pub(super) fn lines(stderr: &str) -> impl Iterator<Item = &str> {
    stderr
        .lines()
        .map(|line| strip_prefix(line.trim()))
        .filter(|line| !line.is_empty())
}

fn strip_prefix(line: &str) -> &str {
    line.strip_prefix("aws: [ERROR]:").map_or(line, str::trim_start)
}

/// `An error occurred (CODE) when calling the OP operation (reached max retries: N): MESSAGE`.
fn service_line(line: &str) -> Option<ServiceError<'_>> {
    let rest = line.strip_prefix("An error occurred (")?;
    let (code, rest) = rest.split_once(')')?;
    let (head, message) = rest.split_once(':')?;
    // "(reached max retries: 2): MESSAGE" has a colon of its own.
    let message = if head.contains("(reached max retries") {
        message.split_once("):")?.1
    } else {
        message
    };
    let operation = head
        .strip_prefix(" when calling the ")
        .and_then(|rest| rest.split_once(" operation"));
    let operation = operation.map(|(name, _)| name);
    is_error_code(code).then_some(ServiceError {
        code,
        operation,
        message: message.trim(),
    })
}

fn by_code(error: &ServiceError<'_>) -> ErrorClass {
    use ErrorClass as C;
    let class = code_class(error);
    // Getting a role's keys comes before the question: refused there, nothing is said about the question.
    let for_role = matches!(
        error.operation,
        Some("AssumeRole" | "AssumeRoleWithWebIdentity" | "AssumeRoleWithSAML" | "GetRoleCredentials")
    );
    let is_mfa = error.message.starts_with("MultiFactorAuthentication failed")
        || (error.code == "ValidationError" && error.message.contains("tokenCode"));
    let is_token = matches!(
        error.code,
        "ExpiredTokenException" | "ExpiredToken" | "InvalidIdentityToken" | "IDPRejectedClaim"
    );
    match (for_role, class) {
        (true, _) if is_mfa => C::MfaRefused,
        (true, _) if is_token && error.operation == Some("AssumeRoleWithWebIdentity") => {
            C::WebIdentityRefused
        }
        (true, C::Denied) => C::RoleDenied,
        (true, C::Absent | C::Other | C::Rejected) => C::BadConfiguration,
        _ => class,
    }
}

fn code_class(error: &ServiceError<'_>) -> ErrorClass {
    use ErrorClass as C;
    match error.code {
        "AccessDenied"
        | "AccessDeniedException"
        | "UnauthorizedOperation"
        | "UnauthorizedAccess"
        | "AuthorizationError"
        | "NotAuthorized"
        | "ForbiddenException"
        | "403" => C::Denied,
        // EC2's RequestExpired is said of expired keys and of a wrong clock. The identity is asked first, and STS
        // tells the two apart; so what is left for EC2 is keys that ended meanwhile. The remedy names the clock too.
        "ExpiredToken" | "ExpiredTokenException" | "RequestExpired" => C::ExpiredKeys,
        "RequestTimeTooSkewed" => C::ClockSkew,
        // The same code for a wrong secret and for a wrong clock; only AWS's sentence differs.
        "SignatureDoesNotMatch" | "InvalidSignatureException" if is_skewed(error.message) => C::ClockSkew,
        "SignatureDoesNotMatch"
        | "InvalidSignatureException"
        | "UnrecognizedClientException"
        | "UnrecognizedClient"
        | "InvalidClientTokenId"
        | "InvalidAccessKeyId"
        | "InvalidToken"
        | "AuthFailure"
        | "IncompleteSignature"
        | "IncompleteSignatureException"
        | "MissingAuthenticationToken"
        | "MissingAuthenticationTokenException" => C::InvalidKeys,
        "UnauthorizedException" | "UnauthorizedSSOToken" => C::SsoExpired,
        "NoCredentials" => C::NoCredentials,
        "NoRegion" => C::NoRegion,
        "OptInRequired" => C::RegionDisabled,
        // CloudFormation's own word for its quota of stacks, which no waiting mends.
        "LimitExceededException" if matches!(error.operation, Some("CreateStack" | "UpdateStack")) => {
            C::LimitReached
        }
        // botocore/retries/standard.py. LimitExceededException is in its list; 503 is S3's SlowDown without a body.
        "Throttling"
        | "ThrottlingException"
        | "ThrottledException"
        | "RequestThrottled"
        | "RequestThrottledException"
        | "TooManyRequestsException"
        | "TooManyRequests"
        | "RequestLimitExceeded"
        | "BandwidthLimitExceeded"
        | "LimitExceededException"
        | "SlowDown"
        | "PriorRequestNotComplete"
        | "EC2ThrottledException"
        | "ProvisionedThroughputExceededException"
        | "TransactionInProgressException"
        | "429"
        | "503" => C::Throttled,
        "InternalError"
        | "InternalFailure"
        | "InternalServerError"
        | "InternalServerException"
        | "InternalServiceException"
        | "InternalServiceError"
        | "ServerException"
        | "ServiceUnavailable"
        | "ServiceUnavailableException"
        | "Unavailable"
        | "500"
        | "502"
        | "504" => C::ServiceFault,
        "ResourceNotFoundException"
        | "NoSuchEntity"
        | "NoSuchHostedZone"
        | "NoSuchResourceException"
        | "NoSuchBucket"
        | "404" => C::Absent,
        "ParamValidation" => C::BadUsage,
        _ => writing_class(error),
    }
}

/// The codes of changing commands, and of what is looked at before them.
fn writing_class(error: &ServiceError<'_>) -> ErrorClass {
    use ErrorClass as C;
    match error.code {
        // What a bucket does not have, each under its own code; SQS's queue under two; EC2's things under one each.
        "NoSuchBucketPolicy"
        | "NoSuchPublicAccessBlockConfiguration"
        | "ServerSideEncryptionConfigurationNotFoundError"
        | "OwnershipControlsNotFoundError"
        | "NoSuchTagSet"
        | "AWS.SimpleQueueService.NonExistentQueue"
        | "QueueDoesNotExist"
        | "InvalidGroup.NotFound"
        | "InvalidSubnetID.NotFound"
        | "InvalidVpcID.NotFound"
        | "LoadBalancerNotFound"
        | "TargetGroupNotFound"
        | "NoSuchChange" => C::Absent,
        // CloudFormation has one code for all that it does not like; the sentences are its own.
        "ValidationError" if is_absent_stack(error.message) => C::Absent,
        "ValidationError" if is_stack_in_progress(error.message) => C::Busy,
        // EKS says it of an add-on or cluster that is being changed, too; those sentences are not documented.
        "ResourceInUseException"
        | "EntityAlreadyExists"
        | "AlreadyExistsException"
        | "BucketAlreadyOwnedByYou"
        | "BucketAlreadyExists" => C::Exists,
        // Route53 has one code for all that it does not like in a batch.
        "InvalidChangeBatch" if error.message.contains("but it already exists") => C::Exists,
        // IAM of a service-linked role (facts, section 3: the spot role).
        "InvalidInput" if error.message.contains("has been taken in this account") => C::Exists,
        "ConcurrentModification"
        | "ConcurrentModificationException"
        | "OperationInProgressException"
        | "OperationAborted" => C::Busy,
        "LimitExceeded" | "ResourceLimitExceededException" | "TooManyBuckets" | "TagLimitExceeded" => {
            C::LimitReached
        }
        "InsufficientCapabilitiesException"
        | "InvalidChangeBatch"
        | "InvalidParameterException"
        | "MalformedPolicy"
        | "MalformedPolicyDocument"
        | "MalformedPolicyDocumentException"
        | "IllegalLocationConstraintException"
        | "InvalidLocationConstraint" => C::Rejected,
        _ => C::Other,
    }
}

/// `Stack with id NAME does not exist`, `Stack [NAME] does not exist`, `Stack:ARN …`.
fn is_absent_stack(message: &str) -> bool {
    message.starts_with("Stack") && message.trim_end_matches('.').ends_with(" does not exist")
}

/// `Stack:ARN is in UPDATE_IN_PROGRESS state and can not be updated.`
fn is_stack_in_progress(message: &str) -> bool {
    message.starts_with("Stack") && message.contains("_IN_PROGRESS state")
}

fn is_skewed(message: &str) -> bool {
    message.starts_with("Signature expired") || message.starts_with("Signature not yet current")
}
