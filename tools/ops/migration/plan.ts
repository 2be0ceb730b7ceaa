/** Plans all documents together: ids and names must be unique, and trusted secrets must exist. Pure. */

import { limits } from "../../../lib/secret/secret.ts";
import type { Draft, Refused } from "./document.ts";

export interface PlannedSecret extends Draft {
  /** Its name in Cloudforet. */
  readonly sourceName: string;
  /** Its name if another secret here has the first choice; `null` if that would be too long. */
  readonly otherName: string | null;
}

export interface Plan {
  /** By their ids in Cloudforet. Trusted secrets are moved first, because others refer to them. */
  readonly trusted: ReadonlyMap<string, PlannedSecret>;
  readonly others: ReadonlyMap<string, PlannedSecret>;
  readonly refused: readonly Refused[];
}

export function planSecrets(documents: readonly (Draft | Refused)[]): Plan {
  const refused: Refused[] = [];
  const drafts = documents.filter((document): document is Draft => {
    if ("secret" in document) return true;
    refused.push(document);
    return false;
  });
  const refuse = ({ sourceId }: Draft, reason: string): void => void refused.push({ sourceId, reason });
  // Names are assigned in this order, which is the same for the same export.
  const distinct = withOwnIds(drafts.toSorted(byAge), refuse);
  const named = withOwnNames(withTrusted(distinct, refuse), refuse);
  const byId = (isTrusted: boolean) =>
    new Map(named.filter((one) => one.isTrusted === isTrusted).map((one) => [one.sourceId, one]));
  return { trusted: byId(true), others: byId(false), refused };
}

type Refuse = (draft: Draft, reason: string) => void;

/** Secrets come before trusted secrets, and older ones first. */
function byAge(one: Draft, other: Draft): number {
  const key = ({ isTrusted, secret, sourceId }: Draft) => `${Number(isTrusted)} ${secret.created_at} ${sourceId}`;
  return key(one) < key(other) ? -1 : 1;
}

function withOwnIds(drafts: readonly Draft[], refuse: Refuse): Draft[] {
  const holders = new Map<string, string>();
  return drafts.filter((draft) => {
    const { domain_id, secret_id } = draft.secret;
    const key = JSON.stringify([domain_id, secret_id]);
    const holder = holders.get(key);
    if (holder === undefined) holders.set(key, draft.sourceId);
    else refuse(draft, holder === draft.sourceId ? "is in the export twice" : `would have the id of ${holder}`);
    return holder === undefined;
  });
}

function withTrusted(drafts: readonly Draft[], refuse: Refuse): Draft[] {
  const domains = new Map(
    drafts.filter(({ isTrusted }) => isTrusted).map((one) => [one.sourceId, one.secret.domain_id]),
  );
  return drafts.filter((draft) => {
    const { trustedSourceId, secret } = draft;
    const isThere = trustedSourceId === null || domains.get(trustedSourceId) === secret.domain_id;
    if (!isThere) refuse(draft, `inherits from ${trustedSourceId}, which is not moved`);
    return isThere;
  });
}

/** If several have the same name in a domain, the first keeps it. The others get their id as a suffix. */
function withOwnNames(drafts: readonly Draft[], refuse: Refuse): PlannedSecret[] {
  const taken = new Set<string>();
  const take = ({ domain_id }: { readonly domain_id: string }, name: string): boolean => {
    const key = JSON.stringify([domain_id, name]);
    return !taken.has(key) && taken.add(key).has(key);
  };
  const keepers = new Set(drafts.filter(({ secret }) => take(secret, secret.name)));
  return drafts.flatMap((draft) => {
    const sourceName = draft.secret.name;
    const otherName = suffixed(draft);
    if (keepers.has(draft)) return [{ ...draft, sourceName, otherName }];
    if (otherName === null || !take(draft.secret, otherName)) {
      refuse(draft, "has the name of another secret, and is too long for a suffix");
      return [];
    }
    return [{ ...draft, sourceName, secret: { ...draft.secret, name: otherName }, otherName: null }];
  });
}

function suffixed({ sourceId, secret }: Draft): string | null {
  const name = `${secret.name} (${sourceId})`;
  return [...name].length > limits.nameCharacters ? null : name;
}
