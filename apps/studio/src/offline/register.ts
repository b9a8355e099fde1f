// Starts the service worker of the published page; a development server has none, whose files change all the time.

/** Never rejects: without it the page works while there is a network. */
export async function workOffline(): Promise<void> {
  if (import.meta.env.MODE !== "production" || !("serviceWorker" in navigator)) return;
  await navigator.serviceWorker.register("service-worker.js").catch(() => undefined);
}
