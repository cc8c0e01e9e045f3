# What zsh offers behind a line: a shell at a terminal of its own completes it, and notes what it adds.
#
#   zsh -f offered.zsh FOLDER-OF-COMPLETIONS FOLDER LINE
zmodload zsh/zpty
notes=$(mktemp) setup=$(mktemp)
cat >$setup <<END
PROMPT= PS2=
fpath=(${(q)1} \$fpath)
autoload -U compinit && compinit -D -u
cd ${(q)2}
bindkey '^I' complete-word
compadd() {
    # With these it fills arrays for the completion's own use.
    if [[ \${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]]; then
        builtin compadd "\$@"
        return
    fi
    typeset -a offered
    builtin compadd -A offered "\$@"
    (( \$#offered )) && print -rl -- "> "\$^offered >>$notes
    builtin compadd "\$@"
}
finish() { compstate[insert]= compstate[list]=; print finished >>$notes }
comppostfuncs=(finish)
print ready >>$notes
END
noted() { # waits until it is; ten seconds at most
    local -i turns
    until grep -qx $1 $notes; do
        (( turns++ < 200 )) || { print -u2 "$1: never came"; rm -f $notes $setup; exit 1 }
        zpty -r -t shell rest
        sleep 0.05
    done
}
zpty shell 'zsh -f -i'
zpty -w shell "source $setup"
noted ready
zpty -w -n shell "$3"$'\t'
noted finished
zpty -d shell
sed -n 's/^> //p' $notes | sort -u
rm -f $notes $setup
