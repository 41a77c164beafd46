//! Why a question has no answer.

/// What kind of failure a call met. Only [`ErrorClass::Absent`] says anything about the thing asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorClass {
    /// AWS knows the caller and refuses the question.
    Denied,
    /// AWS, or the sign-on portal, refuses the role that the profile names.
    RoleDenied,
    /// Temporary keys whose time is over.
    ExpiredKeys,
    /// A single sign-on session that has ended, was revoked, or never began (`aws sso login`).
    SsoExpired,
    /// A session of `aws login` that has ended.
    LoginExpired,
    /// Nothing in AWS's chain gave credentials.
    NoCredentials,
    /// Half a key pair.
    PartialCredentials,
    /// Keys that AWS does not know, or a secret that does not match.
    InvalidKeys,
    /// The profile stands in no file.
    UnknownProfile,
    /// The profile stands there and can't be used as it is written.
    BadConfiguration,
    /// No region anywhere.
    NoRegion,
    /// The answer never came.
    Unreachable(Reach),
    /// The account has not opted in to the region.
    RegionDisabled,
    /// The clock here and AWS's differ too much for a signature.
    ClockSkew,
    /// Asked to slow down, through all retries.
    Throttled,
    /// AWS itself has trouble (its 5xx).
    ServiceFault,
    /// The thing does not exist.
    Absent,
    /// The thing exists already.
    Exists,
    /// AWS does not take the request as it is written.
    Rejected,
    /// Somebody changed the thing since it was read, or set the same fields.
    Conflict,
    /// The thing stands there and is somebody else's.
    Foreign,
    /// Another operation on the same thing is under way, or was cut short and left its mark.
    Busy,
    /// What was handed in is refused: unknown fields, a schema, an admission webhook.
    Invalid,
    /// What was made did not become ready within the tool's own time.
    NotReady,
    /// A quota of the account is used up.
    LimitReached,
    /// A `CloudFormation` stack failed, or was rolled back.
    StackFailed,
    /// The program that the profile names for credentials failed, or is not here.
    CredentialProcess,
    /// The profile wants a one-time code that nobody can type here.
    MfaNeeded,
    /// AWS refuses the one-time code that was typed.
    MfaRefused,
    /// AWS refuses the token that a role is assumed with (`AssumeRoleWithWebIdentity`).
    WebIdentityRefused,
    /// The tool is not installed where it should run.
    MissingTool,
    /// Stopped at its time limit.
    TimedOut,
    /// The run was asked to stop.
    Interrupted,
    /// A read-only run refused it.
    Refused,
    /// The container engine failed.
    Engine,
    /// A private file for the tools (a kubeconfig) could not be written.
    NotKept,
    /// Killed by somebody, or could not be started.
    Killed,
    /// Printed more than is read.
    TooMuchOutput,
    /// Ended well and printed something that can't be what was asked for.
    BadOutput,
    /// Did not understand the command line (too old, or a defect of ours).
    BadUsage,
    /// Anything else.
    Other,
}

/// Where on the way to AWS it stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// No connection: name, route or port.
    Connect,
    /// Connected, or not, and then silence.
    Timeout,
    /// The proxy.
    Proxy,
    /// The certificate was not trusted.
    Tls,
}

/// A call that gave no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("failed to {purpose}")]
pub struct CallError {
    /// What was being done, a phrase that follows "failed to".
    pub purpose: String,
    /// The IAM action that the call needs; empty where it needs none.
    pub action: &'static str,
    /// The kind.
    pub class: ErrorClass,
    /// AWS's own code, only where it has a code's form.
    pub code: Option<String>,
    /// The tool's words, redacted. Untrusted: never part of a message.
    pub said: String,
}

/// Why an output is not what was asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseFailure {
    /// Nothing was printed.
    #[error("the output is empty")]
    Empty,
    /// Not JSON of the expected shape; the reason is serde's, without any of the text.
    #[error("the output is not the expected JSON ({0})")]
    Json(String),
    /// A list that says itself that more follows.
    #[error("the list is cut short: it says that more follows")]
    Cut,
    /// A field that has not the form it must have.
    #[error("the field `{0}` has not its form")]
    Form(&'static str),
}
