"""Certificates: one that fits best, and beside it every kind that does not."""

from hashlib import sha256
from uuid import UUID

from ministack.core.responses import get_account_id, get_region
from ministack.services import acm

from rehearsal import FAR_FUTURE, SEEDED_AT

DAY = 86400
SITE = "lakehouse.k8.rehearsal.test"
WILDCARD = "*.k8.rehearsal.test"
MANY = [f"name-{number:03}.many.test" for number in range(1, 121)] + ["san.k8.rehearsal.test"]
SOONER = FAR_FUTURE - 3650 * DAY  # ends years before FAR_FUTURE: the shorter of two that fit
YEAR = 365 * DAY


def hex_of(text):
    return sha256(text.encode()).hexdigest()


def validation(domain, status):
    """The record that proves a domain, in the form that ACM gives it."""
    base = domain.removeprefix("*.")
    return {
        "DomainName": domain,
        "ValidationDomain": domain,
        "ValidationStatus": status,
        "ResourceRecord": {
            "Name": f"_{hex_of('name ' + base)[:32]}.{base}.",
            "Type": "CNAME",
            "Value": f"_{hex_of('value ' + base)[:32]}.{hex_of('zone')[:10]}.acm-validations.aws.",
        },
        "ValidationMethod": "DNS",
    }


def add(label, domain, status="ISSUED", names=None, ends=FAR_FUTURE, begins=SEEDED_AT, **more):
    """One certificate. Its label fixes its id, so that ARNs are the same everywhere."""
    region = get_region()
    digest = hex_of(f"certificate {region} {label}")
    arn = f"arn:aws:acm:{region}:{get_account_id()}:certificate/{UUID(digest[:32], version=4)}"
    names = names or [domain]
    proof = {"ISSUED": "SUCCESS", "EXPIRED": "SUCCESS", "REVOKED": "SUCCESS", "FAILED": "FAILED"}
    acm._certificates[arn] = {
        "CertificateArn": arn,
        "DomainName": domain,
        "SubjectAlternativeNames": names,
        "Status": status,
        "Type": "AMAZON_ISSUED",
        "CreatedAt": begins,
        "IssuedAt": begins,
        "NotBefore": begins,
        "NotAfter": ends,
        "Serial": ":".join(digest[i : i + 2] for i in range(32, 64, 2)),
        "DomainValidationOptions": [validation(name, proof.get(status, "PENDING_VALIDATION")) for name in names],
        "ValidationMethod": "DNS",
        "InUseBy": [],
        "Tags": [],
        "Options": {"CertificateTransparencyLoggingPreference": "ENABLED", "Export": "DISABLED"},
        "_pem_body": acm._synthetic_pem(domain),
        "_pem_chain": "",
        "_private_key": "",
        **more,
    }


def plant():
    add("expired", WILDCARD, "EXPIRED", begins=SEEDED_AT - 3 * YEAR, ends=SEEDED_AT - 2 * YEAR)
    add("pending", SITE, "PENDING_VALIDATION")
    add("evil", "*.evilk8.rehearsal.test")
    add("parent", "*.rehearsal.test", names=["*.rehearsal.test", "rehearsal.test"])  # one label for `*`
    add("sooner-ec", WILDCARD, ends=SOONER, KeyAlgorithm="EC_prime256v1")
    add("wildcard", WILDCARD)  # the one that preflight must find for the site
    add("many", MANY[0], names=MANY)
    add("failed", SITE, "FAILED", FailureReason="CAA_ERROR")
    add("revoked", SITE, "REVOKED", RevokedAt=SEEDED_AT + DAY, RevocationReason="KEY_COMPROMISE")
    add("other", "lakehouse.other.test")
    add("undelegated", "*.k8.undelegated.test")
    add("unregistered", "*.k8.unregistered.test")
    add("rsa-4096", "lakehouse.big.rehearsal.test", KeyAlgorithm="RSA_4096")  # exact name, hidden without --includes
    add("foreign-end", "lakehouse.k8.rehearsal.test.example")


def plant_elsewhere():
    add("wildcard", WILDCARD)
    add("west-only", "lakehouse.west.rehearsal.test")
