// Between the published page and the network: keeps the page's files for when there is none, and isolates the page where its
// server cannot (GitHub Pages), so that threads may start.

import { isolated } from "./isolated.ts";

/** The part of a service worker's world that is used here; the compiler's own names for it do not go with a page's. */
interface ExtendableEvent {
  waitUntil(work: Promise<unknown>): void;
}
interface FetchEvent extends ExtendableEvent {
  readonly request: Request;
  respondWith(response: Promise<Response>): void;
}
declare const self: {
  readonly registration: { readonly scope: string };
  readonly clients: { claim(): Promise<void> };
  skipWaiting(): Promise<void>;
  addEventListener(name: "install" | "activate", listener: (event: ExtendableEvent) => void): void;
  addEventListener(name: "fetch", listener: (event: FetchEvent) => void): void;
};

/** Filled in by the build (offline-files.ts): the page's files, and a digest of their content. */
const built: { readonly version: string; readonly files: readonly string[] } = JSON.parse("__BUILT_FILES__");

const prefix = "lowrank-studio-";
const cacheName = prefix + built.version;
const scope = new URL(self.registration.scope);

self.addEventListener("install", (event) => {
  const keep = async () => {
    const cache = await caches.open(cacheName);
    await cache.addAll(["./", ...built.files].map((file) => new Request(new URL(file, scope), { cache: "no-cache" })));
    await self.skipWaiting();
  };
  event.waitUntil(keep());
});

self.addEventListener("activate", (event) => {
  const forgetOlder = async () => {
    const names = await caches.keys();
    const older = names.filter((name) => name.startsWith(prefix) && name !== cacheName);
    await Promise.all(older.map((name) => caches.delete(name)));
    await self.clients.claim();
  };
  event.waitUntil(forgetOlder());
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  // Other servers' files, the Hub's above all, are the browser's own matter.
  if (request.method !== "GET" || !request.url.startsWith(scope.href) || request.headers.has("Range")) return;
  event.respondWith(answer(request).then(isolated));
});

/** The page itself comes from the network if there is one, because it names the newest files; files come from the cache. */
async function answer(request: Request): Promise<Response> {
  const cache = await caches.open(cacheName);
  // A server may declare that files vary by Origin: requests for scripts have that header, this cache's requests did not.
  const kept = () => cache.match(request, { ignoreSearch: true, ignoreVary: true });
  if (request.mode !== "navigate") return (await kept()) ?? fetch(request);
  try {
    return await fetch(request);
  } catch (error) {
    const page = (await kept()) ?? (await cache.match(scope.href));
    if (page === undefined) throw error;
    return page;
  }
}
