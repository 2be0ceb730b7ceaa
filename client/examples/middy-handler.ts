/** A Lambda function with a secret's data in its context: read before it runs, and kept between invocations. */

import middy, { type MiddyfiedHandler } from "@middy/core";
import type { Context } from "aws-lambda";
import { clientCredentials, httpTransport, type JsonObject, SecretClient } from "../entry.ts";
import { secretData } from "../secret-data-middleware.ts";

const { SECRET_API = "", TOKEN_URL = "", CLIENT_ID = "", CLIENT_SECRET = "", DOMAIN = "" } = process.env;
const { SECRET_ID = "" } = process.env;

const token = clientCredentials({
  tokenUrl: TOKEN_URL,
  clientId: CLIENT_ID,
  clientSecret: CLIENT_SECRET,
  scope: "secret:data",
  parameters: { domain_id: DOMAIN },
});
const client = new SecretClient(httpTransport({ url: SECRET_API, token }));

interface Database {
  readonly user: string;
  readonly password: string;
}

function parseDatabase({ user, password }: JsonObject): Database {
  if (typeof user !== "string" || typeof password !== "string") throw new Error("The secret has no user and password.");
  return { user, password };
}

export const handler: MiddyfiedHandler<unknown, string, Error, Context & { readonly database: Database }> = middy()
  .use(secretData({ client, secrets: { database: { secretId: SECRET_ID, parse: parseDatabase } }, maxAgeMs: 60_000 }))
  .handler(async (_event, { database }) => `connects as ${database.user}`);
