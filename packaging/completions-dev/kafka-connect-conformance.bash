# bash completion for kafka-connect-conformance. Written from the program's table of commands (CONTRIBUTING.md): not to be
# changed by hand.
_kafka_connect_conformance() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} path= options= words= kind= word
    # `--option=value` comes as three words.
    if [[ $current == "=" ]]; then
        current=
    elif [[ $previous == "=" && $COMP_CWORD -gt 1 ]]; then
        previous=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    case $path:$previous in
        :--class) kind= ;;
        :--config) kind=f ;;
        :--seconds) kind= ;;
        :--limit) kind= ;;
        :--only) kind= ;;
        *)
            case $path in
            '') options='--class --config --help --json --limit --only --seconds -h' kind=f ;;
            esac
            ;;
    esac
    if [[ $current == -* && -n $options ]]; then
        words=$options kind=
    fi
    if [[ -n $kind ]]; then
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -"$kind" -- "$current")
    else
        mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
    fi
} &&
    complete -F _kafka_connect_conformance kafka-connect-conformance
