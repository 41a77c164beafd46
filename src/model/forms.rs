//! The forms of names as patterns, for programs that make a command line: what a JSON Schema can say of a rule.
//!
//! A pattern is an ECMA-262 regular expression. An exact one takes what the name's own `FromStr` takes and nothing
//! else (`tests/cli_schema.rs` holds both together); another one takes all that and some more, and the rule in words
//! says the rest.

use super::{
    Approve, BucketName, CertArn, ChartRegistry, ClusterName, DnsServer, EventsTo, Namespace, NodeType,
    Profile, Region, RootDomain, SiteDomain, Subnets, TimeLimit, ToolboxImage, ToolboxNetwork,
};

/// What a JSON Schema can say of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Form {
    /// The pattern.
    pub pattern: &'static str,
    /// The fewest and the most characters.
    pub length: (usize, usize),
    /// Whether nothing else fits than what is taken.
    pub exact: bool,
}

/// A text with a form.
pub trait Formed {
    /// The form.
    const FORM: Form;
}

macro_rules! forms {
    ($($name:ident $kind:ident $least:literal $most:literal $pattern:literal;)*) => {
        $(impl Formed for $name {
            const FORM: Form = Form {
                pattern: $pattern,
                length: ($least, $most),
                exact: forms!(@ $kind),
            };
        })*
    };
    (@ exact) => { true };
    (@ wider) => { false };
}

forms! {
    Profile exact 1 128 r"^[^\u0000-\u001f\u007f-\u009f\]]+$";
    Region exact 4 30 r"^[a-z]{2,4}(-[a-z]{2,8})?-[a-z]{2,12}-[1-9][0-9]?$";
    ClusterName exact 1 46 r"^[A-Za-z0-9][A-Za-z0-9-]*$";
    Namespace exact 1 63 r"^(?!(kube-system|kube-public|kube-node-lease)$)[a-z0-9]([a-z0-9-]*[a-z0-9])?$";
    BucketName exact 3 63 r"^(?!xn--|sthree-|amzn-s3-demo-)(?!.*\.\.)(?![0-9]{1,3}(\.[0-9]{1,3}){3}$)(?!.*(-s3alias|--ol-s3|\.mrap|--x-s3|--table-s3|-an)$)[a-z0-9][a-z0-9.-]*[a-z0-9]$";
    NodeType exact 3 40 r"^[a-z0-9][a-z0-9-]*\.[a-z0-9-]+$";
    // IDNA decides of what is not ASCII.
    RootDomain wider 3 253 r"^[^.\s/:@]+(\.[^.\s/:@]+)+$";
    SiteDomain wider 3 253 r"^[^.\s/:@]+(\.[^.\s/:@]+)+$";
    CertArn exact 40 200 r"^arn:aws(-[a-z-]{1,16})?:acm:[a-z]{2,4}(-[a-z]{2,8})?-[a-z]{2,12}-[1-9][0-9]?:[0-9]{12}:certificate/[A-Za-z0-9-]{1,64}$";
    // The host's labels neither begin nor end with a hyphen, and a port is at most 65535.
    ChartRegistry wider 9 255 r"^oci://[A-Za-z0-9.-]+(:[1-9][0-9]{0,4})?(/[a-z0-9]([a-z0-9._-]*[a-z0-9])?)+$";
    // Each once.
    Subnets wider 31 400 r"^subnet-[0-9a-f]{8}([0-9a-f]{9})?(,subnet-[0-9a-f]{8}([0-9a-f]{9})?){1,15}$";
    DnsServer wider 2 64 r"^\[?[0-9A-Fa-f.:]+(%[0-9]+)?\]?(:[0-9]+)?$";
    // From 1s to 24h.
    TimeLimit wider 2 16 r"^([0-9]+(h|m|s|ms))+$";
    // `false` is no approval, and the flag takes it.
    Approve wider 4 71 r"^(true|false|[0-9a-f]{12,64}|sha256:[0-9a-f]{64})$";
    ToolboxImage wider 71 327 r"^([a-z0-9][a-z0-9._/:-]*@)?sha256:[0-9a-f]{64}$";
    ToolboxNetwork exact 1 128 r"^(?!host$)[A-Za-z0-9][A-Za-z0-9_.-]*$";
    EventsTo wider 1 4095 r"^[^\u0000-\u001f\u007f-\u009f]*[^/\u0000-\u001f\u007f-\u009f]$";
}
