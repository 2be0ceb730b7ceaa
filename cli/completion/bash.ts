/** The completion script for bash (3.2 and newer, which macOS has). */

import type { CommandWords, OptionWords, Values } from "./words.ts";

export function toBashScript(commands: readonly CommandWords[]): string {
  const names = commands.map(({ name }) => name);
  return `# bash completion of secret; load it with: source <(secret completion bash)
_secret() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} command='' word i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    case $word in
      --) return 0 ;;
      ${names.join("|")}) command=$word; break ;;
    esac
  done
  for ((; i < COMP_CWORD; i++)); do
    [[ \${COMP_WORDS[i]} == -- ]] && { COMPREPLY=($(compgen -c -- "$cur")); return 0; }
  done
  [[ $cur == = || $prev == = ]] && return 0
  case "$command $prev" in
${commands.flatMap(toValueCases).join("\n")}
  esac
  case $command in
    '') COMPREPLY=($(compgen -W '${names.join(" ")} --help --version' -- "$cur")) ;;
${commands.map(toCommandCase).join("\n")}
  esac
  case \${COMPREPLY[0]-} in *[=.]) compopt -o nospace 2>/dev/null ;; esac
  return 0
}
complete -F _secret secret
`;
}

function toValueCases({ name, options }: CommandWords): readonly string[] {
  return options.flatMap(({ flags, values }) =>
    values === undefined
      ? []
      : [`    ${flags.map((flag) => `'${name} ${flag}'`).join("|")}) ${toReply(values)}; return 0 ;;`],
  );
}

function toReply(values: Values): string {
  switch (values.kind) {
    case "none":
      return ":";
    case "file":
      return "compopt -o filenames 2>/dev/null; local IFS=$'\\n'; COMPREPLY=($(compgen -f -- \"$cur\"))";
    case "profile":
      return 'COMPREPLY=($(compgen -W "$(secret profiles --names 2>/dev/null)" -- "$cur"))';
    case "words":
      return `COMPREPLY=($(compgen -W '${values.words.join(" ")}' -- "$cur"))`;
  }
}

/** Options where a dash is typed, else operands. */
function toCommandCase({ name, options, operands }: CommandWords): string {
  const flags = options.flatMap((option: OptionWords) => option.flags).join(" ");
  const words = operands.length > 0 ? operands.join(" ") : flags;
  return `    ${name}) if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W '${flags}' -- "$cur")); else COMPREPLY=($(compgen -W '${words}' -- "$cur")); fi ;;`;
}
