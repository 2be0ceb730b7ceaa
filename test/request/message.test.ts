/**
 * Every field of every message: missing, unset, of a wrong type, accepted or refused; and which mistake comes first.
 */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SecretError } from "../../lib/base/errors.ts";
import { parseGet, parseGetData } from "../../lib/request/messages.ts";
import { type Field, type Message, messages, togetherOf } from "./messages.ts";

type Body = { readonly [name: string]: unknown };

const invalid = (key: string, reason: string) => new SecretError("ERROR_INVALID_PARAMETER", { key, reason });
const wrongType = (key: string, type: string) => new SecretError("ERROR_INVALID_PARAMETER_TYPE", { key, type });
const missing = (key: string) => new SecretError("ERROR_REQUIRED_PARAMETER", { key });

/** A body with the first valid value of each field. Of alternatives it has only one: `wanted`, if it is among them. */
function bodyOf(fields: readonly Field[], wanted?: Field): Body {
  return Object.fromEntries(togetherOf(fields, wanted).map(({ name, kind }) => [name, kind.taken[0]?.sent]));
}

/** The parsed request of such a body. */
function requestOf({ fields }: Message, sent: readonly Field[], wanted?: Field): Body {
  const together = togetherOf(sent, wanted);
  return Object.fromEntries(
    fields.map((field) => [field.name, together.includes(field) ? field.kind.taken[0]?.read : field.absent]),
  );
}

function requiredOf({ fields }: Message): readonly Field[] {
  return fields.filter(({ isRequired }) => isRequired);
}

const eachMessage = Object.entries(messages).map(([method, message]) => ({ method, message }));

const eachField = eachMessage.flatMap(({ method, message }) =>
  message.fields.map((field) => ({ title: `${method}.${field.name}`, message, field })),
);

/** Cells of the table, with a short title for a value of any length. */
function cells<Value>(valuesOf: (field: Field) => readonly Value[]) {
  return eachField.flatMap(({ title, message, field }) =>
    valuesOf(field).map((value) => ({
      title: `${title} ${JSON.stringify(value).slice(0, 60)}`,
      message,
      field,
      value,
    })),
  );
}

describe.each(eachMessage)("the message of $method", ({ message }) => {
  const { parse, fields } = message;
  const required = requiredOf(message);

  it("is accepted with all fields", () => {
    expect(parse(bodyOf(fields))).toEqual(requestOf(message, fields));
  });

  it("is accepted with only the required fields", () => {
    expect(parse(bodyOf(required))).toEqual(requestOf(message, required));
  });

  it.each([null, undefined, [], [{}], "{}", 1, true])("is refused if it is %j", (body) => {
    expect(() => parse(body)).toThrow(wrongType("request", "Struct"));
  });

  it("names the missing fields one at a time, in the order of the message", () => {
    for (const [sent, field] of required.entries()) {
      expect(() => parse(bodyOf(required.slice(0, sent)))).toThrow(missing(field.name));
    }
  });

  it.each(["nope", "__proto__", "constructor", "toString", "data_key_algorithm", ""])(
    "names the unknown field %j before anything else",
    (key) => {
      expect(() => parse(JSON.parse(`{${JSON.stringify(key)}:1,"domain_id":{}}`))).toThrow(
        invalid(key, "unknown field"),
      );
    },
  );

  it("cuts a long name of an unknown field", () => {
    expect(() => parse({ ["x".repeat(1_000_000)]: 1 })).toThrow(invalid("x".repeat(80), "unknown field"));
  });

  it("reports a wrong type before a missing field, and a missing field before a limit", () => {
    const [first] = required;
    const limited = fields.find(
      ({ kind, insteadOf }) => kind !== first?.kind && kind.refused.length > 0 && insteadOf === undefined,
    );
    const broken = limited?.kind.refused[0];
    if (first === undefined || limited === undefined || broken === undefined) throw new TypeError("no such fields");
    const sent = { [limited.name]: broken.sent };

    expect(() => parse({ ...sent, domain_id: 1 })).toThrow(wrongType("domain_id", "string"));
    expect(() => parse({ ...bodyOf(required), ...sent, [first.name]: null })).toThrow(missing(first.name));
    expect(() => parse({ ...bodyOf(required), ...sent })).toThrow(invalid(limited.name, broken.reason));
  });

  it("ignores properties that every object inherits", () => {
    expect(() => parse(Object.create(bodyOf(fields)))).toThrow(missing(required[0]?.name ?? ""));
  });
});

