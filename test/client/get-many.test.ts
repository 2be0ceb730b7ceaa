import { describe, expect, expectTypeOf, it } from "vitest";
import type { ItemAnswer } from "../../client/get-many.ts";
import type { SecretDataInfo, SecretDataItem, SecretDataResult } from "../../client/messages.ts";
import { SecretApiError } from "../../client/secret-api-error.ts";
import { SecretClient, type SecretClientOptions } from "../../client/secret-client.ts";
import type { Transport } from "../../client/transport.ts";
import type { Unwrap } from "../../client/unseal.ts";
import { JsonText } from "../../lib/base/json-text.ts";
import { CorruptDataError, seal } from "../../lib/crypto/envelope.ts";
import { toSealedAnswer } from "../../lib/crypto/sealed-answer.ts";
import { FakeKeyService } from "../fakes/key-service.ts";

interface Asked {
  readonly items: readonly SecretDataItem[];
  readonly domain_id?: string;
  readonly sealed?: boolean;
}

type AnswerItem = (item: SecretDataItem, attempt: number) => ItemAnswer;

/** A service that answers each item by a function of the item and the number of earlier calls. */
function service(answerItem: AnswerItem): { readonly transport: Transport; readonly calls: Asked[] } {
  const calls: Asked[] = [];
  const transport: Transport = async (route, message) => {
    expect(route).toBe("get-data");
    const asked = message as Asked;
    const attempt = calls.push(asked);
    return { results: asked.items.map((item) => answerItem(item, attempt)) };
  };
  return { transport, calls };
}

function clientOf(transport: Transport, options: SecretClientOptions = {}): SecretClient {
  return new SecretClient(transport, { retry: { delayMs: 1 }, ...options });
}

/** Data with the secret's id. */
function plain({ secret_id = "secret-of-name" }: SecretDataItem): ItemAnswer {
  return { secret_id, data: { of: secret_id }, encrypted: false, encrypt_options: {}, version: 2, etag: "2-x" };
}

function failed(code: string): ItemAnswer {
  return { error: { code, message: `${code} …`, requestId: "r-1" } };
}

/** The data, or the error's code or message. */
function outcomes(results: readonly SecretDataResult[]): readonly unknown[] {
  return results.map((result) => {
    if (result.error === undefined) return result.dataText;
    return result.error instanceof SecretApiError ? result.error.code : result.error.message;
  });
}

const [a, b, c] = ["a", "b", "c"].map((id) => ({ secret_id: id })) as [SecretDataItem, SecretDataItem, SecretDataItem];

