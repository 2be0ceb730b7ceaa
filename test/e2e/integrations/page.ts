/** Reads blocks of code from the pages of docs/integrations, with this run's addresses in place of the page's. */

import { readFileSync } from "node:fs";
import { stack } from "../service.ts";

/** The blocks of one language, in order. @param kind the words after the fence, e.g. `yaml` */
export function blocksOf(page: string, kind: string): readonly string[] {
  const text = readFileSync(new URL(`../../../docs/integrations/${page}`, import.meta.url), "utf8");
  return [...text.matchAll(/^```([^\n]*)\n(.*?)^```$/gms)].flatMap(([, words, block = ""]) =>
    words === kind ? [toOwn(block)] : [],
  );
}

function toOwn(text: string): string {
  return text.replaceAll("https://secret.example", stack.api).replaceAll("https://issuer.example", stack.issuer);
}
