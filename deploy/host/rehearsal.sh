#!/usr/bin/env bash
# The rehearsal of an installation on a plain host, with real parts throughout: the wheel in an environment of its own
# away from the checkout, PostgreSQL, nginx with TLS and the gateway's shipped configuration. A signed call is answered,
# feedback is kept, everything is stopped and started again, and what was kept is still there.
#
#     apt-get install python3-venv postgresql nginx-light openssl
#     deploy/host/rehearsal.sh [FOLDER]
#
# FOLDER takes everything that is made; without it, it is a temporary folder that goes in the end. Nothing outside it is
# written, no system service is touched, and the ports are free ones. PYTHON names another python3. Exit code 0 if
# everything came as it has to.
set -euo pipefail

deploy=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
checkout=$(dirname "$deploy")
patient=$checkout/fhir_fixtures/gist-unresectable/d842v-imatinib
issuer=https://ehr.rehearsal.example.org
# the settings are this script's own
unset "${!CDS_SERVICE_@}"

temporary=
if (($#)); then
    mkdir -p "$1"
    folder=$(cd "$1" && pwd)
else
    temporary=$(mktemp -d)
    folder=$temporary
fi

say() { printf '\n== %s\n' "$*"; }
fail() {
    printf 'FAILED: %s\n' "$*" >&2
    tail -n 20 "$folder"/log/* >&2 || true
    exit 1
}

initdb=$(command -v initdb || find /usr/lib/postgresql -path '*/bin/initdb' | sort -V | tail -n 1)
postgresql=$(dirname "$(realpath "${initdb:-/missing}")")
nginx=$(PATH=$PATH:/usr/sbin command -v nginx || true)
[[ -x $postgresql/initdb ]] || { echo "PostgreSQL is missing: apt-get install postgresql" >&2; exit 2; }
[[ -n $nginx ]] || { echo "nginx is missing: apt-get install nginx-light" >&2; exit 2; }

# PostgreSQL refuses to run as root.
as_postgres() { if ((EUID == 0)); then runuser -u postgres -- "$@"; else "$@"; fi; }

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

service_process=
gateway_runs=
store_runs=

start_store() {
    (cd / && as_postgres "$postgresql/pg_ctl" start -w -s -D "$store_files" -l "$store_files/log" \
        -o "-h 127.0.0.1 -p $store_port -c unix_socket_directories=") </dev/null >/dev/null || fail "PostgreSQL did not start"
    store_runs=yes
}

start_service() {
    "$programs/cds-service" serve --port "$service_port" --workers 2 >>"$folder/log/service" 2>&1 &
    service_process=$!
    await "http://127.0.0.1:$service_port/ready"
}

start_gateway() {
    "$nginx" -q -p "$folder/gateway" -c "$folder/gateway/nginx.conf" || fail "nginx did not start"
    gateway_runs=yes
    await "$base/live"
}

stop_everything() {
    if [[ -n $gateway_runs ]]; then
        local gateway_process
        gateway_process=$(cat "$folder/gateway/pid")
        kill -QUIT "$gateway_process"
        while kill -0 "$gateway_process" 2>/dev/null; do sleep 0.2; done
        gateway_runs=
    fi
    if [[ -n $service_process ]]; then
        kill "$service_process" 2>/dev/null || true
        wait "$service_process" || true
        service_process=
    fi
    if [[ -n $store_runs ]]; then
        (cd / && as_postgres "$postgresql/pg_ctl" stop -w -s -m fast -D "$store_files") >/dev/null
        store_runs=
    fi
}

leave() {
    stop_everything
    rm -rf "$store_files"
    if [[ -n $temporary ]]; then rm -rf "$temporary"; fi
}

# Waits until an address is answered with 200.
await() {
    local tries=0
    until "$programs/python" -c 'import sys, requests
session = requests.Session()
session.trust_env = False
sys.exit(session.get(sys.argv[1], verify=sys.argv[2], timeout=5).status_code != 200)' "$1" "$folder/gateway/tls.crt" \
        2>/dev/null; do
        tries=$((tries + 1))
        ((tries < 60)) || fail "no answer from $1"
        sleep 0.5
    done
}

status_of() {
    "$programs/python" -c 'import sys, requests
session = requests.Session()
session.trust_env = False
print(session.get(sys.argv[1], verify=sys.argv[2], timeout=10).status_code)' "$1" "$folder/gateway/tls.crt"
}

ehr() { "$programs/python" "$deploy/host/ehr.py" "$base" "$folder/gateway/tls.crt" "$folder/ehr/private.jwk.json" "$issuer" "$@"; }

overridden() {
    "$programs/cds-service" feedback report --format json |
        "$programs/python" -c 'import json, sys; print(sum(row["overridden"] for row in json.load(sys.stdin)["topics"]))'
}

mkdir -p "$folder"/{wheel,log,gateway/run,etc,work}
store_files=$(mktemp -d /tmp/rehearsal-store.XXXXXX)
if ((EUID == 0)); then chown postgres "$store_files"; fi
trap leave EXIT
cd "$folder/work"

say "The wheel, and an environment with nothing but it and what the lock file pins"
"${PYTHON:-python3}" -m venv --clear "$folder/environment"
programs=$folder/environment/bin
"$programs/pip" wheel -qq --disable-pip-version-check --no-deps --wheel-dir "$folder/wheel" "$checkout"
"$programs/pip" install -qq --disable-pip-version-check --require-hashes --requirement "$deploy/requirements.txt"
"$programs/pip" install -qq --disable-pip-version-check --no-deps "$folder"/wheel/*.whl
"$programs/pip" check --disable-pip-version-check
where=$("$programs/python" -c 'import cds_service; print(cds_service.__file__)')
[[ $where == "$folder/environment/"* ]] || fail "the package comes from $where"

say "PostgreSQL, with a role and a database for the store"
store_port=$(free_port)
password=$(openssl rand -hex 16)
printf '%s\n' "$password" >"$folder/etc/owner-password"
if ((EUID == 0)); then chmod 711 "$folder" "$folder/etc" && chown postgres "$folder/etc/owner-password"; fi
(cd / && as_postgres "$postgresql/initdb" --pgdata "$store_files" --username owner --auth scram-sha-256 \
    --pwfile "$folder/etc/owner-password" --encoding UTF8) >/dev/null
start_store
"$programs/python" - "$store_port" "$password" <<'PYTHON'
import sys

import psycopg

port, password = sys.argv[1:]
with psycopg.connect(f"postgresql://owner:{password}@127.0.0.1:{port}/postgres", autocommit=True) as owner:
    owner.execute(f"CREATE ROLE sarcoma_cds LOGIN PASSWORD '{password}'")
    owner.execute("CREATE DATABASE sarcoma_cds OWNER sarcoma_cds")
PYTHON

say "The service, whose one client's key was handed over"
service_port=$(free_port)
gateway_port=$(free_port)
base=https://localhost:$gateway_port
"$programs/cds-service" client-key new "$folder/ehr" >/dev/null
cp "$folder/ehr/public.jwks.json" "$folder/etc/ehr.jwks.json"
cat >"$folder/etc/clients.yaml" <<YAML
clients:
  - id: rehearsal
    issuers: [$issuer]
    key-file: ehr.jwks.json
    # longer than the restart below takes, so that it is not their age for which tokens are refused afterwards
    clock-skew-seconds: 300
YAML
export CDS_SERVICE_STORE_URL=postgresql://sarcoma_cds:$password@127.0.0.1:$store_port/sarcoma_cds
export CDS_SERVICE_CLIENTS=$folder/etc/clients.yaml
export CDS_SERVICE_PUBLIC_URL=$base

"$programs/cds-service" store upgrade

say "The gateway, with a certificate for localhost"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost \
    -addext subjectAltName=DNS:localhost -keyout "$folder/gateway/tls.key" -out "$folder/gateway/tls.crt" 2>/dev/null
# The shipped configuration with the places, ports and names of this rehearsal.
sed -e "s#127\.0\.0\.1:8080#127.0.0.1:$service_port#" "$deploy/gateway/host/backend.conf" >"$folder/gateway/backend.conf"
sed -e "s#/var/log/nginx/#$folder/log/#" "$deploy/gateway/host/log.conf" >"$folder/gateway/log.conf"
sed -e "s#/etc/cds-gateway/#$folder/gateway/#" -e "s#/run/cds-gateway#$folder/gateway/run#" \
    -e "s#cds\.example\.org#localhost#" \
    -e "s#listen 443 #listen 127.0.0.1:$gateway_port #" -e "/listen \[::\]:443 /d" \
    "$deploy/gateway/cds-service.conf" >"$folder/gateway/cds-service.conf"
cat >"$folder/gateway/nginx.conf" <<CONF
pid $folder/gateway/pid;
error_log $folder/log/gateway warn;
events {}
http {
    proxy_temp_path $folder/gateway/run/proxy;
    fastcgi_temp_path $folder/gateway/run/fastcgi;
    uwsgi_temp_path $folder/gateway/run/uwsgi;
    scgi_temp_path $folder/gateway/run/scgi;
    include $folder/gateway/cds-service.conf;
}
CONF
if ((EUID == 0)); then
    # its workers are of another user then
    sed -i '1i user www-data;' "$folder/gateway/nginx.conf"
    chmod 711 "$folder/gateway" "$folder/log"
fi
"$nginx" -q -t -p "$folder/gateway" -c "$folder/gateway/nginx.conf" || fail "nginx refuses the gateway's configuration"

start_service
start_gateway

say "A signed call over HTTPS"
ehr call "$patient" "$folder/work/answer.json" "$folder/work/token" || fail "the call was not answered"
[[ $(status_of "$base/metrics") == 404 && $(status_of "$base/ready") == 404 ]] ||
    fail "the gateway shows the metrics or the readiness to the outside"

say "Feedback on its first card"
ehr feedback "$folder/work/answer.json" || fail "the feedback was not taken"
before=$(overridden)
[[ $before == 1 ]] || fail "the report counts $before overridden cards, not 1"

say "Everything stopped and started again"
stop_everything
start_store
start_service
start_gateway

say "What was kept is still there"
after=$(overridden)
[[ $after == 1 ]] || fail "after the restart the report counts $after overridden cards, not 1"
echo "  the feedback"
ehr again "$patient" "$folder/work/token" || fail "a token that was used before the restart was taken again"
echo "  the token that was used, which is refused"
ehr call "$patient" "$folder/work/answer.json" "$folder/work/token" || fail "the call after the restart was not answered"
"$programs/cds-service" store purge

say "The store lost, and restored from a dump"
PGPASSWORD=$password "$postgresql/pg_dump" --format custom --file "$folder/work/store.dump" \
    --host 127.0.0.1 --port "$store_port" --username sarcoma_cds sarcoma_cds
kill "$service_process"
wait "$service_process" || true
service_process=
owner() { PGPASSWORD=$password "$postgresql/$1" --host 127.0.0.1 --port "$store_port" --username owner "${@:2}"; }
owner dropdb sarcoma_cds
owner createdb --owner sarcoma_cds sarcoma_cds
owner pg_restore --no-owner --role sarcoma_cds --dbname sarcoma_cds "$folder/work/store.dump"
"$programs/cds-service" store upgrade
start_service
restored=$(overridden)
[[ $restored == 1 ]] || fail "the restored store has $restored overridden cards, not 1"
echo "  the feedback is back"
ehr call "$patient" "$folder/work/answer.json" "$folder/work/token" || fail "the call after the restoration was not answered"

say "The rehearsal went as it has to"
