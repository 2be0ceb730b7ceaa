/** Fills the reference page, and keeps a token for the chosen domain and a secret for the examples. */

const form = document.querySelector("#domain-form");
const note = document.querySelector("#token-note");
const shownId = document.querySelector("#secret-id");
const darkness = matchMedia("(prefers-color-scheme: dark)");

const path = "/secret/v1/secret/";
/** How long before its expiry a token is renewed. */
const renewEarlyMs = 60_000;
/** The name of the page's own secret in each domain. */
const ownName = "made-by-the-reference-page";

const described = await (await fetch("/openapi.json")).json();
let token;
let renewal;
/** What the examples contain now: the secret that they use, and a word that no earlier request had. */
let filled = { secretId: "secret-000000000001", name: "sample", word: freshWord() };

followTheme();
darkness.addEventListener("change", followTheme);

const ui = window.SwaggerUIBundle({
  spec: withExamples(filled),
  dom_id: "#reference",
  presets: [window.SwaggerUIBundle.presets.apis],
  layout: "BaseLayout",
  deepLinking: true,
  displayRequestDuration: true,
  tryItOutEnabled: true,
  defaultModelsExpandDepth: 0,
  defaultModelExpandDepth: 3,
  validatorUrl: null,
  requestInterceptor(request) {
    request.headers.Authorization = `Bearer ${token}`;
    return request;
  },
  async responseInterceptor(response) {
    if (response.ok) await followUp(new URL(response.url).pathname.slice(path.length), response.obj);
    return response;
  },
});

form.addEventListener("submit", (event) => {
  event.preventDefault();
  void useDomain(form.elements.domain_id.value);
});
await useDomain(form.elements.domain_id.value);

/** Swagger UI's dark theme is a class. */
function followTheme() {
  document.documentElement.classList.toggle("dark-mode", darkness.matches);
}

async function useDomain(domainId) {
  try {
    const scopes = await authorize(domainId);
    fillIn({ secretId: await ownSecret(), name: ownName });
    note.value = `Requests carry a token for ${domainId} with ${scopes.join(", ")}.`;
    note.className = "";
  } catch (error) {
    note.value = `There is no token for ${domainId}: ${error.message}`;
    note.className = "failed";
  }
}

/** Gets a token, and renews it before it expires. */
async function authorize(domainId) {
  clearTimeout(renewal);
  const response = await fetch("/token", { method: "POST", body: new URLSearchParams({ domain_id: domainId }) });
  if (!response.ok) throw new Error(`the issuer answered ${response.status}`);
  const { access_token, scope, expires_in: seconds } = await response.json();
  token = access_token;
  renewal = setTimeout(authorize, seconds * 1000 - renewEarlyMs, domainId);
  return scope.split(" ");
}

/** The id of the page's own secret in the token's domain. Creates it if it is missing. */
async function ownSecret() {
  const filter = [{ key: "name", operator: "eq", value: ownName }];
  const { results } = await call("list", { query: { filter, only: ["secret_id"] } });
  if (results.length > 0) return results[0].secret_id;
  const [{ value }] = examplesOf(described, "create");
  return (await call("create", { ...value, name: ownName })).secret_id;
}

async function call(method, message) {
  const headers = { "content-type": "application/json", authorization: `Bearer ${token}` };
  const response = await fetch(path + method, { method: "POST", headers, body: JSON.stringify(message) });
  if (!response.ok) throw new Error(`${method} answered ${response.status}`);
  return await response.json();
}

/** Updates the examples after a request that makes them outdated. */
async function followUp(method, answer) {
  if (method === "create") fillIn({ secretId: answer.secret_id, name: answer.name, word: freshWord() });
  if (method === "update" && answer.secret_id === filled.secretId) fillIn({ name: answer.name });
  if (method === "delete") fillIn({ secretId: await ownSecret(), name: ownName });
}

/** Changes the examples, and the same words in requests that are being edited. */
function fillIn(changes) {
  const before = filled;
  filled = { ...filled, ...changes };
  shownId.textContent = filled.secretId;
  ui.specActions.updateJsonSpec(withExamples(filled));
  for (const url of Object.keys(described.paths)) {
    const edited = ui.oas3Selectors.requestBodyValue(url, "post");
    if (typeof edited !== "string") continue;
    const value = edited
      .replaceAll(before.secretId, filled.secretId)
      .replaceAll(before.word, filled.word)
      .replaceAll(JSON.stringify(before.name), JSON.stringify(filled.name));
    ui.oas3Actions.setRequestBodyValue({ value, pathMethod: [url, "post"] });
  }
}

/** The API's document with these values in its request examples. */
function withExamples(filling) {
  const document = structuredClone(described);
  for (const url of Object.keys(document.paths)) {
    const method = url.slice(path.length);
    for (const example of examplesOf(document, method)) example.value = filledIn(example.value, method, filling);
  }
  return document;
}

function filledIn(message, method, { secretId, name, word }) {
  return {
    ...message,
    ...("secret_id" in message && { secret_id: secretId }),
    ...("client_token" in message && { client_token: word }),
    ...("name" in message && { name: method === "create" ? word : name }),
    ...("items" in message && {
      items: message.items.map((item) => ("secret_id" in item ? { ...item, secret_id: secretId } : item)),
    }),
  };
}

function examplesOf(document, method) {
  return Object.values(document.paths[path + method].post.requestBody.content["application/json"].examples);
}

function freshWord() {
  return `example-${crypto.randomUUID().slice(0, 8)}`;
}
