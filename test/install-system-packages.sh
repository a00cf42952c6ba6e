#!/bin/sh
# Installs what the tests need besides npm packages, on Debian 12 and its relatives.
set -eu

packages=''
command -v chromium-headless-shell >/dev/null || packages="$packages chromium-headless-shell"
command -v openssl >/dev/null || packages="$packages openssl"
command -v redis-server >/dev/null || packages="$packages redis-server"
[ -n "$(find /usr/lib/postgresql -name initdb 2>/dev/null)" ] || packages="$packages postgresql"
[ -x /usr/sbin/pgbouncer ] || packages="$packages pgbouncer"
[ -x /usr/sbin/nginx ] || packages="$packages nginx-light"
command -v caddy >/dev/null || packages="$packages caddy"
[ -n "$packages" ] || exit 0

as_root=''
[ "$(id -u)" -eq 0 ] || as_root='sudo'
$as_root apt-get update -qq
# shellcheck disable=SC2086 # one word a package
DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends $packages
