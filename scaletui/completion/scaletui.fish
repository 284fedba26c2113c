# Completion of scaletui for fish, made by `scaletui completion fish`; make it again after an upgrade.

# -- tables --

# The user's own files of a kind, in the folder where they lie now: the folder, their ending, letters of a name, a word.
function __scaletui_own
    set -l folder $HOME/.local/share
    string match -q '/*' -- "$XDG_DATA_HOME"; and set folder $XDG_DATA_HOME
    for file in $folder/scaletui/$argv[1]/*.$argv[2]
        set -l name (string replace -r "^.*/([^/]*)\.$argv[2]\$" '$1' -- $file)
        string match -qr "^[A-Za-z0-9][$argv[3]]*\$" -- $name; and printf '%s\t%s\n' $name $argv[4]
    end
end

# The words of a list, with what was already typed of the word before each.
function __scaletui_from
    set -l list $argv[1]
    set -l before $argv[2]
    set -l typed $argv[3]
    switch $list
        case laws models
            string match -q '*,*' -- $typed; and set before $before(string replace -r '[^,]*$' '' -- $typed)
        case hardware
            set -l count (string match -r '^[0-9][0-9._]*[kKMB]?[xX]' -- $typed); and set before $before$count
    end
    begin
        __scaletui_words $list
        contains -- $list scenarios own; and __scaletui_own scenarios toml A-Za-z0-9_- 'your own'
        contains -- $list results kept; and __scaletui_own bench json A-Za-z0-9._- measured
    end | string replace -r '^' -- (string replace -ar '([\\\\$])' '\\\\$1' -- $before)
end

function __scaletui_complete
    set -l command ''
    set -l open ''
    set -l arguments 0
    # What stands before the cursor: which command, which argument of it, and whose value is still open.
    for word in (commandline -opc)[2..]
        if test -n "$open"
            set open ''
        else if string match -q -- '-*' $word
            string match -q -- '*=*' $word; or set open (__scaletui_value "$command $word")
        else if contains -- $word (__scaletui_commands "$command" | string replace -r '\t.*' '')
            set command (string trim -- "$command $word")
        else
            set arguments (math $arguments + 1)
        end
    end
    set -l typed (commandline -ct | string replace -r '^["\']' '')
    set -l before ''
    if test -z "$open"; and string match -q -- '--*=*' "$typed"
        set before (string replace -r '=.*' '=' -- $typed)
        set open (__scaletui_value "$command "(string trim -rc = -- $before))
        set typed (string replace -r '^[^=]*=' '' -- $typed)
    end
    if test "$open" = set; and string match -q -- '*=*' "$typed"
        set -l name (string replace -r '=.*' '' -- $typed)
        set before "$before$name="
        set open (__scaletui_value "= $name")
        set typed (string replace -r '^[^=]*=' '' -- $typed)
    end
    if test -n "$open$before"
        __scaletui_from "$open" "$before" "$typed"
    else if string match -q -- '-*' "$typed"
        __scaletui_options "$command"
    else
        set -l commands (__scaletui_commands "$command")
        set -l list (__scaletui_value "$command "(math $arguments + 1)) (__scaletui_value "$command @")
        if set -q commands[1]
            printf '%s\n' $commands
        else if set -q list[1]
            __scaletui_from "$list[1]" '' "$typed"
        else if test -z "$typed"
            __scaletui_options "$command"
        end
    end
end

complete -c scaletui -e
complete -c scaletui -f -a '(__scaletui_complete)'