describe("getMany", () => {
  it("returns each secret's data in the order asked, by one call", async () => {
    const { transport, calls } = service(plain);
    const items = [b, { name: "n", version: 2 }, a] as const;

    const results = await clientOf(transport, { domain_id: "domain-1" }).getMany(items, { sealed: false });

    expect(results).toEqual([
      { ...plain(b), dataText: '{"of":"b"}' },
      { ...plain({ name: "n" }), dataText: '{"of":"secret-of-name"}' },
      { ...plain(a), dataText: '{"of":"a"}' },
    ]);
    expect(calls).toEqual([{ items, domain_id: "domain-1", sealed: false }]);
  });

  it("types an item as data if it has no error", async () => {
    const [result] = await clientOf(service(plain).transport).getMany([a]);

    if (result?.error === undefined)
      expectTypeOf(result).toEqualTypeOf<(SecretDataInfo & { readonly error?: never }) | undefined>();
    expect(result).not.toHaveProperty("error");
  });

  it("sends nothing for an empty list", async () => {
    const { transport, calls } = service(plain);

    expect(await clientOf(transport).getMany([])).toEqual([]);
    expect(calls).toEqual([]);
  });

  it("asks for fifty secrets at a time, and keeps their order", async () => {
    const { transport, calls } = service(plain);
    const items = Array.from({ length: 120 }, (_, index) => ({ secret_id: `secret-${index}` }));

    const results = await clientOf(transport).getMany(items);

    expect(results.map((result) => result.secret_id)).toEqual(items.map(({ secret_id }) => secret_id));
    expect(calls.map(({ items }) => items.length)).toEqual([50, 50, 20]);
  });

  it("fails only the secrets for which the service returns an error", async () => {
    const { transport, calls } = service((item) => (item === b ? failed("ERROR_NOT_FOUND") : plain(item)));

    const [first, second, third] = await clientOf(transport).getMany([a, b, c]);

    expect(outcomes([first, third] as SecretDataResult[])).toEqual(['{"of":"a"}', '{"of":"c"}']);
    expect(second).toEqual({ secret_id: "b", error: expect.any(SecretApiError) });
    expect(second?.error).toMatchObject({ code: "ERROR_NOT_FOUND", message: "ERROR_NOT_FOUND …", requestId: "r-1" });
    expect(calls.length).toBe(1);
  });

  it("returns the exact text of numbers that JavaScript would change", async () => {
    const exact = new JsonText('{"id":1234567890123456789}');
    const { transport } = service((item) => ({ ...plain(item), data: exact }) as ItemAnswer);

    const [result] = await clientOf(transport).getMany([a]);

    expect(outcomes([result] as SecretDataResult[])).toEqual([exact.text]);
    expect(() => result?.error === undefined && result?.data).toThrow("read dataText instead of data");
  });

  it("asks again only for the secrets that were unavailable", async () => {
    const { transport, calls } = service((item, attempt) =>
      item === a || attempt > 2 ? plain(item) : failed(item === b ? "ERROR_UNAVAILABLE" : "ERROR_NOT_FOUND"),
    );

    const results = await clientOf(transport).getMany([a, b, c]);

    expect(outcomes(results)).toEqual(['{"of":"a"}', '{"of":"b"}', "ERROR_NOT_FOUND"]);
    expect(calls.map(({ items }) => items)).toEqual([[a, b, c], [b], [b]]);
  });

  it("returns the other secrets' data if one stays unavailable", async () => {
    const { transport, calls } = service((item) => (item === b ? failed("ERROR_UNAVAILABLE") : plain(item)));

    const results = await clientOf(transport, { retry: { attempts: 3, delayMs: 1 } }).getMany([a, b]);

    expect(outcomes(results)).toEqual(['{"of":"a"}', "ERROR_UNAVAILABLE"]);
    expect(calls.length).toBe(3);
  });

  it("asks again for secrets that did not fit into the answer, while that helps", async () => {
    const { transport, calls } = service(plain);
    const crowded: Transport = async (...call) => {
      const { results } = (await transport(...call)) as { readonly results: readonly ItemAnswer[] };
      return { results: results.map((result, index) => (index === 0 ? result : failed("ERROR_DB_QUERY"))) };
    };

    expect(outcomes(await clientOf(crowded).getMany([a, b, c]))).toEqual(['{"of":"a"}', '{"of":"b"}', '{"of":"c"}']);
    expect(calls.map(({ items }) => items)).toEqual([[a, b, c], [b, c], [c]]);

    const full = service(() => failed("ERROR_DB_QUERY"));
    expect(outcomes(await clientOf(full.transport).getMany([a, b]))).toEqual(["ERROR_DB_QUERY", "ERROR_DB_QUERY"]);
    expect(full.calls.length).toBe(1);
  });

  it("returns the error of a failed call for each of its secrets, and the data of the others", async () => {
    const { transport } = service(plain);
    const denied = new SecretApiError("ERROR_PERMISSION_DENIED", "…", { status: 403 });
    let calls = 0;
    const flaky: Transport = async (...call) => {
      calls += 1;
      if (calls === 2) throw denied;
      return await transport(...call);
    };
    const items = Array.from({ length: 120 }, (_, index) => ({ secret_id: `secret-${index}` }));

    const results = await clientOf(flaky).getMany(items);

    expect(results.map(({ secret_id }) => secret_id)).toEqual(items.map(({ secret_id }) => secret_id));
    expect(results.map(({ error }) => error)).toEqual([
      ...Array(50).fill(undefined),
      ...Array(50).fill(denied),
      ...Array(20).fill(undefined),
    ]);
  });

  it("fails with the first call's error if every call fails", async () => {
    const errors = ["ERROR_AUTHENTICATE_FAILURE", "ERROR_PERMISSION_DENIED"].map(
      (code) => new SecretApiError(code, "…", { status: 401 }),
    );
    let calls = 0;
    const refusing: Transport = async () => {
      throw errors[calls++];
    };

    await expect(clientOf(refusing).getMany(Array(60).fill(a))).rejects.toBe(errors[0]);
    expect(calls).toBe(2);
  });

  it("fails if its only call fails as a whole", async () => {
    const refused = new SecretApiError("ERROR_AUTHENTICATE_FAILURE", "…", { status: 401 });
    const refusing: Transport = async () => {
      throw refused;
    };

    await expect(clientOf(refusing).getMany([a, b])).rejects.toBe(refused);
  });

  it("ends with the reason of the caller's signal", async () => {
    const endless: Transport = async () => await new Promise(() => undefined);
    const signal = AbortSignal.abort(new Error("no patience"));

    await expect(clientOf(endless).getMany([a], { signal })).rejects.toThrow("no patience");
    await expect(clientOf(endless).getMany([a], { timeoutMs: 5 })).rejects.toMatchObject({
      code: "ERROR_REQUEST_TIMEOUT",
    });
  });
});

