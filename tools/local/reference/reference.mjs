/** Fills the reference page in, and keeps it authorized for the domain that was chosen. */

const form = document.querySelector("#domain-form");
const note = document.querySelector("#token-note");

/** Before a token expires. */
const renewEarlyMs = 60_000;

let renewal;
let token;

window.SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#reference",
  presets: [window.SwaggerUIBundle.presets.apis],
  layout: "BaseLayout",
  deepLinking: true,
  displayRequestDuration: true,
  defaultModelsExpandDepth: 0,
  defaultModelExpandDepth: 3,
  validatorUrl: null,
  requestInterceptor(request) {
    if (!request.loadSpec) request.headers.Authorization = `Bearer ${token}`;
    return request;
  },
  onComplete: () => void authorize(form.elements.domain_id.value),
});

form.addEventListener("submit", (event) => {
  event.preventDefault();
  void authorize(form.elements.domain_id.value);
});

async function authorize(domainId) {
  clearTimeout(renewal);
  try {
    const { access_token, scope, expires_in: seconds } = await fetchToken(domainId);
    token = access_token;
    renewal = setTimeout(authorize, seconds * 1000 - renewEarlyMs, domainId);
    note.value = `Requests carry a token for ${domainId} with ${scope.replaceAll(" ", ", ")}.`;
    note.className = "";
  } catch (error) {
    note.value = `There is no token for ${domainId}: ${error.message}`;
    note.className = "failed";
  }
}

async function fetchToken(domainId) {
  const response = await fetch("/token", { method: "POST", body: new URLSearchParams({ domain_id: domainId }) });
  if (!response.ok) throw new Error(`the issuer answered ${response.status}`);
  return await response.json();
}
