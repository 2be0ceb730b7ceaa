/** Links in Markdown lead to existing files and headings of the project. Links to other sites are not checked. */

import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import GithubSlugger from "github-slugger";
import { marked } from "marked";
import { describe, expect, it } from "vitest";

const project = join(import.meta.dirname, "../..");
const generated = ["**/node_modules/**", "**/dist/**", ".*/**", "coverage/**"];
const pages = globSync("**/*.md", { cwd: project, exclude: generated });
const sources = globSync(["{cli,client,handlers,lib,tools}/**/*.{ts,mjs}", "*.{yml,json}"], {
  cwd: project,
  exclude: generated,
});

/** The links of each page. */
const anchors = new Map(pages.map((page) => [page, anchorsOf(page)]));

interface Link {
  readonly page: string;
  readonly href: string;
}

function isInternal({ href }: Link): boolean {
  return !/^[a-z]+:/.test(href);
}

function linksOf(page: string): readonly Link[] {
  const links: Link[] = [];
  void marked.walkTokens(marked.lexer(read(page)), (token) => {
    if (token.type === "link" || token.type === "image") links.push({ page, href: String(token["href"]) });
  });
  return links;
}

/** The anchors that GitHub makes for a page's headings. */
function anchorsOf(page: string): ReadonlySet<string> {
  const slugger = new GithubSlugger();
  const slugs = new Set<string>();
  void marked.walkTokens(marked.lexer(read(page)), (token) => {
    if (token.type === "heading") slugs.add(slugger.slug(String(token["text"])));
  });
  return slugs;
}

function read(file: string): string {
  return readFileSync(join(project, file), "utf8");
}

function leadsSomewhere({ page, href }: Link): boolean {
  const [path = "", anchor] = href.split("#");
  const target = path === "" ? page : join(page, "..", path);
  if (!existsSync(join(project, target))) return false;
  return anchor === undefined || anchors.get(target)?.has(anchor) === true;
}

/** A page that code names in a message or a comment, from the root of the project. */
function mentionsIn(source: string): readonly Link[] {
  const mentions = read(source).matchAll(/(?<![\w/.-])(?:docs\/[\w/-]+|CONTRIBUTING|README)\.md(?:#[\w-]+)?/g);
  return [...mentions].map(([href]) => ({ page: "README.md", href }));
}

describe("the pages", () => {
  it("are found", () => {
    expect(pages).toEqual(expect.arrayContaining(["README.md", "docs/operations.md", "tools/bench/README.md"]));
  });

  it.each(pages)("%s links only to existing files and headings", (page) => {
    expect(linksOf(page).filter((link) => isInternal(link) && !leadsSomewhere(link))).toEqual([]);
  });
});

describe("the sources", () => {
  it("name only existing pages and headings", () => {
    const mentions = sources.flatMap((source) => mentionsIn(source).map((link) => ({ source, ...link })));

    expect(mentions.length).toBeGreaterThan(10);
    expect(mentions.filter((link) => !leadsSomewhere(link))).toEqual([]);
  });
});

it("a link to a missing file or heading is noticed", () => {
  const page = "docs/README.md";

  expect(leadsSomewhere({ page, href: "operations.md#restore" })).toBe(true);
  expect(leadsSomewhere({ page, href: "operations.md#resto" })).toBe(false);
  expect(leadsSomewhere({ page, href: "operation.md" })).toBe(false);
  expect(leadsSomewhere({ page, href: "#restore" })).toBe(false);
});
