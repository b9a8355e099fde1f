// The page: state in one place, views that draw it, a worker that computes.

import { render } from "preact";
import { shownPresets } from "./presets/presets.ts";
import { Studio } from "./state/studio.ts";
import { openStore } from "./storage/opfs-store.ts";
import { speechFor } from "./text/texts.ts";
import { App } from "./views/page/app.tsx";
import { StudioContext } from "./views/page/use-studio.ts";
import { startWorker } from "./worker-client.ts";

let reportBroken: (reason: string) => void = () => undefined;
const broken = new Promise<string>((resolve) => {
  reportBroken = resolve;
});
const ask = startWorker(reportBroken); // its script loads while the store opens and the texts load
/** Settings in the URL, from a page that embeds this one: `?preset=faq&lang=ko`. */
const asked = new URLSearchParams(location.search);
const languages = [asked.get("lang") ?? [], navigator.languages].flat();
const [store, speech] = await Promise.all([openStore(), speechFor(languages)]);
const studio = new Studio({ ask, store, speech, base: document.baseURI });
studio.presets.shown.value = shownPresets.find(({ preset }) => preset.id === asked.get("preset"))?.preset.id;
void broken.then((reason) => studio.breakDown(reason));
const place = document.getElementById("page") as HTMLElement;
place.replaceChildren(); // the content of index.html
render(
  <StudioContext value={studio}>
    <App />
  </StudioContext>,
  place,
);
addEventListener("pagehide", () => studio.flush());
// For the curious and the tests: `await studio.ask("logits", { inputIds: [1, 2, 3] })` in the browser's console.
Object.assign(globalThis, { studio: { ask: studio.ask } });
/** Rows from a link belong to the user from then on: a reload must not add them again. */
const readAddress = () => {
  if (studio.share.readAddress(location.hash)) history.replaceState(null, "", location.pathname + location.search);
};
window.addEventListener("hashchange", readAddress);
void studio.start().then(() => {
  readAddress();
  return workOffline();
});

void holdAlone();

/** The first tab holds a lock until it closes; a later one says so while it waits. */
async function holdAlone(): Promise<void> {
  const name = "lowrank-studio";
  const hold = () => {
    studio.isSecondTab.value = false;
    return new Promise<never>(() => {});
  };
  await navigator.locks?.request(name, { ifAvailable: true }, (lock) => {
    if (lock !== null) return hold();
    studio.isSecondTab.value = true;
    void navigator.locks.request(name, hold);
    return undefined;
  });
}

/** Never rejects: without it the page works while there is a network. */
async function workOffline(): Promise<void> {
  if (import.meta.env.MODE !== "production" || !("serviceWorker" in navigator)) return;
  await navigator.serviceWorker.register("service-worker.js").catch(() => undefined);
}
