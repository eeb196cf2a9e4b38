# shellcheck shell=sh
# For test scripts, which source it: .npy files without Python. `{ prefix '(2, 3)'; floats 1 2 3 3 2 1; } >x.npy`

prefix() { # SHAPE [DESCR [FORTRAN]]
    printf '\223NUMPY\001\000\166\000%-117s\n' \
        "{'descr': '${2-<f4}', 'fortran_order': ${3-False}, 'shape': $1, }"
}

floats() { # of the integers 0 to 4, little-endian float32
    for value in "$@"; do
        case $value in
        0) printf '\000\000\000\000' ;;
        1) printf '\000\000\200\077' ;;
        2) printf '\000\000\000\100' ;;
        3) printf '\000\000\100\100' ;;
        4) printf '\000\000\200\100' ;;
        esac
    done
}

# The values of a .npy file written by clnorm, rounded.
values() { # FILE
    tail -c +129 "$1" | od -An -v -tf4 | tr -s ' ' '\n' | grep . | while read -r value; do
        printf '%.4f ' "$value"
    done
}
