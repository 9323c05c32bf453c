# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# Completion of pinfold's command line: for bash, and through it for zsh and
# fish (_pinfold, pinfold.fish). Nothing is listed here that the command itself
# can tell: it is asked.

# _pinfold_values COMMAND OPTION: what it may be given; nothing: a file, or
# what nobody can list.
_pinfold_values() {
    local versions
    case $2 in
    --break) "$1" replay --break=list 2>&1 | sed -n 's/^  \([a-z0-9-]*\)  *without.*/\1/p' ;;
    --rule) "$1" rules | sed 's/ .*//' ;;
    --answer) "$1" rules | sed -n 's/^[^ ]*  *\(E[A-Z0-9]*\) .*/-\1/p' | sort -u ;;
    --on) printf '%s\n' model xen ;;
    --format) printf '%s\n' dot html text ;;
    --xen)
        versions=$(eval echo "$("$1" replay --xen=none . 2>&1 |
            sed -n 's/.*from \(4\.\)\([0-9]*\) to 4\.\([0-9]*\).*/\1{\2..\3}{,-debug}/p')")
        # shellcheck disable=SC2086
        printf '%s\n' $versions
        ;;
    esac
}

_pinfold_commands() { "$1" --help | sed -n 's/^  \([a-z]*\)  *[a-z].*/\1/p'; }

# Those that take a value end in "=".
_pinfold_options() {
    "$1" "$2" --help | sed -n 's/^ \{2,6\}\(-., \)\{0,1\}\(--[a-z-]*=\{0,1\}\).*/\2/p' | sort -u
}

_pinfold() {
    local self=${COMP_WORDS[0]} word=${COMP_WORDS[COMP_CWORD]} option='' list
    COMPREPLY=()
    # The shell splits --break=NAME into three words.
    if [ "$word" = = ]; then
        option=${COMP_WORDS[COMP_CWORD - 1]} word=''
    elif [ "$COMP_CWORD" -gt 1 ] && [ "${COMP_WORDS[COMP_CWORD - 1]}" = = ]; then
        option=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    if [ "$COMP_CWORD" -eq 1 ]; then
        list="$(_pinfold_commands "$self") help --help --version"
    elif [ -n "$option" ]; then
        list=$(_pinfold_values "$self" "$option")
    elif [ "${COMP_WORDS[1]}" = help ]; then
        list=$(_pinfold_commands "$self")
    elif [ "${word#-}" != "$word" ]; then
        list=$(_pinfold_options "$self" "${COMP_WORDS[1]}")
    else
        return 0 # a file
    fi
    # shellcheck disable=SC2207
    COMPREPLY=($(compgen -W "$list" -- "$word"))
    if [ ${#COMPREPLY[@]} -eq 1 ] && [ "${COMPREPLY[0]%=}" != "${COMPREPLY[0]}" ]; then
        compopt -o nospace 2>/dev/null
    fi
    return 0
}

# pinfold.bash SELF WORD...: prints how the last of them may go on, for other
# shells, which keep --break=NAME together.
if [ "${BASH_SOURCE[0]}" = "$0" ]; then
    COMP_WORDS=("$@")
    word=${COMP_WORDS[-1]} before=''
    case $word in
    --*=*)
        before=${word%%=*}=
        unset 'COMP_WORDS[-1]'
        COMP_WORDS+=("${word%%=*}" "=" "${word#*=}")
        ;;
    esac
    COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
    _pinfold
    [ ${#COMPREPLY[@]} -eq 0 ] || printf '%s\n' "${COMPREPLY[@]/#/$before}"
else
    complete -o default -F _pinfold pinfold
fi
