/** The completion script for zsh. */

import type { CommandWords, OptionWords, Values } from "./words.ts";

export function toZshScript(commands: readonly CommandWords[]): string {
  return `#compdef secret
# zsh completion of secret; load it with: source <(secret completion zsh)
_secret_profiles() { compadd -- \${(f)"$(secret profiles --names 2>/dev/null)"} }
_secret() {
  local -a commands=(
${commands.map(({ name, help }) => `    ${quote(`${escapeColons(name)}:${help}`)}`).join("\n")}
  )
  local context state line
  typeset -A opt_args
  _arguments -C '--help[show help]' '--version[show the version]' '1: :->command' '*:: :->operands'
  case $state in
    command) _describe command commands ;;
    operands)
      case $words[1] in
${commands.map(toCommandCase).join("\n")}
      esac ;;
  esac
}
compdef _secret secret
`;
}

function toCommandCase({ name, options, operands }: CommandWords): string {
  const rest = operands.length > 0 ? `*: :(${operands.join(" ")})` : "*: :_default";
  const specs = [...options.flatMap(toSpecs), rest].map(quote).join(" ");
  return `        ${name}) _arguments ${specs} ;;`;
}

function toSpecs({ flags, help, values }: OptionWords): readonly string[] {
  const text = help.replace(/[[\]\\:]/g, "\\$&");
  return flags.map((flag) => `*${flag}[${text}]${values === undefined ? "" : `: :${toAction(values)}`}`);
}

function toAction(values: Values): string {
  switch (values.kind) {
    case "none":
      return "";
    case "file":
      return "_files";
    case "profile":
      return "_secret_profiles";
    case "words":
      return `(${values.words.join(" ")})`;
  }
}

function escapeColons(text: string): string {
  return text.replaceAll(":", "\\:");
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
