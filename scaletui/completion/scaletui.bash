# Completion of scaletui for bash, made by `scaletui completion bash`; make it again after an upgrade.

# -- tables --

# The user's own files of a kind, in the folder where they lie now: the folder, their ending, what no name may hold.
__scaletui_own() {
    local folder=${XDG_DATA_HOME-} file name failglob=
    [[ $folder == /* ]] || folder=${HOME-}/.local/share
    shopt -q failglob && failglob=yes && shopt -u failglob
    for file in "$folder"/scaletui/$1/*$2; do
        name=${file##*/} name=${name%$2}
        [[ $name == [A-Za-z0-9]* && $name != *$3* && " ${words[*]-} " != *" $name "* ]] && words+=("$name")
    done
    [[ -z $failglob ]] || shopt -s failglob
}

_scaletui() {
    local command= list= open= before= word cur=${COMP_WORDS[COMP_CWORD]} raw quote= prefix= arguments=0 end=$COMP_CWORD i
    local -a words
    COMPREPLY=()
    [[ $cur != = ]] || cur= end=$((COMP_CWORD + 1))
    # What stands before the cursor: which command, which argument of it, and whose value is still open.
    for ((i = 1; i < end; i++)); do
        word=${COMP_WORDS[i]}
        if [[ $word == = ]]; then # bash takes --law=epoch-2024 and speed.k=5 apart
            [[ $open ]] || { __scaletui_value "= $before" && open=$list || open=-; }
        elif [[ $open ]]; then
            open= before=$word
        elif [[ $word == -* ]]; then
            __scaletui_value "$command ${word%%=*}" && [[ $word != *=* ]] && open=$list
        else
            __scaletui_commands "$command"
            if [[ " ${words[*]-} " == *" $word "* ]]; then
                command=${command:+$command }$word
            else
                ((++arguments))
            fi
        fi
    done
    case $cur in
    \"*) quote=\" raw=${cur:1} ;;
    \'*) quote=\' raw=${cur:1} ;;
    *) raw=$cur ;;
    esac
    [[ $quote == \' ]] || raw=${raw//\\/}
    # An equals sign is left in the word where COMP_WORDBREAKS has none.
    if [[ -z $open && $raw == --*=* ]] && __scaletui_value "$command ${raw%%=*}"; then
        open=$list prefix=${raw%%=*}= raw=${raw#*=}
    fi
    if [[ $open == set && $raw == *=* ]]; then
        prefix+=${raw%%=*}= open=-
        __scaletui_value "= ${raw%%=*}" && open=$list
        raw=${raw#*=}
    fi
    words=()
    if [[ $open ]]; then
        list=$open
    elif [[ $raw == -* ]]; then
        list= && __scaletui_options "$command"
    else
        list= && __scaletui_commands "$command"
        if ((${#words[@]} == 0)); then
            __scaletui_value "$command $((arguments + 1))" || __scaletui_value "$command @"
            [[ $list || $raw ]] || __scaletui_options "$command"
        fi
    fi
    [[ -z $list ]] || __scaletui_words "$list"
    case $list in
    scenarios | own) __scaletui_own scenarios .toml '[!A-Za-z0-9_-]' ;;
    results | kept) __scaletui_own bench .json '[!A-Za-z0-9._-]' ;;
    set) compopt -o nospace 2>/dev/null ;;
    laws | models) [[ $raw == *,* ]] && prefix+=${raw%,*}, raw=${raw##*,} ;;
    hardware)
        if [[ $raw =~ ^[0-9][0-9._]*[kKMB]?[xX] ]]; then
            prefix+=${BASH_REMATCH[0]} raw=${raw:${#BASH_REMATCH[0]}}
        fi
        ((BASH_VERSINFO[0] < 4)) || raw=${raw,,}
        ;;
    esac
    for word in ${words[@]+"${words[@]}"}; do
        [[ $word == "$raw"* ]] || continue
        word=$prefix$word
        case $quote in
        \") word=${word//\\/\\\\} word=${word//\"/\\\"} word=${word//\$/\\\$} word=${word//\`/\\\`} ;;
        \') word=${word//\'/\'\\\'\'} ;;
        *) [[ $word == *[!A-Za-z0-9._,=+-]* ]] && printf -v word %q "$word" ;;
        esac
        COMPREPLY+=("$word")
    done
}

complete -F _scaletui scaletui