describe("an item of the answer", () => {
  const secret_id = "secret-0123456789ab";
  const keys = new FakeKeyService();
  const unwrap: Unwrap = async (key, context) => await keys.unwrapDataKey(key, context);

  async function sealed(id: string, version = 2): Promise<ItemAnswer> {
    const context = { domain_id: "domain-1", secret_id: id, version: `${version}` };
    const own = seal(Buffer.from('{"password":"s3cr3t"}'), await keys.generateDataKey(context), context);
    return {
      ...toSealedAnswer({ sealed: own, context }),
      secret_id: id,
      version,
      etag: "2-x",
    } as unknown as ItemAnswer;
  }

  /** The outcome of each answer. */
  async function read(answers: readonly ItemAnswer[], item: Partial<SecretDataItem> = {}): Promise<readonly unknown[]> {
    const transport: Transport = async () => ({ results: answers });
    const client = clientOf(transport, { unwrap, domain_id: "domain-1" });
    const items = answers.map(() => ({ secret_id, ...item }) as SecretDataItem);
    return outcomes(await client.getMany(items, { sealed: true }));
  }

  it("is opened if it is sealed, and fails alone if it does not open", async () => {
    const good = await sealed(secret_id);
    const bad = { ...good, data: { encrypted_data: Buffer.alloc(40).toString("base64") } } as ItemAnswer;

    expect(await read([good, bad, good])).toEqual([
      '{"password":"s3cr3t"}',
      new CorruptDataError().message,
      '{"password":"s3cr3t"}',
    ]);
  });

  it("must be about the secret that was asked for", async () => {
    const unchanged = { ...plain({ secret_id }), not_modified: true } as ItemAnswer;

    expect(await read([await sealed("secret-ffffffffffff")])).toEqual(["The answer is for another secret_id."]);
    expect(await read([await sealed(secret_id)], { version: 3 })).toEqual([
      "The sealed answer is for another version.",
    ]);
    expect(await read([plain({ secret_id }), unchanged])).toEqual(["ERROR_UNKNOWN", "ERROR_UNKNOWN"]);
    expect(await read([unchanged], { unless_etag: "2-x" })).toEqual(["{}"]);
  });

  it("that is missing is an error of that secret", async () => {
    const client = clientOf(async () => ({ results: [plain(a)] }));

    expect(outcomes(await client.getMany([a, b]))).toEqual(['{"of":"a"}', "ERROR_UNKNOWN"]);
  });

  it("is an error too if unwrapping throws something that is not an Error", async () => {
    const client = clientOf(async () => ({ results: [await sealed(secret_id)] }), {
      domain_id: "domain-1",
      unwrap: () => Promise.reject("s3cr3t"),
    });

    expect(outcomes(await client.getMany([{ secret_id }]))).toEqual(["The data cannot be opened."]);
  });
});
