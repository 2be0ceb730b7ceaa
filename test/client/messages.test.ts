/** The client's types agree with those of the functions. The compiler checks this: nothing here fails at run time. */

import { describe, expectTypeOf, it } from "vitest";
import type * as messages from "../../client/messages.ts";
import type * as query from "../../client/query.ts";
import type { SecretClient } from "../../client/secret-client.ts";
import type { ExactData } from "../../client/secret-data.ts";
import type { JsonObject } from "../../lib/base/json.ts";
import type { JsonText } from "../../lib/base/json-text.ts";
import type { SecretDataInfo } from "../../lib/method/get-data.ts";
import type { Relation } from "../../lib/query/value.ts";
import type { ListRequest } from "../../lib/request/list.ts";
import type {
  CreateRequest,
  DataItem,
  DeleteRequest,
  GetDataRequest,
  GetRequest,
  UpdateDataRequest,
  UpdateRequest,
} from "../../lib/request/messages.ts";

/** A field that a function reads as `null` is optional, and so is the domain, which the token names. */
type Message<Request> = Flat<
  {
    readonly [Field in keyof Request as IsOptional<Request, Field> extends true ? never : Field]: Sent<Request[Field]>;
  } & {
    readonly [Field in keyof Request as IsOptional<Request, Field> extends true ? Field : never]?: Sent<
      NonNullable<Request[Field]>
    >;
  }
>;
type IsOptional<Request, Field extends keyof Request> = Field extends "domain_id"
  ? true
  : null extends Request[Field]
    ? true
    : false;
type Sent<Value> = Value extends JsonText ? JsonObject : Value;
/** The form of a request that has data as values. */
type WithValues<Request> = Request extends { readonly data: JsonObject } ? Flat<Omit<Request, "dataText">> : never;
type Reference = keyof messages.SecretReference;
/** The fields besides the one that names the secret. */
type ById<Request> = Flat<Omit<Request, Reference>>;
type Flat<Type> = { [Field in keyof Type]: Type[Field] };

describe("the client's types", () => {
  it("match the functions' messages", () => {
    expectTypeOf<WithValues<messages.CreateSecretRequest>>().toEqualTypeOf<Message<CreateRequest>>();
    expectTypeOf<Flat<messages.UpdateSecretRequest>>().toEqualTypeOf<Message<UpdateRequest>>();
    expectTypeOf<Flat<messages.DeleteSecretRequest>>().toEqualTypeOf<Message<DeleteRequest>>();
    expectTypeOf<WithValues<messages.UpdateSecretDataRequest>>().toEqualTypeOf<Message<UpdateDataRequest>>();
    expectTypeOf<ById<messages.GetSecretDataRequest>>().toEqualTypeOf<
      Message<Omit<GetDataRequest, Reference | "items">>
    >();
    expectTypeOf<ById<messages.SecretDataItem>>().toEqualTypeOf<Message<Omit<DataItem, Reference>>>();
    expectTypeOf<ById<messages.GetSecretRequest>>().toEqualTypeOf<Message<Omit<GetRequest, Reference>>>();
    expectTypeOf<Pick<GetRequest, Reference>>().toEqualTypeOf<Readonly<Record<Reference, string | null>>>();
    expectTypeOf<keyof messages.SecretQuery>().toEqualTypeOf<keyof ListRequest>();
    expectTypeOf<Flat<messages.SecretDataInfo>>().toEqualTypeOf<Flat<Omit<SecretDataInfo, "data"> & ExactData>>();
  });

  it("match the query language", () => {
    expectTypeOf<query.GroupCondition["operator"]>().toEqualTypeOf<Relation>();
  });
});

type Whole = messages.SecretInfo;
type Shown<Call extends (...args: never[]) => unknown> =
  Awaited<ReturnType<Call>> extends messages.SecretsInfo<infer Info> ? Info : Awaited<ReturnType<Call>>;

describe("an answer's type", () => {
  const client = undefined as unknown as SecretClient;
  const paths: string[] = [];
  const flag: boolean = paths.length > 0;
  const of = { secret_id: "secret-0123456789ab" };

  it("has the fields that get asks for", () => {
    const whole = async () => await client.get(of);
    const fields = async () => await client.get({ ...of, only: ["name", "version"] });
    const tag = async () => await client.get({ ...of, only: ["tags.env"] });
    const unknown = async () => await client.get({ ...of, only: paths });

    expectTypeOf<Shown<typeof whole>>().toEqualTypeOf<Whole>();
    expectTypeOf<Flat<Shown<typeof fields>>>().toEqualTypeOf<Flat<Pick<Whole, "name" | "version">>>();
    expectTypeOf<Flat<Shown<typeof tag>>>().toEqualTypeOf<Flat<Partial<Pick<Whole, "tags">>>>();
    expectTypeOf<Shown<typeof unknown>>().toEqualTypeOf<Partial<Whole>>();
  });

  it("has the fields that list asks for", () => {
    const whole = async () => await client.list({ name: "a", query: { keyword: "b" } });
    const minimal = async () => await client.list({ query: { minimal: true, only: ["tags"] } });
    const notMinimal = async () => await client.list({ query: { minimal: false, only: ["tags"] } });
    const unknown = async () => await client.list({ query: { minimal: flag } });
    const passedOn = async (request: messages.SecretQuery) => await client.list(request);

    expectTypeOf<Shown<typeof whole>>().toEqualTypeOf<Whole>();
    expectTypeOf<Shown<typeof minimal>>().toEqualTypeOf<Pick<Whole, "secret_id" | "name" | "secret_type">>();
    expectTypeOf<Flat<Shown<typeof notMinimal>>>().toEqualTypeOf<Flat<Pick<Whole, "tags">>>();
    expectTypeOf<Shown<typeof unknown>>().toEqualTypeOf<Partial<Whole>>();
    expectTypeOf<Shown<typeof passedOn>>().toEqualTypeOf<Partial<Whole>>();
  });

  it("has the fields that listAll asks for, and the id", () => {
    const whole = () => client.listAll();
    const fields = () => client.listAll({ query: { only: ["name"] } });

    expectTypeOf<ReturnType<typeof whole>>().toEqualTypeOf<AsyncIterable<Whole>>();
    expectTypeOf<ReturnType<typeof fields>>().branded.toEqualTypeOf<AsyncIterable<Pick<Whole, "name" | "secret_id">>>();
  });

  it("exists only for a message without mistakes", () => {
    // @ts-expect-error
    void (() => client.list({ name: "a", nmae: "b" }));
    // @ts-expect-error
    void (() => client.list({ query: { filter: [], kyeword: "b" } }));
    // @ts-expect-error
    void (() => client.listAll({ query: { page: { limit: 1 } } }));
    // @ts-expect-error
    void (() => client.openData({ ...of, sealed: false }));
  });
});
