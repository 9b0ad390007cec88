#!/bin/sh
# Follows the README's section "Deploy" literally on a fresh Debian, and fails unless it ends with a server that `freehold doctor`
# passes. Needs root and `debootstrap`. It runs in a temporary folder and a separate network namespace, so names and ports are those
# of the README. Not part of CI: it downloads some 100 MB of packages.
set -eu

cd "$(dirname "$0")/.."
[ -x target/debug/freehold ] || cargo build --locked --package freehold
root=$(mktemp -d)
chmod 755 "$root"
trap 'rm -rf "$root"' EXIT
# The release on which the program was built: it would not run with an older C library.
release=$(. /etc/os-release && echo "$VERSION_CODENAME")
echo "installing Debian $release"
debootstrap --variant=minbase --include=ca-certificates,curl,nginx-light,openssl,postgresql,systemd \
    "$release" "$root" >"$root.log" 2>&1 || { tail -n 5 "$root.log"; exit 1; }
rm "$root.log"
install -m 755 target/debug/freehold "$root/usr/local/bin/freehold"
mkdir -p "$root/dev" "$root/trial"

# The blocks of code of the section, one file for each language; the script below uses them.
awk '/^## / { inside = ($0 == "## Deploy") } inside && /^```/ { language = language ? "" : substr($0, 4); next }
     inside && language { print > (folder "/" language) }' folder="$root/trial" README.md

cat >"$root/trial/follow" <<'FOLLOW'
set -eu
cd /trial
ip=127.0.0.1
printf '%s localhost db.example.org app.example.org\n' "$ip" >/etc/hosts
mount -t proc proc /proc
umask 022
mkdir -p /etc/freehold

echo "creating a database with TLS, as a provider offers it"
openssl req -x509 -newkey rsa:2048 -nodes -subj "/CN=authority" -days 2 -keyout authority.key \
    -out /etc/freehold/database-ca.pem 2>/dev/null
certificate() {
    openssl req -newkey rsa:2048 -nodes -subj "/CN=$1" -keyout "$2.key" -out request.pem 2>/dev/null
    printf 'subjectAltName=DNS:%s\n' "$1" >extensions
    openssl x509 -req -in request.pem -CA /etc/freehold/database-ca.pem -CAkey authority.key -CAcreateserial -days 1 \
        -extfile extensions -out "$2.pem" 2>/dev/null
}
version=$(ls /usr/lib/postgresql)
certificate db.example.org /etc/ssl/private/database
chown postgres /etc/ssl/private/database.*
chmod 600 /etc/ssl/private/database.key
usermod --append --groups ssl-cert postgres
printf "ssl_cert_file = '/etc/ssl/private/database.pem'\nssl_key_file = '/etc/ssl/private/database.key'\n" \
    >"/etc/postgresql/$version/main/conf.d/tls.conf"
chmod 755 /etc/ssl/private
pg_ctlcluster "$version" main start
runuser -u postgres -- psql -qc "create role administrator login createrole createdb password 'secret'"

echo "creating the logins"
PGPASSWORD=secret psql -q -v ON_ERROR_STOP=1 -h db.example.org -U administrator -f sql postgres

echo "writing the settings"
sed "s/=0\{64\}$/=$(openssl rand -hex 32)/" ini >/etc/freehold/environment
cp toml /etc/freehold/freehold.toml

echo "migrating"
sh -e sh

echo "starting the systemd unit's program"
cp systemd /etc/systemd/system/freehold.service
systemd-analyze verify /etc/systemd/system/freehold.service
# systemd is not the first process here, so start the program as the unit does, as a user who owns nothing but the state folder.
value() { sed -n "s/^$1=//p" /etc/systemd/system/freehold.service; }
useradd --system dynamic
install -d -o dynamic "/var/lib/$(value StateDirectory)"
( set -a; . "$(value EnvironmentFile)"; set +a; cd /; exec setpriv --reuid=dynamic --regid=dynamic --clear-groups \
    --no-new-privs $(value ExecStart) ) >server.log 2>&1 &
server=$!

echo "starting the proxy"
certificate app.example.org /etc/freehold/site
cp nginx /etc/nginx/sites-enabled/freehold
rm /etc/nginx/sites-enabled/default
nginx
answer() { curl --silent --cacert /etc/freehold/database-ca.pem --output /dev/null --write-out '%{http_code}' "https://app.example.org$1"; }
tries=0
until [ "$(answer /readyz)" = 200 ]; do
    tries=$((tries + 1))
    [ "$tries" -lt 300 ] && kill -0 "$server" || { cat server.log; exit 1; }
    sleep 0.2
done
for expected in '/healthz 200' '/ 200' '/sign-up 200' '/dev/mail 404'; do
    set -- $expected
    [ "$(answer "$1")" = "$2" ] || { echo "$1 answers $(answer "$1") instead of $2"; exit 1; }
done

echo "running the doctor beside the server"
( set -a; . /etc/freehold/environment; set +a; freehold doctor ) | tee doctor.log
grep -q '[^0-9]0 failures' doctor.log

kill "$server"
wait "$server" || { cat server.log; exit 1; }
! grep -E ' (ERROR|WARN) |panicked' server.log
echo "done: the section is correct"
FOLLOW
unshare --net --mount --pid --fork --kill-child sh -ec "ip link set lo up
    mount --bind /dev '$root/dev'; exec chroot '$root' /bin/sh /trial/follow"
