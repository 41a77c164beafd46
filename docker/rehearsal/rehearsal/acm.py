"""ACM answers as AWS's: default key types, summaries with names, states, and real describe fields."""

from ministack.services import acm
from ministack.core.responses import error_response_json, get_account_id, json_response

DEFAULT_KEY_TYPES = ["RSA_1024", "RSA_2048"]
SUMMARY_NAMES = 100  # AWS puts no more than this many alternative names into a summary
PAGE = 1000
WHEN_ISSUED = ("IssuedAt", "NotBefore", "NotAfter")
SIGNATURES = {"RSA_2048": "SHA256WITHRSA", "RSA_4096": "SHA256WITHRSA", "EC_prime256v1": "SHA256WITHECDSA"}
COPIED = ("Type", "KeyUsages", "ExtendedKeyUsages", "FailureReason", "RevokedAt", "RevocationReason")


def key_algorithm(cert):
    return cert.get("KeyAlgorithm", "RSA_2048")


def was_issued(cert):
    return cert["Status"] not in ("PENDING_VALIDATION", "FAILED", "VALIDATION_TIMED_OUT")


def times(cert):
    """The times that AWS gives: a certificate that was never issued has no validity."""
    names = ("CreatedAt", *WHEN_ISSUED) if was_issued(cert) else ("CreatedAt",)
    return {name: acm._epoch(cert[name]) for name in names if name in cert}


def summary(cert):
    names = cert.get("SubjectAlternativeNames", [cert["DomainName"]])
    shaped = {
        "CertificateArn": cert["CertificateArn"],
        "DomainName": cert["DomainName"],
        "SubjectAlternativeNameSummaries": names[:SUMMARY_NAMES],
        "HasAdditionalSubjectAlternativeNames": len(names) > SUMMARY_NAMES,
        "Status": cert["Status"],
        "Type": cert.get("Type", "AMAZON_ISSUED"),
        "KeyAlgorithm": key_algorithm(cert),
        "KeyUsages": ["DIGITAL_SIGNATURE", "KEY_ENCIPHERMENT"] if was_issued(cert) else [],
        "ExtendedKeyUsages": ["TLS_WEB_SERVER_AUTHENTICATION"] if was_issued(cert) else [],
        "ExportOption": "DISABLED",
        "InUse": bool(cert.get("InUseBy")),
        "RenewalEligibility": "ELIGIBLE" if cert.get("InUseBy") else "INELIGIBLE",
        **times(cert),
    }
    if cert.get("RevokedAt"):
        shaped["RevokedAt"] = acm._epoch(cert["RevokedAt"])
    return shaped


def list_certificates(data):
    statuses = data.get("CertificateStatuses", [])
    key_types = (data.get("Includes") or {}).get("keyTypes") or DEFAULT_KEY_TYPES
    found = [
        cert
        for arn, cert in acm._certificates.items()
        if acm._is_local_certificate_arn(arn)
        and (not statuses or cert["Status"] in statuses)
        and key_algorithm(cert) in key_types
    ]
    start = int(data.get("NextToken") or 0)
    end = start + min(int(data.get("MaxItems") or PAGE), PAGE)
    page = {"CertificateSummaryList": [summary(cert) for cert in found[start:end]]}
    if end < len(found):
        page["NextToken"] = str(end)
    return json_response(page)


def describe(cert):
    shaped = ministack_shape(cert)
    for name in WHEN_ISSUED:
        shaped.pop(name, None)
    shaped.update(times(cert))
    shaped.update({name: cert[name] for name in COPIED if name in cert})
    if cert.get("RevokedAt"):
        shaped["RevokedAt"] = acm._epoch(cert["RevokedAt"])
    shaped["KeyAlgorithm"] = key_algorithm(cert)
    shaped["SignatureAlgorithm"] = SIGNATURES.get(key_algorithm(cert), "SHA256WITHRSA")
    shaped["Subject"] = f"CN={cert['DomainName']}"
    if was_issued(cert):
        shaped.update({"Issuer": "Amazon", "Serial": cert.get("Serial", "00"), "RenewalEligibility": "INELIGIBLE"})
        shaped["KeyUsages"] = [{"Name": "DIGITAL_SIGNATURE"}, {"Name": "KEY_ENCIPHERMENT"}]
        shaped["ExtendedKeyUsages"] = [{"Name": "TLS_WEB_SERVER_AUTHENTICATION", "OID": "1.3.6.1.5.5.7.3.1"}]
    shaped.pop("Tags", None)  # AWS has them in list-tags-for-certificate only
    return shaped


ministack_shape = acm._cert_shape


def not_found(arn):
    return error_response_json(
        "ResourceNotFoundException", f"Could not find certificate {arn} in account {get_account_id()}.", 400
    )


def install():
    acm._cert_shape = describe
    acm._list_certificates = list_certificates
    acm._certificate_not_found = not_found
