# shellcheck shell=sh
# For test scripts, which source it: a line a check, as count.py reads them, and how many failed. A script that can check
# nothing at all says why and ends with 77.
failures=0
count=0

report() { # DESCRIPTION PROBLEM
    count=$((count + 1))
    if [ -z "$2" ]; then
        echo "ok $count - $1"
    else
        echo "not ok $count - $1: $2"
        failures=$((failures + 1))
    fi
}

# Standard input without what Intel's runtime says of a processor that it does not know.
without_warnings() {
    grep -v '^SYCL CPU RT Warning: Unknown host CPU' || true
}

skip() { # DESCRIPTION REASON
    echo "skip $1: $2"
}
