//! What aws's failures mean, on recorded texts and on those of the facts.

mod steps_support;

use lakehouse::clients::aws::classify::classify_aws;
use lakehouse::clients::{ErrorClass as C, Reach};
use proptest::prelude::*;
use steps_support::recorded;

#[rustfmt::skip] // one case a line
const RECORDED: &[(&str, C, Option<&str>)] = &[
    ("get-caller-identity/wrong", C::InvalidKeys, Some("InvalidClientTokenId")),
    ("get-caller-identity/signature", C::InvalidKeys, Some("SignatureDoesNotMatch")),
    ("get-caller-identity/skewed", C::ClockSkew, Some("SignatureDoesNotMatch")),
    ("get-caller-identity/expired", C::ExpiredKeys, Some("ExpiredToken")),
    ("get-caller-identity/throttled", C::Throttled, Some("Throttling")),
    ("get-caller-identity/empty", C::NoCredentials, None),
    ("get-caller-identity/partial", C::PartialCredentials, None),
    ("get-caller-identity/process", C::CredentialProcess, None),
    ("get-caller-identity/process-missing", C::CredentialProcess, None),
    ("get-caller-identity/source", C::BadConfiguration, None),
    ("get-caller-identity/sso-incomplete", C::BadConfiguration, None),
    ("get-caller-identity/sso-nosession", C::BadConfiguration, None),
    ("get-caller-identity/mfa", C::MfaNeeded, None),
    ("get-caller-identity/sso", C::SsoExpired, None),
    ("get-caller-identity/sso-legacy", C::SsoExpired, None),
    ("get-caller-identity/sso-ended", C::SsoExpired, None),
    ("get-caller-identity/sso-revoked", C::SsoExpired, None),
    ("get-caller-identity/sso-role", C::RoleDenied, Some("ForbiddenException")),
    ("get-caller-identity/environment", C::NoCredentials, None),
    ("get-caller-identity/mfa-refused", C::MfaRefused, Some("AccessDenied")),
    ("get-caller-identity/token-ended", C::WebIdentityRefused, Some("ExpiredTokenException")),
    ("get-caller-identity/token-foreign", C::WebIdentityRefused, Some("InvalidIdentityToken")),
    ("get-caller-identity/noregion", C::NoRegion, None),
    ("get-caller-identity/nowhere", C::UnknownProfile, None),
    ("get-caller-identity/refused", C::Unreachable(Reach::Connect), None),
    ("get-caller-identity/no-such-name", C::Unreachable(Reach::Connect), None),
    ("get-caller-identity/proxy", C::Unreachable(Reach::Proxy), None),
    ("list-hosted-zones/denied", C::Denied, Some("AccessDenied")),
    ("list-hosted-zones/skewed", C::ClockSkew, Some("SignatureDoesNotMatch")),
    ("list-certificates/denied", C::Denied, Some("AccessDeniedException")),
    ("list-certificates/skewed", C::ClockSkew, Some("InvalidSignatureException")),
    ("list-certificates/wrong", C::InvalidKeys, Some("UnrecognizedClientException")),
    ("list-certificates/throttled", C::Throttled, Some("ThrottlingException")),
    ("head-bucket/absent", C::Absent, Some("404")),
    ("head-bucket/denied", C::Denied, Some("403")),
    ("head-bucket/throttled", C::Throttled, Some("503")),
    ("head-bucket/expired", C::Other, Some("400")),
    ("head-bucket/name-refused", C::BadUsage, None),
    ("describe-cluster/absent", C::Absent, Some("ResourceNotFoundException")),
    ("describe-cluster/expired", C::ExpiredKeys, Some("ExpiredTokenException")),
    ("describe-cluster-versions/unknown-command", C::BadUsage, None),
    ("describe-instance-type-offerings/denied", C::Denied, Some("UnauthorizedOperation")),
    ("describe-instance-type-offerings/expired", C::ExpiredKeys, Some("RequestExpired")),
    ("describe-instance-type-offerings/wrong", C::InvalidKeys, Some("AuthFailure")),
    ("describe-instance-type-offerings/throttled", C::Throttled, Some("RequestLimitExceeded")),
    ("create-bucket/again", C::Exists, Some("BucketAlreadyOwnedByYou")),
    ("create-stack/exists", C::Exists, Some("AlreadyExistsException")),
    ("describe-stacks/absent", C::Absent, Some("ValidationError")),
    ("describe-stacks/denied", C::Denied, Some("AccessDenied")),
    ("describe-stacks/throttled", C::Throttled, Some("Throttling")),
    ("get-template/absent", C::Absent, Some("ValidationError")),
    ("update-stack/absent", C::Absent, Some("ValidationError")),
    ("update-stack/nothing", C::Other, Some("ValidationError")),
    ("get-bucket-policy/new", C::Absent, Some("NoSuchBucketPolicy")),
    ("get-bucket-policy/no-bucket", C::Absent, Some("NoSuchBucket")),
    ("get-bucket-tagging/new", C::Absent, Some("NoSuchTagSet")),
    ("get-public-access-block/new", C::Absent, Some("NoSuchPublicAccessBlockConfiguration")),
    ("get-queue-url/absent", C::Absent, Some("AWS.SimpleQueueService.NonExistentQueue")),
    ("create-service-linked-role/again", C::Exists, Some("EntityAlreadyExists")),
    ("create-addon/again", C::Exists, Some("ResourceInUseException")),
    ("create-pod-identity-association/again", C::Exists, Some("ResourceInUseException")),
    ("create-access-entry/again", C::Exists, Some("ResourceInUseException")),
    ("describe-addon/absent", C::Absent, Some("ResourceNotFoundException")),
    ("describe-security-groups/absent", C::Absent, Some("InvalidGroup.NotFound")),
];

