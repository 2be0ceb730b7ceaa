/** What can be the id of a secret, and who sees one. */

import { describe, expect, it } from "vitest";
import { seesProject } from "../../lib/secret/principal.ts";
import { isSecretId } from "../../lib/secret/secret.ts";

describe("isSecretId", () => {
  it("holds for what the service makes", () => {
    expect(isSecretId("secret-0123456789ab")).toBe(true);
  });

  it.each([
    "",
    "secret-",
    "secret-0123456789a",
    "secret-0123456789abc",
    "secret-0123456789AB",
    "secret-0123456789ag",
    "Secret-0123456789ab",
    " secret-0123456789ab",
    "secret-0123456789ab\n",
    "x/secret-0123456789ab",
    "secret-0123456789ab/x",
  ])("does not hold for %j", (id) => {
    expect(isSecretId(id)).toBe(false);
  });
});

describe("seesProject", () => {
  it.each([
    { projects: null, projectId: "a", sees: true },
    { projects: null, projectId: null, sees: true },
    { projects: ["a", "b"], projectId: "b", sees: true },
    { projects: ["a"], projectId: "b", sees: false },
    { projects: ["a"], projectId: null, sees: false },
    { projects: ["ab"], projectId: "a", sees: false },
    { projects: [], projectId: "a", sees: false },
    { projects: [], projectId: null, sees: false },
    { projects: ["null", ""], projectId: null, sees: false },
  ])("a caller of $projects sees $projectId: $sees", ({ projects, projectId, sees }) => {
    expect(seesProject({ caller: "user-1", domainId: "domain-1", projects }, projectId)).toBe(sees);
  });
});
