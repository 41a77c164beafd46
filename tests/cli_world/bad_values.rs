//! Values that are refused, flag by flag.

pub const LONG: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

/// What no flag but `--profile` and `--output-env` takes.
pub const HOSTILE: [&str; 12] = [
    "",
    "$(reboot)",
    "a;reboot",
    "a'b",
    "a\"b",
    "a\nb",
    "a b",
    "`x`",
    "a|b",
    "a&b",
    "../../x y",
    "\u{1b}[31mred",
];

/// Flag, the rule's word, the example, and values that only this flag refuses.
pub const TABLE: &[(&str, &str, &str, &[&str])] = &[
    (
        "--region",
        "AWS region",
        "us-east-2",
        &["US-EAST-2", "us_east_2", "us-east", "us-east-2a", LONG],
    ),
    (
        "--cluster",
        "letters, digits and '-'",
        "ingext-lakehouse",
        &["my_cluster", "-a", "ä", LONG],
    ),
    (
        "--bucket",
        "",
        "ingext-lakehouse-123456789012",
        &["My-Bucket", "my_bucket", "ab", "a..b", "1.2.3.4", LONG],
    ),
    (
        "--namespace",
        "",
        "ingext",
        &["Ingext", "in_gext", "a.b", "kube-system", "-a", LONG],
    ),
    (
        "--root-domain",
        "DNS name",
        "",
        &[
            "com",
            "a_b.com",
            "Example.com",
            "1.2.3.4",
            "example.com.",
            "\u{202e}.com",
            LONG,
        ],
    ),
    (
        "--domain",
        "",
        "lakehouse.k8.example.com",
        &["example.com", "site.example.org", "notexample.com", LONG],
    ),
    (
        "--cert-arn",
        "ACM certificate",
        "arn:aws:acm:us-east-2:123456789012:certificate/",
        &[
            "arn:aws:iam::123456789012:server-certificate/a",
            "arn:aws:acm:eu-west-1:123456789012:certificate/a",
            "arn:aws:acm:us-east-2:123:certificate/a",
            LONG,
        ],
    ),
    (
        "--node-type",
        "instance type",
        "t3.large",
        &["large", "T3.large", "t3_large.x", LONG],
    ),
    (
        "--node-count",
        "whole number from 1 to 100",
        "2",
        &["0", "-1", "101", "2.5", "two", LONG],
    ),
    ("--exec", "docker or local", "docker", &["Docker", "podman", LONG]),
    (
        "--dns-provider",
        "route53 or external",
        "route53",
        &["cloudflare", LONG],
    ),
    (
        "--dns-server",
        "IP address",
        "1.1.1.1:53",
        &["dns.example", "1.1.1.1:0", "1.1.1", LONG],
    ),
    (
        "--timeout",
        "duration",
        "25m",
        &["90", "0s", "25h", "1d", "-5m", LONG],
    ),
    (
        "--phase",
        "one of foundation",
        "foundation",
        &["Foundation", "seventh", LONG],
    ),
    ("--output", "json or text", "json", &["yaml", LONG]),
    ("--color", "one of auto, always, never", "auto", &["yes", LONG]),
    (
        "--log-level",
        "one of error, warn, info, debug",
        "error",
        &["trace", LONG],
    ),
    (
        "--toolbox-image",
        "digest or ID",
        "@sha256:",
        &["toolbox:latest", "sha256:abc", LONG],
    ),
    (
        "--toolbox-network",
        "network",
        "rehearsal",
        &["host", "container:abc", LONG],
    ),
    (
        "--chart-registry",
        "OCI registry",
        "oci://public.ecr.aws/ingext",
        &["public.ecr.aws/ingext", "oci://me:word@host/a", LONG],
    ),
    (
        "--subnets",
        "subnet",
        "subnet-",
        &["subnet", "subnet-XYZ", "vpc-0123456789abcdef0", LONG],
    ),
    (
        "--toolbox-source",
        "release or registry",
        "release",
        &["releases", "internet", LONG],
    ),
    (
        "--action",
        "one of preflight, install",
        "preflight",
        &["prefight", LONG],
    ),
    (
        "--has-billing",
        "true or false",
        "true",
        &["yes", "TRUE", "1", LONG],
    ),
    ("--write-env", "true or false", "true", &["maybe"]),
    ("--read-only", "true or false", "true", &["1"]),
    ("--versioning", "true or false", "true", &["on"]),
    ("--write-kubeconfig", "true or false", "true", &["1"]),
];