#[test]
fn recorded_failures_are_classified() {
    for (case, class, code) in RECORDED {
        let it = recorded(&format!("aws/{case}"));
        assert_eq!(
            classify_aws(it.exit, &it.stderr),
            (*class, code.map(str::to_owned)),
            "{case}"
        );
    }
}

/// Texts that could not be recorded with aws 2.23: those of `facts/aws-facts.md` section 5.
#[rustfmt::skip] // one case a line
const FACTS: &[(i32, &str, C, Option<&str>)] = &[
    (253, "\naws: [ERROR]: An error occurred (NoCredentials): Unable to locate credentials. You can configure credentials by running \"aws login\".\n", C::NoCredentials, None),
    (253, "Unable to locate credentials. You can configure credentials by running \"aws login\".", C::NoCredentials, None),
    (253, "aws: [ERROR]: An error occurred (NoRegion): You must specify a region.", C::NoRegion, None),
    (255, "aws: [ERROR]: Error when retrieving token from sso: Token has expired and refresh failed", C::SsoExpired, None),
    (255, "Error when retrieving token from sso: Token has expired and refresh failed", C::SsoExpired, None),
    (255, "The SSO session associated with this profile has expired or is otherwise invalid. To refresh this SSO session run aws sso login with the corresponding profile.", C::SsoExpired, None),
    (255, "Your session has expired. Please reauthenticate using 'aws login'.", C::LoginExpired, None),
    (255, "aws: [ERROR]: Your session has expired. Please reauthenticate using 'aws login'.", C::LoginExpired, None),
    (255, "Connect timeout on endpoint URL: \"https://sts.us-east-2.amazonaws.com/\"", C::Unreachable(Reach::Timeout), None),
    (255, "Read timeout on endpoint URL: \"https://sts.us-east-2.amazonaws.com/\"", C::Unreachable(Reach::Timeout), None),
    (255, "SSL validation failed for https://sts.us-east-2.amazonaws.com/ [SSL: CERTIFICATE_VERIFY_FAILED]", C::Unreachable(Reach::Tls), None),
    (254, "aws: [ERROR]: An error occurred (ThrottlingException) when calling the DescribeCluster operation (reached max retries: 2): Rate exceeded", C::Throttled, Some("ThrottlingException")),
    (254, "\naws: [ERROR]: An error occurred (AccessDenied) when calling the ListHostedZones operation: no\n\nAdditional error details:\nType: Sender\n", C::Denied, Some("AccessDenied")),
    (254, "{\"Code\": \"ResourceNotFoundException\", \"Message\": \"No cluster found for name: x.\"}", C::Absent, Some("ResourceNotFoundException")),
    (254, "aws: [ERROR]: {\n  \"Code\": \"AccessDenied\",\n  \"Message\": \"no\"\n}\n", C::Denied, Some("AccessDenied")),
    (254, "An error occurred (SignatureDoesNotMatch) when calling the ListHostedZones operation: Signature not yet current: 20261123T214156Z is still later than …", C::ClockSkew, Some("SignatureDoesNotMatch")),
    (254, "An error occurred (SignatureDoesNotMatch) when calling the X operation (reached max retries: 2): Signature expired: a", C::ClockSkew, Some("SignatureDoesNotMatch")),
    (254, "An error occurred (RequestTimeTooSkewed) when calling the ListBuckets operation: The difference …", C::ClockSkew, Some("RequestTimeTooSkewed")),
    (254, "An error occurred (301) when calling the HeadBucket operation: Moved Permanently", C::Other, Some("301")),
    (254, "An error occurred (AccessDenied) when calling the AssumeRole operation: User: x is not authorized to perform: sts:AssumeRole", C::RoleDenied, Some("AccessDenied")),
    (254, "An error occurred (ForbiddenException) when calling the GetRoleCredentials operation: No access", C::RoleDenied, Some("ForbiddenException")),
    (254, "An error occurred (ResourceNotFoundException) when calling the GetRoleCredentials operation: no account", C::BadConfiguration, Some("ResourceNotFoundException")),
    (254, "An error occurred (ExpiredToken) when calling the AssumeRole operation: The security token …", C::ExpiredKeys, Some("ExpiredToken")),
    (254, "An error occurred (OptInRequired) when calling the DescribeInstanceTypeOfferings operation: You are not subscribed to this service.", C::RegionDisabled, Some("OptInRequired")),
    (254, "An error occurred (InsufficientCapabilitiesException) when calling the CreateStack operation: Requires capabilities : [CAPABILITY_NAMED_IAM]", C::Rejected, Some("InsufficientCapabilitiesException")),
    (254, "An error occurred (ValidationError) when calling the UpdateStack operation: Stack:arn:aws:cloudformation:us-east-2:000000000000:stack/a/b is in UPDATE_IN_PROGRESS state and can not be updated.", C::Busy, Some("ValidationError")),
    (254, "An error occurred (ValidationError) when calling the UpdateStack operation: Stack [a] does not exist", C::Absent, Some("ValidationError")),
    (254, "An error occurred (ValidationError) when calling the CreateStack operation: Template format error: Stack does not exist in it, or so", C::Other, Some("ValidationError")),
    (254, "An error occurred (ValidationError) when calling the AssumeRole operation: Stack with id a does not exist", C::BadConfiguration, Some("ValidationError")),
    (254, "An error occurred (OperationInProgressException) when calling the UpdateStack operation: already being modified", C::Busy, Some("OperationInProgressException")),
    (254, "An error occurred (ConcurrentModification) when calling the TagRole operation: try again", C::Busy, Some("ConcurrentModification")),
    (254, "An error occurred (OperationAborted) when calling the CreateBucket operation: A conflicting conditional operation is currently in progress against this resource.", C::Busy, Some("OperationAborted")),
    (254, "An error occurred (LimitExceeded) when calling the CreateRole operation: Cannot exceed quota for RolesPerAccount: 1000", C::LimitReached, Some("LimitExceeded")),
    (254, "An error occurred (ResourceLimitExceededException) when calling the CreateCluster operation: x", C::LimitReached, Some("ResourceLimitExceededException")),
    (254, "An error occurred (MalformedPolicy) when calling the PutBucketPolicy operation: Policies must be valid JSON", C::Rejected, Some("MalformedPolicy")),
    (254, "An error occurred (BucketAlreadyExists) when calling the CreateBucket operation: The requested bucket name is not available.", C::Exists, Some("BucketAlreadyExists")),
    (254, "An error occurred (InvalidInput) when calling the CreateServiceLinkedRole operation: Service role name AWSServiceRoleForEC2Spot has been taken in this account, please try a different suffix.", C::Exists, Some("InvalidInput")),
    (254, "An error occurred (InvalidInput) when calling the SimulatePrincipalPolicy operation: Invalid Entity Arn", C::Other, Some("InvalidInput")),
    (254, "An error occurred (ServerSideEncryptionConfigurationNotFoundError) when calling the GetBucketEncryption operation: x", C::Absent, Some("ServerSideEncryptionConfigurationNotFoundError")),
    (254, "An error occurred (OwnershipControlsNotFoundError) when calling the GetBucketOwnershipControls operation: x", C::Absent, Some("OwnershipControlsNotFoundError")),
    (254, "An error occurred (QueueDoesNotExist) when calling the GetQueueUrl operation: x", C::Absent, Some("QueueDoesNotExist")),
    (254, "An error occurred (InvalidSubnetID.NotFound) when calling the DescribeSubnets operation: The subnet ID 'subnet-1' does not exist", C::Absent, Some("InvalidSubnetID.NotFound")),
    (254, "An error occurred (SomethingNew) when calling the X operation: y", C::Other, Some("SomethingNew")),
    (130, "", C::Interrupted, None),
    (137, "", C::Killed, None),
    (1, "Traceback (most recent call last):", C::Other, None),
];

