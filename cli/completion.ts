/** `secret completion`: scripts for bash and zsh, generated from the tree of commands. */

import { Argument, type Command, type Option } from "commander";
import { builtInProviders } from "../lib/secret/secret.ts";
import { fieldNames, shortNames } from "./filter.ts";
import type { Io } from "./io.ts";

/** How an option's value is completed. */
type Values =
  | { readonly kind: "none" }
  | { readonly kind: "file" }
  | { readonly kind: "profile" }
  | { readonly kind: "words"; readonly words: readonly string[] };

interface OptionWords {
  readonly flags: readonly string[];
  readonly help: string;
  /** `undefined` if the option takes no value. */
  readonly values: Values | undefined;
}

interface CommandWords {
  readonly name: string;
  readonly help: string;
  readonly options: readonly OptionWords[];
  /** Words that its operands may begin with. */
  readonly operands: readonly string[];
  /** Whether operands may also be files. */
  readonly takesFiles: boolean;
}

const shells = { bash: toBashScript, zsh: toZshScript } as const;

const keys = [...new Set([...fieldNames, ...shortNames])].sort();

/** Options that may also stand before the command. */
const commonFlags: ReadonlySet<string> = new Set(["--profile", "--domain", "--json"]);

/** Names of the arguments that are files. */
const fileArguments: ReadonlySet<string> = new Set(["file", "from"]);

const valuesByOption: { readonly [flag: string]: Values } = {
  "--profile": { kind: "profile" },
  "--kms-profile": { kind: "profile" },
  "--data-file": { kind: "file" },
  "--query": { kind: "file" },
  "--sort": { kind: "words", words: [...keys, ...keys.map((key) => `-${key}`)] },
  "--only": { kind: "words", words: keys },
  "--by": { kind: "words", words: keys },
  "--type": { kind: "words", words: ["CREDENTIALS"] },
  "--schema": { kind: "words", words: Object.keys(builtInProviders) },
};

export function addCompletion(program: Command, io: Io): Command {
  return program
    .command("completion")
    .summary("print a script for completion in your shell")
    .description("Print a script that lets a shell complete commands, options, fields and profiles.")
    .addArgument(new Argument("<shell>", "your shell").choices(Object.keys(shells)))
    .addHelpText("after", "\nExample, for ~/.bashrc:\n  source <(secret completion bash)")
    .action((shell: keyof typeof shells) => io.stdout.write(shells[shell](toWords(program))));
}

function toWords(program: Command): readonly CommandWords[] {
  return program.commands.map((command) => ({
    name: command.name(),
    help: command.summary(),
    options: command.createHelp().visibleOptions(command).map(toOptionWords),
    operands: operandsOf(command),
    takesFiles: command.registeredArguments.some((argument) => fileArguments.has(argument.name())),
  }));
}

function toOptionWords({ long, short, required, description, argChoices }: Option): OptionWords {
  const flags = [long, short].filter((flag) => flag !== undefined && flag !== null);
  const known: Values = argChoices
    ? { kind: "words", words: argChoices }
    : (valuesByOption[long ?? ""] ?? { kind: "none" });
  return { flags, help: description, values: required ? known : undefined };
}

/** Filters begin with a field, and an argument may have choices. Other operands, such as ids, are not known here. */
function operandsOf({ registeredArguments: known }: Command): readonly string[] {
  const [argument] = known;
  if (known.some((one) => one.name() === "filter")) return keys.map((key) => (key === "tags" ? "tags." : `${key}=`));
  return argument?.argChoices ?? [];
}

function toBashScript(commands: readonly CommandWords[]): string {
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
${commands.map(toBashCase).join("\n")}
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

/** Completes options after a dash, and operands otherwise. */
function toBashCase({ name, options, operands, takesFiles }: CommandWords): string {
  const flags = options.flatMap((option: OptionWords) => option.flags).join(" ");
  const words = operands.length > 0 ? operands.join(" ") : flags;
  const reply = takesFiles
    ? `compopt -o filenames 2>/dev/null; local IFS=$'\\n'; COMPREPLY=($(compgen -W '${words.replaceAll(" ", "\n")}' -- "$cur"; compgen -f -- "$cur"))`
    : `COMPREPLY=($(compgen -W '${words}' -- "$cur"))`;
  return `    ${name}) if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W '${flags}' -- "$cur")); else ${reply}; fi ;;`;
}

function toZshScript(commands: readonly CommandWords[]): string {
  const common = (commands[0]?.options ?? [])
    .filter(({ flags }) => commonFlags.has(flags[0] ?? ""))
    .flatMap(toSpecs)
    .map(quote)
    .join(" ");
  return `#compdef secret
# zsh completion of secret; load it with: source <(secret completion zsh)
_secret_profiles() { compadd -- \${(f)"$(secret profiles --names 2>/dev/null)"} }
# A filter's value follows at once.
_secret_filters() { compadd -S '' -- "$@" }
_secret() {
  # Not named commands: that is zsh's own, which it completes programs by.
  local -a methods=(
${commands.map(({ name, help }) => `    ${quote(`${escapeColons(name)}:${help}`)}`).join("\n")}
  )
  # What exec runs completes as it does by itself.
  local end=$words[(i)--]
  if (( end < CURRENT && $words[(i)exec] < end )); then
    shift $end words; (( CURRENT -= end )); _normal; return
  fi
  local context state line
  typeset -A opt_args
  _arguments -C ${common} '--help[show help]' '--version[show the version]' '1: :->command' '*:: :->operands'
  case $state in
    command) _describe command methods ;;
    operands)
      case $words[1] in
${commands.map(toZshCase).join("\n")}
      esac ;;
  esac
}
compdef _secret secret
`;
}

function toZshCase({ name, options, operands, takesFiles }: CommandWords): string {
  const isFilter = operands.some((operand) => operand.endsWith("="));
  const words = isFilter ? `_secret_filters ${operands.join(" ")}` : `(${operands.join(" ")})`;
  const rest = `*: :${operands.length > 0 ? words : "_default"}`;
  // The first operand is a word for import and a file for export; the others are files and filters.
  const first = takesFiles ? (isFilter ? ["1: :_files"] : [`1: :${words}`, "2: :_files"]) : [];
  const specs = [...options.flatMap(toSpecs), ...first, rest].map(quote).join(" ");
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
