/**
 * Asks an IAM evaluator what the roles and the key policy of a packaged template allow. The evaluator's licence is
 * AGPL-3.0, so only tests import it, and nothing that ships (CONTRIBUTING.md, Dependencies).
 */

import { runSimulation } from "@cloud-copilot/iam-simulate";
import { isObject } from "../../../lib/base/json.ts";
import type { Route } from "../../../lib/http/routes.ts";
import { logicalId } from "../../../tools/deploy/metrics.ts";
import { at, listAt, type Template } from "./template.ts";

/** A request as IAM sees it. */
export interface IamRequest {
  readonly action: string;
  /** ARN. */
  readonly resource: string;
  readonly context: { readonly [key: string]: string | string[] };
}

const account = "000000000000";
const region = "us-east-1";

/** The ARN of the stack's own key. Its id has a valid form, which the evaluator checks. */
export const ownKey: string = `arn:aws:kms:${region}:${account}:key/11111111-2222-3333-4444-555555555555`;

export function tableArn(name: string): string {
  return `arn:aws:dynamodb:${region}:${account}:table/${name}`;
}

/**
 * The evaluator silently drops conditions on `kms:EncryptionContext:<key>`, which it does not know by name. Renamed to
 * a global key, each is a condition like any other.
 */
const contextKey = /kms:EncryptionContext:(\w+)/g;
const standIn = "aws:RequestTag/EncryptionContext.$1";

/**
 * Whether a function may do it, by its role and, for a key, the key's policy.
 * @throws Error if the evaluator cannot decide, so that neither answer would mean anything
 */
export async function isAllowed(template: Template, route: Route, request: IamRequest): Promise<boolean> {
  const { action, resource, context } = replaceContextKeys(request);
  const role = template.Resources[`${logicalId(route)}IamRoleLambdaExecution`]?.Properties;
  const identityPolicies = listAt(role, "Policies").map((policy, index) => ({
    name: `policy-${index}`,
    policy: replaceContextKeys(resolve(at(policy, "PolicyDocument"))),
  }));
  const keyPolicy = at(template.Resources["SecretKey"]?.Properties, "KeyPolicy");
  const answer = await runSimulation(
    {
      request: {
        principal: `arn:aws:sts::${account}:assumed-role/${route}/${route}`,
        action,
        resource: { resource, accountId: account },
        contextVariables: context,
      },
      identityPolicies,
      resourcePolicy: action.startsWith("kms:") ? replaceContextKeys(resolve(keyPolicy)) : undefined,
      serviceControlPolicies: [],
      resourceControlPolicies: [],
    },
    { simulationMode: "Strict" },
  );
  if (answer.resultType !== "single") throw new Error(`${action} was not evaluated: ${JSON.stringify(answer)}`);
  const ignored = answer.result.ignoredContextKeys ?? ["all"];
  if (ignored.length > 0) throw new Error(`${action} was evaluated without ${ignored.join(", ")}.`);
  return answer.overallResult === "Allowed";
}

function replaceContextKeys<Value>(value: Value): Value {
  return JSON.parse(JSON.stringify(value).replace(contextKey, standIn));
}

const pseudo: { readonly [name: string]: string } = {
  "AWS::Partition": "aws",
  "AWS::Region": region,
  "AWS::AccountId": account,
};

/** Resolves the CloudFormation functions that the policies use. */
function resolve(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(resolve);
  if (!isObject(value)) return value;
  if (typeof value["Fn::Sub"] === "string")
    return value["Fn::Sub"].replace(/\$\{([\w:]+)\}/g, (_, name) => pseudoOf(name));
  if (JSON.stringify(value) === '{"Fn::GetAtt":["SecretKey","Arn"]}') return ownKey;
  const unknown = Object.keys(value).find((key) => key === "Ref" || key.startsWith("Fn::"));
  if (unknown !== undefined) throw new Error(`A policy has ${JSON.stringify(value)}, which the test does not know.`);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, resolve(inner)]));
}

function pseudoOf(name: string): string {
  const value = pseudo[name];
  if (value === undefined) throw new Error(`A policy names \${${name}}, which the test does not know.`);
  return value;
}

/** A role of this or another account that invokes a function, and the policies about it. */
export interface Invoker {
  readonly account?: string;
  readonly identityPolicy: object;
  /** The policy of the invoked function's qualifier, if it has one. */
  readonly resourcePolicy?: object;
}

/** Whether a role may invoke what this ARN names: a function, or one of its aliases or versions. */
export async function mayInvoke(invoker: Invoker, functionArn: string): Promise<boolean> {
  const { account: own = account, identityPolicy, resourcePolicy } = invoker;
  const answer = await runSimulation(
    {
      request: {
        principal: `arn:aws:sts::${own}:assumed-role/billing/session`,
        action: "lambda:InvokeFunction",
        resource: { resource: functionArn, accountId: account },
        contextVariables: {},
      },
      identityPolicies: [{ name: "identity", policy: identityPolicy }],
      resourcePolicy,
      serviceControlPolicies: [],
      resourceControlPolicies: [],
    },
    { simulationMode: "Strict" },
  );
  if (answer.resultType !== "single") throw new Error(`The invocation was not evaluated: ${JSON.stringify(answer)}`);
  return answer.overallResult === "Allowed";
}
