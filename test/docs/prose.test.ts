/** Mechanical checks of the pages' language: the length of sentences, and repeated words. */

import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { marked, type Token } from "marked";
import { describe, expect, it } from "vitest";

const project = join(import.meta.dirname, "../..");
const generated = ["**/node_modules/**", "**/dist/**", ".*/**", "coverage/**"];
const pages = globSync("**/*.md", { cwd: project, exclude: generated });

const longestSentence = 30;

const blocks: ReadonlySet<string> = new Set(["paragraph", "text", "heading"]);

/** The text of each paragraph, heading, item of a list and cell of a table. Code counts as one word. */
function textsOf(markdown: string): readonly string[] {
  const texts: string[] = [];
  void marked.walkTokens(marked.lexer(markdown), (token) => {
    if (token.type === "table") {
      const cells = [token["header"], ...token["rows"]].flat() as { readonly tokens: readonly Token[] }[];
      texts.push(...cells.map((cell) => wordsOf(cell.tokens)));
    } else if (blocks.has(token.type)) texts.push(wordsOf(childrenOf(token)));
  });
  return texts;
}

function wordsOf(tokens: readonly Token[]): string {
  return tokens
    .map((token) => {
      if (token.type === "codespan") return "code";
      const children = childrenOf(token);
      return children.length === 0 ? token.raw : wordsOf(children);
    })
    .join("");
}

function childrenOf(token: Token): readonly Token[] {
  return ("tokens" in token ? token.tokens : undefined) ?? [];
}

function longSentences(text: string): readonly string[] {
  const sentences = text.split(/(?<=[.!?:;][)"*]*)\s+/);
  return sentences.filter((sentence) => sentence.split(/\s+/).length > longestSentence);
}

function doubledWords(text: string): readonly string[] {
  return [...text.matchAll(/\b(\p{L}+)\s+\1\b/giu)].map(([both]) => both).filter((both) => !/^code /.test(both));
}

describe("the pages", () => {
  it.each(pages)("%s has sentences that can be read once, and no word twice", (page) => {
    const texts = textsOf(readFileSync(join(project, page), "utf8"));

    expect(texts.flatMap((text) => [...longSentences(text), ...doubledWords(text)])).toEqual([]);
  });
});

it("a long sentence and a doubled word are noticed, wherever they stand", () => {
  const long = `${"word and ".repeat(18)}more.`;
  const page = `# The the\n\nShort. ${long}\n\n- an item\n  - ${long}\n\n| a |\n|---|\n| is is |\n\n\`\`\`sh\n${long}\n\`\`\`\n`;

  const texts = textsOf(page);

  expect(texts.flatMap(longSentences)).toEqual([long, long]);
  expect(texts.flatMap(doubledWords)).toEqual(["The the", "is is"]);
});
