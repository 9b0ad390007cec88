// Calls the running server with clients that two generators made from its OpenAPI document.
import createClient from "openapi-fetch";
import { createClient as heyClient } from "./hey/client";
import { keyCreate, organizationList, usageGet, workflowCreate } from "./hey";
import type { paths } from "./schema";

declare const process: { env: Record<string, string | undefined> };

function needed<T>(what: string, value: T | undefined | null): T {
  if (value === undefined || value === null) throw new Error(`${what} is missing`);
  return value;
}

function equal<T>(what: string, seen: T, expected: T): void {
  if (seen !== expected) throw new Error(`${what}: ${String(seen)} instead of ${String(expected)}`);
}

async function withOpenapiFetch(baseUrl: string, token: string): Promise<string> {
  const api = createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${token}` } });
  const me = needed("the account", (await api.GET("/api/v1/me")).data);
  equal("the address", me.email, "clients@example.test");
  const organization = needed("an organization", me.organizations[0]);
  const made = await api.POST("/api/v1/keys", {
    params: { header: { "X-Organization-Id": organization.id, "Idempotency-Key": "first" } },
    body: { name: "openapi-fetch" },
  });
  const key = needed("the secret", needed("the key", made.data).key);
  const refused = await api.GET("/api/v1/workflows/{id}", {
    params: { path: { id: "00000000-0000-7000-8000-000000000000" } },
  });
  equal("the code", needed("the problem", refused.error).code, "not_found");
  const page = needed("the keys", (await api.GET("/api/v1/keys", { params: { query: { limit: 1 } } })).data);
  equal("the page", page.data.length, 1);
  return key;
}

async function withHeyApi(baseUrl: string, token: string, key: string): Promise<void> {
  const user = heyClient({ baseUrl, auth: token });
  const organizations = needed("the organizations", (await organizationList({ client: user })).data);
  equal("the organizations", organizations.data.length, 1);
  const program = heyClient({ baseUrl, headers: { "X-API-Key": key } });
  const made = await workflowCreate({ client: program, body: { template: "appointment_reminder" } });
  const start = needed("the first node", needed("the workflow", made.data).graph?.nodes[0]);
  // The union is told apart by `type`.
  if (start.type !== "start") throw new Error(`the graph begins with ${start.type}`);
  needed("the node after it", start.next);
  const usage = needed("the usage", (await usageGet({ client: program })).data);
  equal("the workflows used", needed("the meter", usage.meters.find((meter) => meter.meter === "workflows")).used, 1);
  const again = await keyCreate({ client: program, body: { name: "" } });
  equal("the field", needed("the errors", again.error?.errors)[0]?.pointer, "/name");
}

async function main(): Promise<void> {
  const [baseUrl, token] = [needed("the site", process.env["FREEHOLD_URL"]), needed("the token", process.env["FREEHOLD_TOKEN"])];
  await withHeyApi(baseUrl, token, await withOpenapiFetch(baseUrl, token));
  console.log("all of it");
}

void main();
