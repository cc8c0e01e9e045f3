# bash completion for kafka-connect. Written from the program's table of commands (CONTRIBUTING.md): not to be
# changed by hand.
_kafka_connect() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} path= options= words= kind= word
    # `--option=value` comes as three words.
    if [[ $current == "=" ]]; then
        current=
    elif [[ $previous == "=" && $COMP_CWORD -gt 1 ]]; then
        previous=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    case ${1##*/} in
        connect-distributed) path=/distributed ;;
        connect-standalone) path=/standalone ;;
    esac
    for word in "${COMP_WORDS[@]:1:COMP_CWORD - 1}"; do
        case $path/$word in
            /standalone | /distributed | /run | /plugins | /validate | /version | /help) path+=/$word ;;
        esac
    done
    case $path:$previous in
        /plugins:--plugin-path) kind=d ;;
        *)
            case $path in
            '') options='--help --version -h' words='standalone distributed run plugins validate version help' ;;
            /help) words='standalone distributed run plugins validate version' ;;
            /standalone) options='--help -h' kind=f ;;
            /distributed) options='--help -h' kind=f ;;
            /run) options='--help -h' kind=f ;;
            /plugins) options='--help --plugin-path -h' kind=f ;;
            /validate) options='--help -h' kind=f ;;
            /version) options='--help -h' kind= ;;
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
    complete -F _kafka_connect kafka-connect connect-distributed connect-standalone