describe("a field", () => {
  const eachUnset = cells(({ kind }) => kind.unset);

  it.each(eachUnset.filter(({ field }) => field.isRequired))(
    "$title is reported as missing",
    ({ message, field, value }) => {
      expect(() => message.parse({ ...bodyOf(message.fields, field), [field.name]: value })).toThrow(
        missing(field.name),
      );
    },
  );

  it.each(eachUnset.filter(({ field }) => !field.isRequired))(
    "$title counts as not sent",
    ({ message, field, value }) => {
      const others = message.fields.filter((other) => other !== field);

      expect(message.parse({ ...bodyOf(others), [field.name]: value })).toEqual(requestOf(message, others));
    },
  );

  it.each(cells(({ kind }) => kind.wrongTypes))("$title is refused for its type", ({ message, field, value }) => {
    expect(() => message.parse({ ...bodyOf(message.fields, field), [field.name]: value })).toThrow(
      wrongType(field.name, field.kind.type),
    );
  });

  it.each(cells(({ kind }) => kind.taken))("$title is accepted unchanged", ({ message, field, value }) => {
    expect(message.parse({ ...bodyOf(message.fields, field), [field.name]: value.sent })).toEqual({
      ...requestOf(message, message.fields, field),
      [field.name]: value.read,
    });
  });

  it.each(cells(({ kind }) => kind.refused))("$title is refused", ({ message, field, value }) => {
    const key = value.at === undefined ? field.name : `${field.name}.${value.at}`;

    expect(() => message.parse({ ...bodyOf(message.fields, field), [field.name]: value.sent })).toThrow(
      invalid(key, value.reason),
    );
  });
});

describe("a secret", () => {
  const parsers = [
    { method: "get", parse: parseGet },
    { method: "get_data", parse: parseGetData },
  ];
  const domain = { domain_id: "domain-1" };

  it.each(parsers)("in $method is named by its id or by its name", ({ parse }) => {
    expect(parse({ ...domain, secret_id: "secret-1" })).toMatchObject({ secret_id: "secret-1", name: null });
    expect(parse({ ...domain, name: "n", secret_id: "" })).toMatchObject({ secret_id: null, name: "n" });
  });

  it.each(parsers)("in $method must not be named by both id and name, or by neither", ({ parse }) => {
    const both = invalid("name", "cannot be given beside secret_id");

    expect(() => parse({ ...domain, secret_id: "secret-1", name: "n" })).toThrow(both);
    expect(() => parse({ ...domain, secret_id: null, name: "" })).toThrow(missing("secret_id"));
    expect(() => parse({ name: "n" })).toThrow(missing("domain_id"));
  });
});

describe("any JSON value as a message", () => {
  const marker = "hunter2";
  const value = fc.jsonValue({ stringUnit: fc.constantFrom(marker, "\ud800", "é") });

  /** Some of the message's fields, without a marker, because errors in a query or an item's field may quote them. */
  function someOf(fields: readonly Field[]): fc.Arbitrary<Body> {
    const arbitraries = fields.map(
      ({ name }) => [name, name === "query" || name === "items" ? fc.jsonValue() : value] as const,
    );
    return fc.record(Object.fromEntries(arbitraries), { requiredKeys: [] });
  }

  it.each(eachMessage)("becomes a request of $method, or an argument error that quotes no value", ({ message }) => {
    const some = someOf(message.fields);
    const body = fc.oneof(
      fc.jsonValue(),
      some,
      some.map((sent) => ({ ...bodyOf(message.fields), ...sent })),
    );

    fc.assert(
      fc.property(body, (sent) => {
        const outcome = parseOrFail(message, sent);

        if (outcome instanceof SecretError) {
          expect(outcome.status).toBe(400);
          expect(outcome.message).not.toContain(marker);
        } else {
          expect(Object.keys(outcome)).toEqual(message.fields.map(({ name }) => name));
        }
      }),
    );
  });
});

/** @throws errors that are not a SecretError */
function parseOrFail({ parse }: Message, body: unknown): object {
  try {
    return parse(body);
  } catch (error) {
    if (error instanceof SecretError) return error;
    throw error;
  }
}
