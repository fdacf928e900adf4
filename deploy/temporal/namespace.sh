#!/bin/sh
# The namespace and the search attributes that our workflows set, and then a proof that both are in use. Safe to run
# again. TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE say where; RETENTION says how long histories of ended runs are kept.
set -eu

# The same as SEARCH_ATTRIBUTES in workflows/policies.py; a test compares them.
attributes='Tenant=Keyword AgentId=Keyword AvatarVersion=Int Provider=Keyword Stage=Keyword AvatarStyle=Keyword'
: "${RETENTION:=30d}"

again() { # tries a command for a minute: a server takes up what is new in its own time
  tries=0
  until "$@"; do
    tries=$((tries + 1))
    [ "$tries" -lt 60 ] || { echo "gave up: $*" >&2; return 1; }
    sleep 1
  done
}

again temporal operator cluster health >/dev/null
if ! temporal operator namespace describe >/dev/null 2>&1; then
  temporal operator namespace create --namespace "$TEMPORAL_NAMESPACE" --retention "$RETENTION"
fi
again temporal operator search-attribute list >/dev/null

known=$(temporal operator search-attribute list)
for attribute in $attributes; do
  name=${attribute%%=*}
  if ! printf '%s\n' "$known" | grep -Eq "^ *$name "; then
    temporal operator search-attribute create --name "$name" --type "${attribute##*=}"
  fi
done

# A workflow that nobody works for and that ends at once: it is taken only when all of the above is in use.
probe() {
  set --
  for attribute in $attributes; do
    case ${attribute##*=} in
      Int) value=0 ;;
      *) value='"probe"' ;;
    esac
    set -- "$@" --search-attribute "${attribute%%=*}=$value"
  done
  temporal workflow start --type Probe --task-queue set-up --workflow-id set-up-probe --execution-timeout 1s \
    --id-conflict-policy UseExisting "$@" >/dev/null
}
again probe
echo "namespace $TEMPORAL_NAMESPACE is ready"
