/** Which callers see a secret. */

import { describe, expect, it } from "vitest";
import { seesProject } from "../../lib/secret/principal.ts";

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
