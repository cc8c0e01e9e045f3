# bash completion for kafka-connect-fakebroker. Written from the program's table of commands (CONTRIBUTING.md): not to be
# changed by hand.
_kafka_connect_fakebroker() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} path= options= words= kind= word
    # `--option=value` comes as three words.
    if [[ $current == "=" ]]; then
        current=
    elif [[ $previous == "=" && $COMP_CWORD -gt 1 ]]; then
        previous=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    case $path:$previous in
        :--port | :-p) kind= ;;
        :--address) kind= ;;
        :--partitions) kind= ;;
        :--retention) kind= ;;
        :--max-partitions) kind= ;;
        :--max-connections) kind= ;;
        :--max-request) kind= ;;
        :--fault) kind= ;;
        *)
            case $path in
            '') options='--address --fault --help --max-connections --max-partitions --max-request --no-auto-create --partitions --port --retention --verbose -h -p -v' kind= ;;
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
    complete -F _kafka_connect_fakebroker kafka-connect-fakebroker
