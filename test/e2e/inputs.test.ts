/** Every mistake in the table of every field is refused, and nothing is stored. */

import { beforeAll, describe, expect, it } from "vitest";
import type { Route } from "../../lib/http/routes.ts";
import { type Field, messages } from "../request/messages.ts";
import { lambdaClient, newDomain, post, secret, tokenFor } from "./service.ts";

const domain_id = newDomain();
let token: string;
let existing: string;

beforeAll(async () => {
  token = await tokenFor({ domain_id });
  existing = (await lambdaClient().create({ ...secret, name: "existing", domain_id })).secret_id;
});

type Body = { readonly [field: string]: unknown };

const methods = Object.entries(messages).map(([method, { fields }]) => {
  return { route: method.replace("_", "-") as Route, fields };
});

/** A message that is accepted if it names an existing secret. */
function goodMessage(fields: readonly Field[]): Body {
  const required = fields.filter(({ isRequired }) => isRequired);
  const message = Object.fromEntries(required.map(({ name, kind }) => [name, kind.taken[0]?.sent]));
  return { ...message, ...("secret_id" in message && { secret_id: existing }), domain_id };
}

/** The service's answer to each message, one after the other. */
async function answersTo(route: Route, bodies: readonly (Body | string)[]): Promise<readonly unknown[]> {
  const answers: unknown[] = [];
  for (const body of bodies) {
    const { status, body: answer } = await post(token, route, body);
    answers.push({ status, ...(answer as { readonly detail?: object }).detail });
  }
  return answers;
}

function refusal(code: string, message: string): object {
  return { status: 400, code, message };
}

describe.each(methods)("$route", ({ route, fields }) => {
  it.each(fields)("refuses a $name of another type", async ({ name, kind }) => {
    const bodies = kind.wrongTypes.map((value) => ({ ...goodMessage(fields), [name]: value }));

    const answers = await answersTo(route, bodies);

    const expected = refusal(
      "ERROR_INVALID_PARAMETER_TYPE",
      `Parameter type is invalid. (key = ${name}, type = ${kind.type})`,
    );
    expect(answers).toEqual(bodies.map(() => expected));
  });

  it.each(fields.filter(({ kind }) => kind.refused.length > 0))("refuses a $name beyond its limits", async (field) => {
    const { name, kind } = field;
    const { secret_id, ...others } = goodMessage(fields);
    // In these two methods, these fields replace the id.
    const isReference = ["get", "get-data"].includes(route) && ["name", "items"].includes(name);
    const good = isReference || secret_id === undefined ? others : { ...others, secret_id };
    const bodies = kind.refused.map(({ sent }) => ({ ...good, [name]: sent }));

    const answers = await answersTo(route, bodies);

    const key = (at: string | undefined) => (at === undefined ? name : `${name}.${at}`);
    expect(answers).toEqual(
      kind.refused.map(({ at, reason }) =>
        refusal("ERROR_INVALID_PARAMETER", `Parameter is invalid. (key = ${key(at)}, reason = ${reason})`),
      ),
    );
  });

  // The token names the domain if the message does not.
  it.each(fields.filter(({ name, isRequired }) => isRequired && name !== "domain_id"))(
    "requires a $name",
    async ({ name, kind }) => {
      const bodies = [undefined, ...kind.unset].map((value) => ({ ...goodMessage(fields), [name]: value }));

      const answers = await answersTo(route, bodies);

      const expected = refusal("ERROR_REQUIRED_PARAMETER", `Required parameter. (key = ${name})`);
      expect(answers).toEqual(bodies.map(() => expected));
    },
  );

  it.each(["nope", "__proto__", "constructor", ""])("knows no field %j", async (field) => {
    const rest = JSON.stringify(goodMessage(fields)).slice(1);

    const answers = await answersTo(route, [`{${JSON.stringify(field)}:1,${rest}`]);

    expect(answers).toEqual([
      refusal("ERROR_INVALID_PARAMETER", `Parameter is invalid. (key = ${field}, reason = unknown field)`),
    ]);
  });
});

it("none of these requests stored anything", async () => {
  const client = lambdaClient();

  const { results } = await client.list({ domain_id });
  const data = await client.getData({ secret_id: existing, domain_id });

  expect(results).toMatchObject([{ name: "existing", version: 1, tags: {} }]);
  expect(data.data).toEqual(secret.data);
});
