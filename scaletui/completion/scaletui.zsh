#compdef scaletui
# Completion of scaletui for zsh, made by `scaletui completion zsh`; make it again after an upgrade.

# -- tables --

_scaletui() {
    emulate -L zsh -o extended_glob
    local command= list= open= word option arguments=0 i
    local -a found own more
    # What stands before the cursor: which command, which argument of it, and whose value is still open.
    for ((i = 2; i < CURRENT; i++)); do
        word=${(Q)words[i]}
        if [[ -n $open ]]; then
            open=
        elif [[ $word == -* ]]; then
            __scaletui_value "$command ${word%%=*}" && [[ $word != *=* ]] && open=$list
        else
            __scaletui_commands "$command"
            if [[ -n ${found[(r)${(b)word}:*]} ]]; then
                command=${command:+$command }$word
            else
                (( ++arguments ))
            fi
        fi
    done
    list=
    if [[ -z $open && $PREFIX == --*=* ]]; then
        option=${PREFIX%%=*}
        __scaletui_value "$command $option" && open=$list && compset -P 1 '*='
    fi
    if [[ $open == set && $PREFIX == *=* ]]; then
        option=${PREFIX%%=*}
        compset -P 1 '*='
        __scaletui_value "= $option" && open=$list || open=-
    fi
    if [[ -n $open ]]; then
        list=$open
    elif [[ $PREFIX == -* ]]; then
        __scaletui_options "$command"
        _describe option found
        return
    else
        list=
        __scaletui_commands "$command"
        if (( $#found )); then
            _describe command found
            return
        fi
        __scaletui_value "$command $((arguments + 1))" || __scaletui_value "$command @"
        if [[ -z $list && -z $PREFIX ]]; then
            __scaletui_options "$command"
            _describe option found
            return
        fi
    fi
    [[ -n $list ]] || return 1
    __scaletui_words "$list"
    case $list in
    scenarios | own) # the user's own lie in this folder now
        [[ ${XDG_DATA_HOME-} == /* ]] && own=($XDG_DATA_HOME) || own=($HOME/.local/share)
        for word in $own/scaletui/scenarios/[A-Za-z0-9][A-Za-z0-9_-]#.toml(N:t:r); do
            [[ -n ${found[(r)$word:*]} ]] || found+=("$word:your own")
        done
        ;;
    results | kept) # as do the results of measurements
        [[ ${XDG_DATA_HOME-} == /* ]] && own=($XDG_DATA_HOME) || own=($HOME/.local/share)
        for word in $own/scaletui/bench/[A-Za-z0-9][A-Za-z0-9._-]#.json(N:t:r); do
            found+=("$word:measured")
        done
        ;;
    set) more=(-S '') ;;
    laws | models) compset -P '*,' ;;
    hardware)
        compset -P '[0-9][0-9._]#[kKMB](#c0,1)[xX]'
        more=(-M 'm:{a-zA-Z}={A-Za-z}')
        ;;
    esac
    _describe "${list%%|*}" found $more
}

if [[ $funcstack[1] == _scaletui ]]; then
    _scaletui "$@"
else
    compdef _scaletui scaletui
fi
