/** Data passes through the client with all of its digits, or as equal values. */

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import { httpTransport } from "../../client/http-transport.ts";
import { SecretClient } from "../../client/secret-client.ts";
import { InexactNumberError, withData } from "../../client/secret-data.ts";
import { isExact, JsonText } from "../../lib/base/json-text.ts";
import { close, listen } from "../../tools/local/loopback.ts";

const secretId = "secret-0123456789ab";
const odd = '{"10":1,"2":1.10,"id":1234567890123456789,"pi":3.141592653589793238462643383279,"__proto__":{"a":[]}}';

/** A service that records the text of requests, and answers get-data with `data`. */
async function serve(data: string): Promise<{ readonly client: SecretClient; readonly bodies: string[] }> {
  const bodies: string[] = [];
  const keep = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    bodies.push(await text(request));
    const isRead = request.url?.endsWith("get-data");
    const answer = `{"data": ${data}, "encrypted": false, "encrypt_options": {}, "version": 1, "etag": "e"}`;
    response.end(isRead ? answer : "{}");
  };
  const server = createServer((request, response) => void keep(request, response));
  const url = await listen(server, 0);
  onTestFinished(async () => await close(server));
  return { client: new SecretClient(httpTransport({ url, token: "t" }), { retry: { attempts: 1 } }), bodies };
}

describe("the data of an answer", () => {
  it("keeps all digits and the order as text, and refuses to be read as values", async () => {
    const { client } = await serve(odd);

    const answer = await client.getData({ secret_id: secretId });

    expect(answer.dataText).toBe(odd);
    expect(() => answer.data).toThrow(
      new InexactNumberError("The data holds a number that JavaScript would change: read dataText instead of data."),
    );
    expect(() => ({ ...answer })).toThrow(InexactNumberError);
    expect(answer.version).toBe(1);
  });

  it("can also be read as values if no number changes", async () => {
    const { client } = await serve(
      '{ "ratio": 1.10, "big": 1e21, "most": 9007199254740991, "text": "12345678901234567890" }',
    );

    const { data, dataText } = await client.getData({ secret_id: secretId });

    expect(data).toEqual({ ratio: 1.1, big: 1e21, most: 9007199254740991, text: "12345678901234567890" });
    expect(dataText).toBe('{"ratio":1.10,"big":1e21,"most":9007199254740991,"text":"12345678901234567890"}');
  });

  it("can be read as values for whatever JavaScript wrote", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const text = JSON.stringify(value);

        expect(withData({}, new JsonText(text))).toEqual({ data: JSON.parse(text), dataText: text });
      }),
    );
  });
});

describe("the data of a request", () => {
  it("is sent as the text that was given", async () => {
    const { client, bodies } = await serve("{}");

    await client.updateData({ secret_id: secretId, dataText: ` ${odd} `, client_token: "t" });
    await client.updateData({ secret_id: secretId, data: { n: 1.5 }, client_token: "t" });

    expect(bodies).toEqual([
      `{"secret_id":"${secretId}","client_token":"t","data":${odd}}`,
      `{"secret_id":"${secretId}","client_token":"t","data":{"n":1.5}}`,
    ]);
  });

  it.each([
    ['{"password":"one","password":"two"}', "dataText names one member twice."],
    ['{"a":{"b":1,"\\u0062":2}}', "dataText names one member twice."],
    ['["s3cr3t"]', "dataText must be a JSON object."],
    ['{"password":s3cr3t}', "dataText must be JSON."],
    ['{"n":1e400}', "dataText holds a number that no double can hold."],
    ["", "dataText must be JSON."],
  ])("is refused before it is sent, without quoting it: %s", async (dataText, message) => {
    const { client, bodies } = await serve("{}");

    const created = client.create({ name: "n", secret_type: "CREDENTIALS", dataText });

    await expect(created).rejects.toEqual(new TypeError(message));
    expect(bodies).toEqual([]);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])("may not hold %s, which would become null", async (number) => {
    const { client, bodies } = await serve("{}");

    await expect(client.updateData({ secret_id: secretId, data: { list: [{ number }] } })).rejects.toThrow(TypeError);
    expect(bodies).toEqual([]);
  });

  it("is given either as values or as text", async () => {
    const { client } = await serve("{}");
    const both = { secret_id: secretId, data: {}, dataText: "{}" };

    await expect(client.updateData(both as never)).rejects.toThrow("both data and dataText");
  });
});

describe("a number's text", () => {
  it.each(["0", "-0", "1.10", "1E+2", "9007199254740992", "1152921504606847000", "5e-324", "1.7976931348623157e308"])(
    "is exact as a double: %s",
    (number) => {
      expect(isExact(number)).toBe(true);
    },
  );

  it.each(["9007199254740993", "1234567890123456789", "1e-400", "0.1000000000000000055511151231257827"])(
    "is not exact as a double: %s",
    (number) => {
      expect(isExact(number)).toBe(false);
    },
  );

  it("is always exact if JavaScript wrote it", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (number) => {
        expect(isExact(JSON.stringify(number))).toBe(true);
      }),
    );
  });
});
