import { describe, expect, it } from "vitest";
import { noAnswer } from "../../client/transport.ts";

/** As Node.js throws it. */
function failed(syscall: string, code: string): Error {
  return Object.assign(new Error(`${syscall} ${code}`), { syscall, code });
}

describe("a call that got no answer", () => {
  it.each([
    ["getaddrinfo", "ENOTFOUND", true],
    ["getaddrinfo", "EAI_AGAIN", true],
    ["connect", "ECONNREFUSED", true],
    ["connect", "EHOSTUNREACH", true],
    ["connect", "ENETUNREACH", true],
    ["connect", "ETIMEDOUT", true],
    ["read", "EHOSTUNREACH", false],
    ["read", "ENETUNREACH", false],
    ["read", "ECONNRESET", false],
    ["write", "EHOSTUNREACH", false],
    ["write", "EPIPE", false],
  ])("that failed in %s with %s was certainly not sent: %s", (syscall, code, isUnprocessed) => {
    const cause = failed(syscall, code);

    for (const failure of [cause, new TypeError("fetch failed", { cause })])
      expect(noAnswer(failure)).toMatchObject({ code: "ERROR_UNAVAILABLE", cause, isUnprocessed });
  });

  const [refused, broken] = [failed("connect", "ECONNREFUSED"), failed("read", "ECONNRESET")];

  it.each([
    ["undici waited for a connection too long", Object.assign(new Error(), { code: "UND_ERR_CONNECT_TIMEOUT" }), true],
    ["undici waited for an answer too long", Object.assign(new Error(), { code: "UND_ERR_HEADERS_TIMEOUT" }), false],
    ["no address could be connected to", new AggregateError([refused, failed("connect", "ENETUNREACH")]), true],
    ["one of several failures came later", new AggregateError([refused, broken]), false],
    ["nothing is told", new AggregateError([]), false],
    ["there is no error", undefined, false],
  ])("where %s", (_, cause, isUnprocessed) => {
    expect(noAnswer(cause)).toMatchObject({ isUnprocessed });
  });
});
