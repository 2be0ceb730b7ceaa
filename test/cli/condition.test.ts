/** The filter syntax of the command line. The service accepts the conditions that it produces. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CliError, exitCodes } from "../../cli/failure.ts";
import { toCondition } from "../../cli/filter.ts";
import { toSort } from "../../cli/list.ts";
import { operators } from "../../lib/query/operators.ts";
import { parseList } from "../../lib/request/list.ts";

const filters: readonly [term: string, key: string, operator: string, value: unknown][] = [
  ["provider=aws", "provider", "eq", "aws"],
  ["provider!=aws", "provider", "not", "aws"],
  ["provider=aws,azure", "provider", "in", ["aws", "azure"]],
  ["provider!=aws,null", "provider", "not_in", ["aws", null]],
  ["name~prod", "name", "contain", "prod"],
  ["name~prod,test", "name", "contain_in", ["prod", "test"]],
  ["name!~prod", "name", "not_contain", "prod"],
  ["name!~prod,test", "name", "not_contain_in", ["prod", "test"]],
  ["name=~^a(b|c),{1,2}$", "name", "regex", "^a(b|c),{1,2}$"],
  ['name=~"a', "name", "regex", '"a'],
  ["name<m", "name", "lt", "m"],
  ["name=123", "name", "eq", "123"],
  ["name=true", "name", "eq", "true"],
  ["id=secret-000000000001", "secret_id", "eq", "secret-000000000001"],
  ["type=CREDENTIALS", "secret_type", "eq", "CREDENTIALS"],
  ["project=project-1", "project_id", "eq", "project-1"],
  ["account=sa-1", "service_account_id", "eq", "sa-1"],
  ["trusted=null", "trusted_secret_id", "eq", null],
  ["trusted_secret_id!=null", "trusted_secret_id", "not", null],
  ["schema=*", "schema", "not", null],
  ["schema!=*", "schema", "eq", null],
  ['schema="*"', "schema", "eq", "*"],
  ["version>=3", "version", "gte", 3],
  ["version=1,2", "version", "in", [1, 2]],
  ["created<now-90d", "created_at", "timediff_lt", "now-90d"],
  ["created>=now/d", "created_at", "timediff_gte", "now/d"],
  ["updated>2026-03", "updated_at", "datetime_gt", "2026-03"],
  ["created_at<=2026-03-01T09:30Z", "created_at", "datetime_lte", "2026-03-01T09:30Z"],
  ["expires<now+30d", "expires_at", "timediff_lt", "now+30d"],
  ["updated=null", "updated_at", "eq", null],
  ["tags.env=prod", "tags.env", "eq", "prod"],
  ["tags.env=*", "tags.env", "exists", true],
  ["tags.env!=*", "tags.env", "exists", false],
  ["tags.cost=100", "tags.cost", "in", [100, "100"]],
  ["tags.cost!=100", "tags.cost", "not_in", [100, "100"]],
  ['tags.cost="100"', "tags.cost", "eq", "100"],
  ["tags.cost<100", "tags.cost", "lt", 100],
  ['tags.cost<"100"', "tags.cost", "lt", "100"],
  ["tags.app\\.kubernetes\\.io/name=api", "tags.app\\.kubernetes\\.io/name", "eq", "api"],
  ["tags.vm=4829384729384729384", "tags.vm", "eq", "4829384729384729384"],
  ["tags.zip=007", "tags.zip", "eq", "007"],
  ["tags.ok=true", "tags.ok", "in", [true, "true"]],
  ["tags.a=null", "tags.a", "eq", null],
  ["tags.a b=c d", "tags.a b", "eq", "c d"],
  [" provider = aws", "provider", "eq", " aws"],
  ['name="null"', "name", "eq", "null"],
  ['name=""', "name", "eq", ""],
  ['name="a,b",c', "name", "in", ["a,b", "c"]],
  ['name="\\u00e9\\"\\n"', "name", "eq", 'é"\n'],
  ['name=5"', "name", "eq", '5"'],
  ["name=a=b", "name", "eq", "a=b"],
  ["name=a~b", "name", "eq", "a~b"],
  ["name=a\nb", "name", "eq", "a\nb"],
];

const mistakes: readonly [term: string, message: string][] = [
  ["prod", '"prod" is not a filter'],
  ["", '"" is not a filter'],
  ["=aws", '"=aws" is not a filter'],
  ["nane=x", 'there is no field "nane", did you mean "name"?'],
  ["tags.vm<4829384729384729384", "would be rounded"],
  ["__proto__=x", 'there is no field "__proto__"'],
  ["name.first=x", 'there is no field "name.first"'],
  ["tags.=x", 'there is no field "tags."'],
  ["tags..a=x", 'there is no field "tags..a"'],
  ["name=", "a value is missing"],
  ["name=a,", "a value is missing"],
  ["name=a,,b", "a value is missing"],
  ["name=,a", "a value is missing"],
  ['name="a', "a quote is not closed"],
  ['name="a"b', "something other than a comma follows it"],
  ['name="\\x"', "not a valid JSON string"],
  ['name="a\nb"', "not a valid JSON string"],
  ["name<a,b", "< takes one value"],
  ["version=three", '"three" is not a number'],
  ["version>0x10", '"0x10" is not a number'],
  ["version~1", "compares strings"],
  ["created<yesterday", '"yesterday" is not a date'],
  ["created<now-90y", '"now-90y" is not a date'],
  ["created<2026-02-30", '"2026-02-30" is not a date'],
  ["created=2026-03-01", "compare dates with < <= > or >="],
  ["created~2026", "compares strings"],
];

describe("a filter term", () => {
  it.each(filters)("%s", (term, key, operator, value) => {
    expect(toCondition(term)).toEqual({ key, operator, value });
  });

  it.each(filters)("%s is accepted by the service", (term) => {
    const request = { domain_id: "domain-1", query: { filter: [toCondition(term)] } };

    expect(() => parseList(request)).not.toThrow();
  });

  it.each(mistakes)("%s is refused by name", (term, message) => {
    const parse = () => toCondition(term);

    expect(parse).toThrow(CliError);
    expect(parse).toThrow(message);
    expect(parse).toThrow(term);
  });

  it("becomes a condition or an error, whatever is typed", () => {
    const part = fc.oneof(
      fc.constantFrom("name", "tags.a", "created", "version", "=", "!=", "~", "=~", "<", ",", '"', "\\", "*", "now-1d"),
      fc.string({ unit: "binary" }),
    );

    fc.assert(
      fc.property(fc.array(part), (parts) => {
        try {
          expect(toCondition(parts.join(""))).toMatchObject({
            operator: expect.toSatisfy((name) => name in operators),
          });
        } catch (error) {
          expect(error).toBeInstanceOf(CliError);
        }
      }),
    );
  });

  it.each([" ", '"', "a", ",", '"a",', "\\", "="])("is parsed in linear time: %s repeated", (piece) => {
    const long = piece.repeat(200_000);

    const outcomes = [`${long}=x`, `name=${long}`, `name="${long}`].map((term) => {
      try {
        return Object.values(toCondition(term)).length > 0;
      } catch (error) {
        return error instanceof CliError;
      }
    });

    expect(outcomes).toHaveLength(3);
  });
});

describe("docs/cli.md", () => {
  const text = readFileSync(join(import.meta.dirname, "../../docs/cli.md"), "utf8");
  const rows = [...text.matchAll(/^\| `(.+)` \| `(\{"key".+\})` \|$/gm)];
  const toText = (cell = "") => cell.replaceAll("\\|", "|");
  const documented = rows.map(([, term, json]) => [toText(term), JSON.parse(toText(json))] as const);

  it.each(documented)("describes %s correctly", (term, condition) => {
    expect(toCondition(term)).toEqual(condition);
  });

  it("lists the exit codes", () => {
    const codes = Object.values(exitCodes).map(({ code, meaning }) => `| ${code} | ${meaning} |`);

    expect(text).toContain(codes.join("\n"));
  });
});

describe("--sort", () => {
  it("accepts short names, and a minus for descending order", () => {
    expect(toSort(["-created", "name", "tags.env"])).toEqual([
      { key: "created_at", desc: true },
      { key: "name", desc: false },
      { key: "tags.env", desc: false },
    ]);
  });

  it("names an unknown field", () => {
    expect(() => toSort(["+name"])).toThrow('--sort: there is no field "+name"');
  });
});
