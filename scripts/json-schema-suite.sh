#!/usr/bin/env bash
# Fetches the official JSON-Schema-Test-Suite into target/json-schema-suite. Does nothing when it is there.
#
# The source distribution of the Python package jsonschema carries it in json/. It is held against its checksum and
# is never copied into the repository.
set -euo pipefail
cd "$(dirname "$0")/.."

version=4.26.0
checksum=0c26707e2efad8aa1bfc5b7ce170f3fccc2e4918ff85989ba9ffa9facb2be326
target="${CARGO_TARGET_DIR:-target}/json-schema-suite"

if [ -f "$target/.version" ] && [ "$(cat "$target/.version")" = "$version" ]; then
  exit 0
fi
echo "[suite] the JSON Schema test suite of jsonschema $version"
staging="$(mktemp -d)"
trap 'rm -rf "$staging"' EXIT
python3 -m pip download --quiet --disable-pip-version-check --no-binary jsonschema --no-deps \
  --dest "$staging" "jsonschema==$version"
archive="$staging/jsonschema-$version.tar.gz"
echo "$checksum  $archive" | sha256sum --check --quiet
tar --extract --file "$archive" --directory "$staging" "jsonschema-$version/json/tests/draft2020-12"
rm -rf "$target"
mkdir -p "$target"
cp -r "$staging/jsonschema-$version/json/tests/draft2020-12" "$target/draft2020-12"
echo "$version" >"$target/.version"
