# shellcheck shell=bash disable=SC2153
# The AWS settings of the rehearsal, in a folder of its own: the user's ~/.aws and ~/.kube stay untouched.

REGION=us-east-2
SSO_SESSION=rehearsal-expired

# profile: the keys that faults.py, quotas.py and permissions.py of docker/rehearsal/rehearsal/ know. None can be a real key (AWS has no 0 in them).
KEYS=(
    rehearsal:AKIA0REHEARSAL000000
    rehearsal-wrong-keys:AKIA0REHEARSALWRONG0
    rehearsal-wrong-secret:AKIA0REHEARSALSECRE0
    rehearsal-expired-keys:ASIA0REHEARSALEXPIR0
    rehearsal-denied:AKIA0REHEARSALDENIE0
    rehearsal-identity-denied:AKIA0REHEARSALNOIDE0
    rehearsal-throttled:AKIA0REHEARSALTHROT0
    rehearsal-skewed:AKIA0REHEARSALSKEWE0
    rehearsal-quota-low:AKIA0REHEARSALQUOTA0
    rehearsal-installer:AKIA0REHEARSALINSTA0
    rehearsal-one-denied:AKIA0REHEARSALONEDE0
    rehearsal-bounded:AKIA0REHEARSALBOUND0
    rehearsal-session:ASIA0REHEARSALSESSI0
)

# put FILE: its new content from stdin, whole or not at all.
put() {
    local new
    new=$(mktemp "$1.XXXXXX")
    cat >"$new"
    chmod 0600 "$new"
    mv -f "$new" "$1"
}

credentials() {
    local entry profile key
    echo '# Made by scripts/rehearse: keys of the rehearsal account, good for nothing else.'
    for entry in "${KEYS[@]}"; do
        profile=${entry%%:*} key=${entry#*:}
        printf '[%s]\naws_access_key_id = %s\naws_secret_access_key = rehearsal-not-a-secret\n' "$profile" "$key"
        case "$key" in ASIA*) echo 'aws_session_token = rehearsal-not-a-token' ;; esac
    done
    printf '[rehearsal-no-region]\naws_access_key_id = AKIA0REHEARSAL000000\naws_secret_access_key = rehearsal-not-a-secret\n'
}

config() {
    local url entry
    url=$(endpoint)
    echo '# Made by scripts/rehearse: every profile leads to the rehearsal account on this machine.'
    for entry in "${KEYS[@]}"; do
        printf '[profile %s]\nregion = %s\nendpoint_url = %s\n' "${entry%%:*}" "$REGION" "$url"
    done
    printf '[profile rehearsal-no-region]\nendpoint_url = %s\n' "$url"
    # A role that nobody lets us take, and a token that ended long ago and cannot be renewed.
    printf '[profile rehearsal-role-denied]\nregion = %s\nendpoint_url = %s\nsource_profile = rehearsal-denied\n' "$REGION" "$url"
    printf 'role_arn = arn:aws:iam::000000000000:role/rehearsal\n'
    printf '[profile rehearsal-sso-expired]\nregion = %s\nendpoint_url = %s\nsso_session = %s\n' "$REGION" "$url" "$SSO_SESSION"
    printf 'sso_account_id = 000000000000\nsso_role_name = Rehearsal\n'
    printf '[sso-session %s]\nsso_start_url = https://rehearsal.invalid/start\nsso_region = %s\n' "$SSO_SESSION" "$REGION"
    printf 'sso_registration_scopes = sso:account:access\n'
}

# sso_token: the file that stands in HOME/.aws/sso/cache of whoever logged in long ago.
sso_token() {
    printf '{"startUrl": "https://rehearsal.invalid/start", "region": "%s", ' "$REGION"
    printf '"accessToken": "rehearsal-not-a-token", "expiresAt": "2020-01-01T00:00:00Z"}\n'
}

write_config() {
    local hash
    credentials | put "$STATE/aws/credentials"
    config | put "$STATE/aws/config"
    hash=$(printf %s "$SSO_SESSION" | sha1sum)
    # To be copied into a HOME of one's own: cp -R STATE/sso-expired-home/. "$HOME".
    mkdir -p "$STATE/sso-expired-home/.aws/sso/cache"
    sso_token | put "$STATE/sso-expired-home/.aws/sso/cache/${hash%% *}.json"
}

exported() { printf 'export %s=%s\n' "$1" "$(quoted "$2")"; }

# print_env: for eval. Whatever could lead a tool to another account is taken away.
print_env() {
    local ip list name
    ip=$(address)
    list=${NO_PROXY:-${no_proxy:-}}
    case ",$list," in *",$ip,"*) ;; *) list=${list:+$list,}$ip ;; esac
    printf 'unset'
    printf ' %s' AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_SECURITY_TOKEN AWS_REGION \
        AWS_DEFAULT_REGION AWS_DEFAULT_PROFILE AWS_ROLE_ARN AWS_WEB_IDENTITY_TOKEN_FILE \
        AWS_CONTAINER_CREDENTIALS_RELATIVE_URI AWS_CONTAINER_CREDENTIALS_FULL_URI AWS_IGNORE_CONFIGURED_ENDPOINT_URLS
    for name in $(compgen -e AWS_ENDPOINT_URL_); do printf ' %s' "$name"; done
    printf '\n'
    exported AWS_CONFIG_FILE "$STATE/aws/config"
    exported AWS_SHARED_CREDENTIALS_FILE "$STATE/aws/credentials"
    exported AWS_PROFILE rehearsal
    exported AWS_ENDPOINT_URL "$(endpoint)" # eksctl reads no endpoint from a profile
    exported AWS_EC2_METADATA_DISABLED true
    exported KUBECONFIG "$STATE/kube/config"
    exported LAKEHOUSE_TOOLBOX_NETWORK "$NAME"
    exported LAKEHOUSE_DNS_SERVER "$ip:$DNS_PORT"
    exported LAKEHOUSE_CHART_REGISTRY "$(registry)"
    if [ -s "$AUTHORITY/build.crt" ]; then # not there when an older `up` made the account
        exported LAKEHOUSE_CA_BUNDLE "$AUTHORITY/build.crt" # what the toolbox image is built with
        exported SSL_CERT_FILE "$AUTHORITY/trusted.crt"     # helm on this machine
    fi
    exported NO_PROXY "$list"
    exported no_proxy "$list"
    # shellcheck disable=SC2016 # the shell that evaluates it has the PATH
    printf 'export PATH=%s:"$PATH"\n' "$(quoted "${BINARY%/*}")"
}