#[test]
fn texts_of_the_facts_are_classified() {
    for (exit, text, class, code) in FACTS {
        assert_eq!(
            classify_aws(*exit, text),
            (*class, code.map(str::to_owned)),
            "{text}"
        );
    }
}

#[test]
fn cloudformations_quota_of_stacks_is_no_throttling() {
    let said = |operation: &str| {
        let text =
            format!("An error occurred (LimitExceededException) when calling the {operation} operation: x");
        classify_aws(254, &text).0
    };
    assert_eq!(said("CreateStack"), C::LimitReached);
    assert_eq!(said("GetRole"), C::Throttled);
}

#[test]
fn a_text_elsewhere_decides_nothing() {
    // What another program says behind aws's own words is not aws's.
    let nested = "Error when retrieving credentials from custom-process: \nUnable to locate credentials";
    assert_eq!(classify_aws(255, nested).0, C::CredentialProcess);
    // A message that quotes another error, and a message that says "not found" while access is denied.
    let quoted = "An error occurred (AccessDenied) when calling the X operation: see An error occurred (ResourceNotFoundException) when calling the Y operation: not found";
    assert_eq!(
        classify_aws(254, quoted),
        (C::Denied, Some("AccessDenied".to_owned()))
    );
    // Words of a class under an exit code that has none.
    assert_eq!(
        classify_aws(
            1,
            "An error occurred (ResourceNotFoundException) when calling the X operation: y"
        )
        .0,
        C::Other
    );
    assert_eq!(
        classify_aws(255, "the token expired: Unable to locate credentials").0,
        C::Other
    );
    // The predecessor read "Command not found" as "resource not found".
    assert_eq!(classify_aws(127, "aws: Command not found").0, C::Other);
    // A code must have a code's form before it may stand in a message.
    assert_eq!(
        classify_aws(
            254,
            "An error occurred (<b>x</b>) when calling the X operation: y"
        ),
        (C::Other, None)
    );
}

proptest! {
    #[test]
    fn classify_never_panics(exit in any::<i32>(), text in "\\PC*") {
        let _ = classify_aws(exit, &text);
    }

    #[test]
    fn classify_never_panics_on_structured_text(
        exit in prop_oneof![Just(253), Just(254), Just(255)],
        parts in prop::collection::vec(prop_oneof![
            Just("aws: [ERROR]: "), Just("An error occurred ("), Just(")"), Just(" when calling the "), Just(" operation"),
            Just(" (reached max retries: 2)"), Just(":"), Just("\n"), Just("{\"Code\":\""), Just("\"}"), Just("é"), Just("403"),
        ], 0..16),
    ) {
        let (class, code) = classify_aws(exit, &parts.concat());
        prop_assert!(code.is_none_or(|code| code.bytes().all(|byte| byte.is_ascii_graphic())));
        prop_assert!(class != C::Exists);
    }
}
