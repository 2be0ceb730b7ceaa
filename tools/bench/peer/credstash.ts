/**
 * How credstash puts and gets a secret (fugue/credstash at df24f91, `putSecretAutoversion` and `getSecret`), rewritten
 * on the SDK of this project: the same requests in the same order, the same cryptography, the same row. It leaves out a
 * new session and client for each run of the command line, which would make it slower.
 */

import { createCipheriv, createDecipheriv, createHmac, timingSafeEqual } from "node:crypto";
import { type CreateTableCommandInput, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DecryptCommand, GenerateDataKeyCommand, KMSClient } from "@aws-sdk/client-kms";
import { DynamoDBDocumentClient, PutCommand, QueryCommand, type QueryCommandInput } from "@aws-sdk/lib-dynamodb";

const table = "credential-store";
const hmacName = "sha256";
/** One half encrypts, the other authenticates. */
const dataKeyBytes = 64;
/** Always the same, because every data key is used once. */
const initialCounter: Buffer = Buffer.from("00000000000000000000000000000001", "hex");
const versionDigits = 19;

const dynamodb = DynamoDBDocumentClient.from(new DynamoDBClient({}));
const kms = new KMSClient({});

export const tableDefinition: CreateTableCommandInput & { readonly TableName: string } = {
  TableName: table,
  AttributeDefinitions: [
    { AttributeName: "name", AttributeType: "S" },
    { AttributeName: "version", AttributeType: "S" },
  ],
  KeySchema: [
    { AttributeName: "name", KeyType: "HASH" },
    { AttributeName: "version", KeyType: "RANGE" },
  ],
  BillingMode: "PAY_PER_REQUEST",
};

interface Row {
  readonly name: string;
  readonly version: string;
  readonly digest: string;
  readonly key: string;
  readonly contents: string;
  readonly hmac: string;
}

/**
 * Three requests: the newest version, a data key, and a put on condition that the version does not exist.
 * @public used by a bundle of contestants.ts
 */
export async function put(name: string, secret: string, context: Record<string, string>): Promise<void> {
  const version = String(Number(await newestVersion(name)) + 1).padStart(versionDigits, "0");
  const { Plaintext = new Uint8Array(), CiphertextBlob = new Uint8Array() } = await kms.send(
    new GenerateDataKeyCommand({
      KeyId: process.env["KMS_KEY_ID"],
      NumberOfBytes: dataKeyBytes,
      EncryptionContext: context,
    }),
  );
  const cipher = createCipheriv("aes-256-ctr", Plaintext.subarray(0, dataKeyBytes / 2), initialCounter);
  const contents = Buffer.concat([cipher.update(secret, "utf8"), cipher.final()]);
  const Item: Row = {
    ...{ name, version, digest: hmacName.toUpperCase() },
    key: Buffer.from(CiphertextBlob).toString("base64"),
    contents: contents.toString("base64"),
    hmac: authenticate(Plaintext, contents).toString("hex"),
  };
  const condition = {
    ConditionExpression: "attribute_not_exists(#name)",
    ExpressionAttributeNames: { "#name": "name" },
  };
  await dynamodb.send(new PutCommand({ TableName: table, Item, ...condition }));
}

/**
 * Two requests: the newest version, and its data key.
 * @public used by a bundle of contestants.ts
 */
export async function get(name: string, context: Record<string, string>): Promise<string> {
  const [row] = await query<Row>(newest(name));
  if (row === undefined) throw new Error(`Item with name ${name} couldn't be found.`);
  const { Plaintext = new Uint8Array() } = await kms.send(
    new DecryptCommand({ CiphertextBlob: Buffer.from(row.key, "base64"), EncryptionContext: context }),
  );
  const contents = Buffer.from(row.contents, "base64");
  if (!timingSafeEqual(authenticate(Plaintext, contents), Buffer.from(row.hmac, "hex"))) {
    throw new Error("Computed HMAC does not match stored HMAC");
  }
  const decipher = createDecipheriv("aes-256-ctr", Plaintext.subarray(0, dataKeyBytes / 2), initialCounter);
  return decipher.update(contents, undefined, "utf8") + decipher.final("utf8");
}

async function newestVersion(name: string): Promise<string> {
  const [row] = await query<Pick<Row, "version">>({
    ...newest(name),
    ProjectionExpression: "#version",
    ExpressionAttributeNames: { "#name": "name", "#version": "version" },
  });
  return row?.version ?? "0";
}

async function query<Found>(input: QueryCommandInput): Promise<Found[]> {
  const { Items = [] } = await dynamodb.send(new QueryCommand(input));
  return Items as Found[];
}

function newest(name: string) {
  return {
    TableName: table,
    Limit: 1,
    ScanIndexForward: false,
    ConsistentRead: true,
    KeyConditionExpression: "#name = :name",
    ExpressionAttributeNames: { "#name": "name" },
    ExpressionAttributeValues: { ":name": name },
  };
}

function authenticate(key: Uint8Array, contents: Uint8Array): Buffer {
  return createHmac(hmacName, key.subarray(dataKeyBytes / 2))
    .update(contents)
    .digest();
}
