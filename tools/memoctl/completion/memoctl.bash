# bash completion for memoctl. Installed as share/bash-completion/completions/memoctl.

_memoctl_commands="info spaces ls show dump check stat top pin unpin rm evict quota drop compact create backup restore"

# The flags of a subcommand.
_memoctl_flags() {
  case $1 in
    ls) echo "--help --json --space --layer --key --pinned --min-hits --sort --limit" ;;
    show | pin | unpin | rm) echo "--help --json --space --layer" ;;
    dump) echo "--help --json --space --layer --output --head" ;;
    check) echo "--help --json --repair" ;;
    stat) echo "--help --json --watch" ;;
    top) echo "--help --json --memos" ;;
    evict) echo "--help --json --space --memos" ;;
    quota | drop) echo "--help --json --space" ;;
    create | restore) echo "--help --json --size" ;;
    info | spaces | compact | backup) echo "--help --json" ;;
  esac
}

_memoctl() {
  local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} command=${COMP_WORDS[1]}
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    mapfile -t COMPREPLY < <(compgen -W "$_memoctl_commands --help --version" -- "$word")
    return
  fi
  case $previous in
    --sort) mapfile -t COMPREPLY < <(compgen -W "age hits size usage" -- "$word"); return ;;
    --size) mapfile -t COMPREPLY < <(compgen -W "1GiB 4GiB 16GiB 64GiB" -- "$word"); return ;;
    --space | --layer | --key | --min-hits | --limit | --memos | --head) return ;;
  esac
  if [[ $word == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$(_memoctl_flags "$command")" -- "$word")
    return
  fi
  # An endpoint or a file. The colon of unix: and file: begins a new word, so what follows it is completed as a path.
  compopt -o filenames 2>/dev/null
  mapfile -t COMPREPLY < <(compgen -f -- "${word#:}")
}

complete -F _memoctl memoctl
