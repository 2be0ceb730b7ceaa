/** What there is to complete, read from the tree of commands. */

import type { Command, Option } from "commander";
import { builtInProviders } from "../../lib/secret/provider.ts";
import { fieldNames, shortNames } from "../filter/fields.ts";

/** How an option's value is completed. */
export type Values =
  | { readonly kind: "none" }
  | { readonly kind: "file" }
  | { readonly kind: "profile" }
  | { readonly kind: "words"; readonly words: readonly string[] };

export interface OptionWords {
  readonly flags: readonly string[];
  readonly help: string;
  /** `undefined` where it takes no value. */
  readonly values: Values | undefined;
}

export interface CommandWords {
  readonly name: string;
  readonly help: string;
  readonly options: readonly OptionWords[];
  /** What its operands may begin with. */
  readonly operands: readonly string[];
}

const keys = [...new Set([...fieldNames, ...shortNames])].sort();

const valuesByOption: { readonly [flag: string]: Values } = {
  "--profile": { kind: "profile" },
  "--data-file": { kind: "file" },
  "--query": { kind: "file" },
  "--sort": { kind: "words", words: [...keys, ...keys.map((key) => `-${key}`)] },
  "--only": { kind: "words", words: keys },
  "--by": { kind: "words", words: keys },
  "--type": { kind: "words", words: ["CREDENTIALS"] },
  "--schema": { kind: "words", words: Object.keys(builtInProviders) },
};

export function toWords(program: Command): readonly CommandWords[] {
  return program.commands.map((command) => ({
    name: command.name(),
    help: command.summary(),
    options: command.createHelp().visibleOptions(command).map(toOptionWords),
    operands: operandsOf(command),
  }));
}

function toOptionWords({ long, short, required, description }: Option): OptionWords {
  const flags = [long, short].filter((flag) => flag !== undefined && flag !== null);
  const values = required ? (valuesByOption[long ?? ""] ?? { kind: "none" }) : undefined;
  return { flags, help: description, values };
}

/** Filters begin with a field; an argument may have choices; other operands are not known here. */
function operandsOf({ registeredArguments: [argument] }: Command): readonly string[] {
  if (argument?.name() === "filter") return keys.map((key) => (key === "tags" ? "tags." : `${key}=`));
  return argument?.argChoices ?? [];
}
