// Access to the Hub. Its token is only sent to the Hub's own origin, never to the target of a redirect or a link in a header.

import { homedir } from "node:os";
import { join } from "node:path";
import { printable } from "@lowrank/contracts/internal";
import type { Notices } from "../../notices.ts";

/** Access options of the Hub and its cache; defaults come from the environment, as in huggingface_hub. */
export interface HubAccess {
  readonly fetch?: typeof fetch;
  readonly accessToken?: string;
  /** Default: HF_ENDPOINT, or https://huggingface.co. */
  readonly endpoint?: string;
  /** Default: HF_HUB_CACHE, or hub/ in HF_HOME. */
  readonly cacheDir?: string;
}

export interface HubContext {
  readonly notices: Notices;
  readonly access: HubAccess;
}

const maxRedirects = 10;
const redirects = [301, 302, 303, 307, 308];

/** The Hub's address without a slash at its end. */
export function hubEndpoint({ endpoint }: HubAccess): string {
  const address = endpoint ?? (process.env.HF_ENDPOINT || "https://huggingface.co");
  if (/^https?:$/.test(protocolOf(address))) return address.replace(/\/+$/, "");
  throw new Error(`HF_ENDPOINT is "${address}"; expected an address such as https://huggingface.co.`);
}

/** The cache folder, shared with Python's huggingface_hub. */
export function hubCache({ cacheDir }: HubAccess): string {
  const { HF_HUB_CACHE, HUGGINGFACE_HUB_CACHE, HF_HOME, XDG_CACHE_HOME } = process.env;
  const home = HF_HOME ?? join(XDG_CACHE_HOME ?? join(homedir(), ".cache"), "huggingface");
  return cacheDir ?? HF_HUB_CACHE ?? HUGGINGFACE_HUB_CACHE ?? join(home, "hub");
}

export function isHubOffline(): boolean {
  const { HF_HUB_OFFLINE, TRANSFORMERS_OFFLINE } = process.env;
  return /^(1|on|yes|true)$/i.test(HF_HUB_OFFLINE || TRANSFORMERS_OFFLINE || "");
}

/**
 * A `fetch` for the Hub and for the servers that the Hub refers to. It follows redirects itself: a request that has left an origin
 * carries no Authorization, and none goes from https to http.
 */
export function hubFetch(access: HubAccess): typeof fetch {
  const { fetch: send = fetch, accessToken } = access;
  const hub = new URL(hubEndpoint(access));
  const authorization = `Bearer ${accessToken}`;
  return async (input, init) => {
    let url = new URL(input instanceof Request ? input.url : input);
    const headers = new Headers(init?.headers);
    if (url.origin === hub.origin && accessToken !== undefined) headers.set("Authorization", authorization);
    else if (headers.get("Authorization") === authorization) headers.delete("Authorization");
    for (let hop = 0; hop <= maxRedirects; hop += 1) {
      const answer = await send(url, { ...init, headers, redirect: "manual" });
      const location = answer.headers.get("Location");
      if (!redirects.includes(answer.status) || location === null) return answer;
      if (answer.status < 307 && !["GET", "HEAD"].includes(init?.method ?? "GET")) return answer;
      await answer.body?.cancel();
      const next = new URL(location, url);
      if (next.protocol !== "https:" && next.protocol !== hub.protocol) {
        throw new Error(`${url.host} redirects to an address with ${next.protocol}; expected ${hub.protocol}`);
      }
      if (next.origin !== url.origin) headers.delete("Authorization");
      url = next;
    }
    throw new Error(`${url.host} redirects more than ${maxRedirects} times.`);
  };
}

export async function* bodyOf({ body }: Response): AsyncGenerator<Uint8Array> {
  const reader = body?.getReader();
  try {
    for (let next = await reader?.read(); next?.done === false; next = await reader?.read()) yield next.value;
  } finally {
    await reader?.cancel().catch(() => undefined);
  }
}

export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const status = "statusCode" in error ? ` (HTTP ${String(error.statusCode)})` : "";
  const cause = error.cause instanceof Error ? `: ${error.cause.message}` : "";
  return `${error.message}${status}${cause}`;
}

export function refusal({ status, headers }: Response): Error {
  const text = headers.get("X-Error-Message");
  const advice =
    status === 401 || status === 403
      ? " Set HF_TOKEN to a token that can read the repository."
      : status === 404
        ? " Check the name and the revision. A private repository requires HF_TOKEN."
        : "";
  return new Error(`the Hub answered with HTTP ${status}${text === null ? "" : ` (${printable(text)})`}.${advice}`);
}

function protocolOf(address: string): string {
  return URL.canParse(address) ? new URL(address).protocol : "";
}
