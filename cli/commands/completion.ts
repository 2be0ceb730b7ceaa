/** `secret completion`. */

import { Argument, type Command } from "commander";
import { toBashScript } from "../completion/bash.ts";
import { toWords } from "../completion/words.ts";
import { toZshScript } from "../completion/zsh.ts";
import { print } from "../output/terminal.ts";

const shells = { bash: toBashScript, zsh: toZshScript } as const;

export function addCompletion(program: Command): Command {
  return program
    .command("completion")
    .summary("print a script that completes commands in a shell")
    .description("Print a script that lets a shell complete commands, options, fields and profiles.")
    .addArgument(new Argument("<shell>", "your shell").choices(Object.keys(shells)))
    .addHelpText("after", "\nExample, for ~/.bashrc:\n  source <(secret completion bash)")
    .action((shell: keyof typeof shells) => print(shells[shell](toWords(program))));
}
