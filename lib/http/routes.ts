interface RouteRow {
  readonly scope: string;
  readonly takesClientToken: boolean;
}

export type Route = "create" | "update" | "delete" | "update-data" | "get-data" | "get" | "list" | "stat";

/** The scope that each method requires, and whether it takes the header `Idempotency-Key`. */
export const routes: { readonly [Name in Route]: RouteRow } = {
  create: { scope: "secret:write", takesClientToken: true },
  update: { scope: "secret:write", takesClientToken: false },
  delete: { scope: "secret:write", takesClientToken: false },
  "update-data": { scope: "secret:write", takesClientToken: true },
  "get-data": { scope: "secret:data", takesClientToken: false },
  get: { scope: "secret:read", takesClientToken: false },
  list: { scope: "secret:read", takesClientToken: false },
  stat: { scope: "secret:read", takesClientToken: false },
};

export const routeNames = Object.keys(routes) as readonly Route[];

/** Includes every other scope, in every domain. */
export const systemScope = "secret:system";
