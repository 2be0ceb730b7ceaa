/** Events for the functions: messages for every way in, strings that are broken at a random place, and any values. */

import fc from "fast-check";
import type { Route } from "../../lib/http/routes.ts";
import { claims, httpEvent } from "../http/events.ts";
import { messages } from "./messages.ts";

/** An input to a function. */
export interface Input {
  readonly route: Route;
  /** JSON, so that it can be printed and sent again. */
  readonly event: unknown;
}

const route = fc.constantFrom(...(Object.keys(messages) as Route[]));

/** A message, usually for the route that it is sent to. */
const routed = route.chain((to) =>
  fc.record({
    to: fc.constant(to),
    message: fc.oneof(
      { weight: 19, arbitrary: messages[to] },
      { weight: 1, arbitrary: route.chain((other) => messages[other]) },
    ),
  }),
);

const anything = fc.jsonValue({ maxDepth: 4 });

/** A change of a string at some place. */
interface Damage {
  readonly at: number;
  readonly kind: "cut" | "drop" | "double" | "insert";
  readonly text: string;
}

const damage: fc.Arbitrary<Damage> = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  kind: fc.constantFrom("cut", "drop", "double", "insert"),
  text: fc.oneof(
    fc.constantFrom(
      '"',
      "{",
      "}",
      "[",
      "]",
      ",",
      ":",
      "\\",
      "\\u",
      "1e999",
      "-",
      "null",
      "\ufeff",
      "\0",
      '"data":{},',
      "😀",
    ),
    fc.string({ unit: "binary", maxLength: 3 }),
  ),
});

function damageText(text: string, { at, kind, text: inserted }: Damage): string {
  const index = Math.floor(at * text.length);
  const [before, after] = [text.slice(0, index), text.slice(index)];
  switch (kind) {
    case "cut":
      return before;
    case "drop":
      return before + after.slice(1 + inserted.length);
    case "double":
      return before + after.slice(0, 20) + after;
    case "insert":
      return before + inserted + after;
  }
}

const token = fc.oneof(
  { weight: 16, arbitrary: fc.constant({ ...claims, domain_id: "$domain" }) },
  {
    weight: 4,
    arbitrary: fc.record({
      sub: fc.constant("fuzzer"),
      domain_id: fc.constantFrom("$domain", "domain-foreign"),
      scope: fc.constantFrom(claims.scope, "secret:system", "secret:read", ""),
      projects: fc.constantFrom("[project-1]", "[project-1 project-2]", "[]", "p"),
    }),
  },
  { weight: 1, arbitrary: anything },
);

const headers = fc.oneof(
  { weight: 6, arbitrary: fc.constant({}) },
  fc.record({ "Idempotency-Key": fc.constantFrom("t-1", "t-2", "", "x".repeat(80)) }),
  fc.record({ "content-length": fc.constantFrom("0", "7", "x") }),
  fc.dictionary(fc.string({ maxLength: 10 }), fc.string({ maxLength: 10 }), { maxKeys: 3 }),
);

type Send = (to: Route, text: string, token: unknown, headers: Record<string, string>) => Input;

const overHttp: Send = (to, body, claimed, sent) => ({
  route: to,
  event: httpEvent({ body, claims: claimed, headers: sent }),
});

const overHttpAsBase64: Send = (to, body, claimed, sent) => ({
  route: to,
  event: httpEvent({
    body: Buffer.from(body).toString("base64"),
    isBase64Encoded: true,
    claims: claimed,
    headers: sent,
  }),
});

function sendWith(send: Send, text: fc.Arbitrary<{ readonly to: Route; readonly text: string }>): fc.Arbitrary<Input> {
  return fc.tuple(text, token, headers).map(([{ to, text: body }, claimed, sent]) => send(to, body, claimed, sent));
}

const text = routed.map(({ to, message }) => ({ to, text: JSON.stringify(message) }));
const damaged = fc
  .tuple(text, fc.array(damage, { minLength: 1, maxLength: 3 }))
  .map(([{ to, text: whole }, damages]) => ({ to, text: damages.reduce(damageText, whole) }));
const garbage = fc.record({ to: route, text: fc.oneof(fc.string({ unit: "binary" }), fc.json(), fc.base64String()) });

/** An HTTP event with one wrong part. */
const brokenEvent = fc
  .tuple(
    text,
    token,
    fc.constantFrom("version", "routeKey", "headers", "body", "requestContext", "isBase64Encoded"),
    anything,
  )
  .map(([{ to, text: body }, claimed, part, value]) => ({
    route: to,
    event: { ...httpEvent({ body, claims: claimed }), [part]: value },
  }));

export const inputs: fc.Arbitrary<Input> = fc.oneof(
  { weight: 8, arbitrary: sendWith(overHttp, text) },
  { weight: 2, arbitrary: sendWith(overHttpAsBase64, text) },
  { weight: 3, arbitrary: sendWith(overHttp, damaged) },
  { weight: 1, arbitrary: sendWith(overHttp, garbage) },
  { weight: 1, arbitrary: sendWith(overHttpAsBase64, garbage) },
  { weight: 4, arbitrary: routed.map(({ to, message }) => ({ route: to, event: withDomain(message) })) },
  { weight: 1, arbitrary: brokenEvent },
  { weight: 1, arbitrary: fc.record({ route, event: anything }) },
);

/** A direct event names its domain. */
function withDomain(message: unknown): unknown {
  return { domain_id: "$domain", ...Object(message) };
}
